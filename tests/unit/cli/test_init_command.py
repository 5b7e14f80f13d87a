"""`bloatcheck init`: the first five minutes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from bloatcheck.cli.main import main
from bloatcheck.config.load import load_config
from bloatcheck.errors import ExitCode

CONFIG = ".bloatcheck.yml"
CHECK = ".github/workflows/bloatcheck.yml"
COMMENT = ".github/workflows/bloatcheck-comment.yml"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "trunk"], cwd=root, check=True)
    (root / "Dockerfile").write_text("FROM scratch\nCOPY . .\n")
    monkeypatch.chdir(root)
    return root


def init(*arguments: str) -> ExitCode:
    return main(["init", "--no-build", "--action-commit", f"{COMMIT}#v1.2.3", *arguments])


def test_it_writes_what_a_repository_begins_with_and_says_what_comes_next(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init() is ExitCode.OK
    output = capsys.readouterr().out
    assert [image.name for image in load_config(repository).images] == ["shop"]
    assert 'branches: ["trunk"]' in (repository / CHECK).read_text()
    assert f"bloatcheck/bloatcheck@{COMMIT} # v1.2.3" in (repository / COMMENT).read_text()
    assert "measure a first time: bloatcheck baseline update" in output
    assert ".dockerignore" in output


def test_it_says_it_as_json(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init("--json", "--no-workflows") is ExitCode.OK
    assert json.loads(capsys.readouterr().out) == {"written": [CONFIG], "images": ["shop"]}
    assert not (repository / ".github").exists()


@pytest.mark.parametrize("there", [CONFIG, ".bloatcheck.yaml", CHECK, COMMENT])
def test_nothing_is_written_where_anything_is_there(
    repository: Path, capsys: pytest.CaptureFixture[str], there: str
) -> None:
    (repository / there).parent.mkdir(parents=True, exist_ok=True)
    (repository / there).symlink_to("nowhere")
    assert init() is ExitCode.USAGE
    assert f"{there} is there already" in capsys.readouterr().err
    assert {path.name for path in repository.rglob("*.y*ml")} <= {Path(there).name}


def test_it_writes_through_no_link_that_leads_out(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (repository / ".github").symlink_to(tmp_path / "elsewhere")
    assert init() is ExitCode.USAGE
    assert "leads out of the repository" in capsys.readouterr().err
    assert list((tmp_path / "elsewhere").rglob("*.yml")) == []


def test_without_a_dockerfile_it_says_where_to_run_it(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "Dockerfile").unlink()
    assert init() is ExitCode.USAGE
    assert "run it in the repository's root" in capsys.readouterr().err


def test_what_is_no_commit_is_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--no-build", "--action-commit", "v1"]) is ExitCode.USAGE
    assert "is no commit" in capsys.readouterr().err
    assert not (repository / CONFIG).exists()


def test_without_docker_it_writes_nothing_and_says_how_to_go_on(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert main(["init", "--action-commit", COMMIT]) is ExitCode.UNREADABLE
    errors = capsys.readouterr().err
    assert "docker" in errors
    assert "bloatcheck init --no-build" in errors
    assert not (repository / CONFIG).exists()
