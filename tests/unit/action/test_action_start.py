"""The action finds a Python that suits, says so where there is none, and lets nobody slip in modules."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.action import PROJECT, script

environment = script("environment")


@pytest.fixture
def action(tmp_path: Path) -> Path:
    """The action's folder, with an `environment.py` that only says which Python runs it and what it sees."""
    folder = tmp_path / "action"
    folder.mkdir()
    shutil.copy(PROJECT / "action" / "start", folder)
    (folder / "environment.py").write_text("import sys; print(sys.executable, '' in sys.path)")
    return folder


def fake_python(path: Path, *, version_is_right: bool) -> Path:
    """Answers like a Python of a version that suits or not, and otherwise runs the real one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    answer = f'exec "{sys.executable}" "$@"' if version_is_right else "exit 1"
    path.write_text(f"#!/bin/sh\necho {path} >> {path}.log\n{answer}\n")
    path.chmod(0o755)
    return path


def start(action: Path, path: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", action / "start"],
        env={"PATH": str(path), "LC_ALL": "C.UTF-8", **environ},
        cwd=action.parent,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH with the little that the script needs, and no Python."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("bash", "dirname", "env"):
        (folder / name).symlink_to(shutil.which(name) or name)
    return folder


def test_a_new_enough_python3_on_the_path_is_taken(action: Path, tools: Path) -> None:
    fake_python(tools / "python3", version_is_right=True)
    done = start(action, tools)

    assert (done.returncode, done.stdout) == (0, f"{sys.executable} False\n")


def test_the_one_of_setup_python_comes_first(action: Path, tools: Path, tmp_path: Path) -> None:
    chosen = fake_python(tmp_path / "setup" / "bin" / "python3", version_is_right=True)
    other = fake_python(tools / "python3", version_is_right=True)
    start(action, tools, pythonLocation=str(tmp_path / "setup"))

    assert Path(f"{chosen}.log").exists()
    assert not Path(f"{other}.log").exists()


def test_an_old_python3_is_passed_over(action: Path, tools: Path) -> None:
    fake_python(tools / "python3", version_is_right=False)
    chosen = fake_python(tools / "python3.12", version_is_right=True)

    assert start(action, tools).returncode == 0
    assert Path(f"{chosen}.log").exists()


def test_one_in_the_runners_tool_cache_is_found(action: Path, tools: Path, tmp_path: Path) -> None:
    cached = tmp_path / "tool cache" / "Python" / "3.12.1" / "x64" / "bin" / "python3"
    fake_python(cached, version_is_right=True)
    Path(cached).write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')

    assert start(action, tools, RUNNER_TOOL_CACHE=str(tmp_path / "tool cache")).returncode == 0


def test_without_any_it_says_what_to_do(action: Path, tools: Path) -> None:
    fake_python(tools / "python3", version_is_right=False)
    done = start(action, tools)

    assert done.returncode == 2
    assert done.stdout.startswith("::error title=bloatcheck needs Python 3.10 or later::")
    assert "actions/setup-python" in done.stdout
    assert len(done.stdout.splitlines()) == 1


def test_modules_of_the_checked_repository_are_not_imported(
    action: Path, tools: Path, tmp_path: Path
) -> None:
    fake_python(tools / "python3", version_is_right=True)
    for module in ("venv", "ensurepip", "sitecustomize"):
        (tmp_path / f"{module}.py").write_text("raise SystemExit('taken over')")
    done = start(action, tools, PYTHONPATH=str(tmp_path), PYTHONSTARTUP=str(tmp_path / "venv.py"))

    assert done.returncode == 0
    assert "taken over" not in done.stdout + done.stderr


class TestEnvironment:
    def test_it_is_kept_in_the_tool_cache_by_lock_file_and_python(self, tmp_path: Path) -> None:
        environ = {"RUNNER_TOOL_CACHE": str(tmp_path / "tools"), "RUNNER_TEMP": str(tmp_path / "temp")}
        one = environment.environment_path(environ, b"lock 1")

        assert one.parent == tmp_path / "tools" / "bloatcheck"
        assert one == environment.environment_path(environ, b"lock 1")
        assert one != environment.environment_path(environ, b"lock 2")

    def test_without_a_tool_cache_it_is_temporary(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        environ = {"RUNNER_TOOL_CACHE": str(tmp_path / "file" / "x"), "RUNNER_TEMP": str(tmp_path / "temp")}

        assert environment.environment_path(environ, b"").parent == tmp_path / "temp" / "bloatcheck"

    def test_one_that_is_there_is_taken_as_it_is(self, tmp_path: Path) -> None:
        (tmp_path / "env" / "bin").mkdir(parents=True)
        python = tmp_path / "env" / "bin" / "python"
        python.symlink_to(sys.executable)

        assert environment.ensure_environment(tmp_path / "env", {}) == python

    def test_one_whose_python_is_gone_is_made_again_whole(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "env" / "bin").mkdir(parents=True)
        (tmp_path / "env" / "bin" / "python").symlink_to(tmp_path / "removed")
        monkeypatch.setattr(environment, "_install", lambda *_: None)
        monkeypatch.setattr(environment.venv, "create", make_environment)
        python = environment.ensure_environment(tmp_path / "env", {})

        assert python.exists()
        assert [path.name for path in tmp_path.iterdir()] == ["env"]

    def test_a_failed_installation_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise subprocess.CalledProcessError(1, "pip")

        monkeypatch.setattr(environment, "_install", fail)
        monkeypatch.setattr(environment.venv, "create", make_environment)
        with pytest.raises(subprocess.CalledProcessError):
            environment.ensure_environment(tmp_path / "env", {})
        assert list(tmp_path.iterdir()) == []

    def test_pip_gets_no_token_and_no_setting_that_leads_elsewhere(self, tmp_path: Path) -> None:
        recorder = tmp_path / "python"
        recorder.write_text('#!/bin/sh\nenv > "$0.env"\necho "$@" > "$0.args"\n')
        recorder.chmod(0o755)
        environ = {
            "PATH": os.environ["PATH"],
            "BLOATCHECK_TOKEN": "secret",
            "PIP_USER": "1",
            "PIP_INDEX_URL": "https://mirror.example/simple",
        }
        environment._install(recorder, environ)

        seen = Path(f"{recorder}.env").read_text()
        assert "secret" not in seen
        assert "PIP_USER" not in seen
        assert "PIP_INDEX_URL=https://mirror.example/simple" in seen
        arguments = Path(f"{recorder}.args").read_text().split()
        assert {"-I", "--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(arguments)


def make_environment(path: Path, **_: object) -> None:
    """As quick as a pretend environment can be made."""
    (path / "bin").mkdir()
    (path / "bin" / "python").symlink_to(sys.executable)
