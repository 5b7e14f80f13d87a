"""`bloatcheck config` as people and scripts run it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.config_files import write_repository

from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode

GOLDEN = Path(__file__).parents[1] / "golden" / "config"
EXAMPLE = """\
version: 1
images:
  - name: api
    target: runtime
    limits: {content: {warn: 200 MB, fail: 250 MB}, content-growth: {bytes: 10 MB, percent: 5%, when: all}}
  - name: web
    image: acme/web:ci
    platform: linux/arm64
  - name: worker
    metadata: {file: bake.json, target: worker}
limits: {layers: 20}
enforce: false
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_configuration_in_order_is_told_as_it_was_understood(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_repository(repository, EXAMPLE)
    assert main(["config", "check"]) is ExitCode.OK
    assert (
        capsys.readouterr().out
        == """\
.bloatcheck.yml is in order: 3 images, baseline .bloatcheck-baseline.json.
  api: built from Dockerfile, context ., target runtime
    content: warns above 200 MB, fails above 250 MB
    content-growth: fails above 10.0 MB and 5 %
    layers: fails above 20
  web: image acme/web:ci, linux/arm64
    layers: fails above 20
  worker: target worker of bake.json
    layers: fails above 20
Broken limits are reported and fail nothing (enforce: false).
"""
    )


def test_without_a_file_the_defaults_are_told(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_repository(repository, None)
    assert main(["config", "check"]) is ExitCode.OK
    told = capsys.readouterr().out
    assert told.startswith("No configuration file; the defaults are in force: 1 image, baseline ")
    assert "no limits: it never fails" in told


def test_a_broken_one_is_explained_on_stderr(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ["Dockerfile", "services/web/Dockerfile.prod"]
    write_repository(repository, (GOLDEN / "broken.yml").read_text(), files)
    assert main(["config", "check"]) is ExitCode.USAGE
    told = capsys.readouterr()
    assert told.out == ""
    assert "images[0]: unknown key 'dockerfle', did you mean 'dockerfile'?" in told.err
    assert "\x1b" not in told.err


def test_scripts_get_json_for_both(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_repository(repository, EXAMPLE)
    assert main(["config", "check", "--json"]) is ExitCode.OK
    assert json.loads(capsys.readouterr().out) == {
        "ok": True,
        "path": ".bloatcheck.yml",
        "images": ["api", "web", "worker"],
        "baseline": ".bloatcheck-baseline.json",
        "problems": [],
    }
    write_repository(repository, "version: 1\nenforce: perhaps\n")
    assert main(["config", "check", "--json"]) is ExitCode.USAGE
    assert json.loads(capsys.readouterr().out) == {
        "ok": False,
        "problems": [
            {
                "file": ".bloatcheck.yml",
                "line": 2,
                "message": "enforce: 'perhaps' is neither true nor false",
                "hint": "for example `enforce: true`",
            }
        ],
    }
    assert main(["config", "check", "--json", "--config", "nope.yml"]) is ExitCode.USAGE
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["file"], problem["line"]) == (None, None)


def test_the_schema_is_the_committed_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "schema"]) is ExitCode.OK
    committed = Path(__file__).parents[2] / "docs" / "bloatcheck.schema.json"
    assert capsys.readouterr().out == committed.read_text()


def test_a_bomb_is_refused_in_no_time(repository: Path) -> None:
    """A process of its own, so that a hang or a crash of the parser would show as one."""
    levels = ["a: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    for text in ("\n".join(levels), "[" * 1_000_000, "{a: " * 200_000, "? " * 400_000, "- " * 400_000):
        write_repository(repository, text)
        done = subprocess.run(
            [sys.executable, "-m", "bloatcheck", "config", "check"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert done.returncode == ExitCode.USAGE
        assert done.stderr.startswith("bloatcheck: .bloatcheck.yml:")
