"""The hook as pre-commit installs and runs it, from this checkout."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_hook_stops_a_commit_that_could_not_be_built(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / ".bloatcheck.yml").write_text("version: 1\nimages: [{name: api}]\n")
    (repository / "Dockerfile").write_text("FROM scratch\nCOPY missing /\n")
    # A commit in the making sets git's variables for its hooks; ours is another repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment["PRE_COMMIT_HOME"] = str(tmp_path / "home")

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=repository, env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    def hook() -> subprocess.CompletedProcess[str]:
        assert run("git", "add", "--all").returncode == 0
        return run("pre-commit", "try-repo", str(HERE), "bloatcheck-config")

    assert run("git", "init", "--quiet", ".").returncode == 0
    stopped = hook()
    assert stopped.returncode == 1
    assert "Dockerfile:2: 'missing' is not in the context '.'" in stopped.stdout

    (repository / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    passed = hook()
    assert (passed.returncode, "Passed" in passed.stdout) == (0, True), passed.stdout + passed.stderr

    (repository / "Dockerfile").unlink()
    (repository / ".bloatcheck.yml").unlink()
    (repository / "notes.txt").write_text("no business of the hook")
    assert "Skipped" in hook().stdout
