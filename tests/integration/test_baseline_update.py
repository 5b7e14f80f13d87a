"""`bloatcheck baseline update` with a real engine: build, measure, write, and find the same again."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode

pytestmark = pytest.mark.engine

FILE = ".bloatcheck-baseline.json"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two images of a file each; nothing of them is left in the engine."""
    (tmp_path / ".bloatcheck.yml").write_text(
        "version: 1\nimages:\n  - {name: api, context: api}\n  - {name: web, context: web}\n"
    )
    for name, size in (("api", 100), ("web", 50)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text("FROM scratch\nCOPY file /file\nCMD x\n")
        (tmp_path / name / "file").write_text("x" * size)
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
    for command in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "x")):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for variable in ("GITHUB_ACTIONS", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.fixture(autouse=True)
def _clean(repository: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    yield
    assert repository.exists()
    main(["clean", "--yes"])
    capsys.readouterr()


def sizes(repository: Path) -> dict[str, int]:
    document = json.loads((repository / FILE).read_text())
    return {image["name"]: image["content_size"] for image in document["images"]}


def test_a_baseline_is_written_and_the_same_is_found_again(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["baseline", "update"]) is ExitCode.OK
    assert "api on linux/amd64: 100 B, new" in capsys.readouterr().out
    assert sizes(repository) == {"api": 100, "web": 50}
    text = (repository / FILE).read_text()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert f'"commit": "{commit.stdout.strip()}"' in text
    assert '"instruction": "COPY file /file"' in text
    assert main(["baseline", "update"]) is ExitCode.OK
    assert capsys.readouterr().out == "Nothing changed.\n"
    assert (repository / FILE).read_text() == text


def test_only_the_images_asked_for_are_renewed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baseline", "update"]) is ExitCode.OK
    for name in ("api", "web"):
        (repository / name / "file").write_text("x" * 200)
    capsys.readouterr()
    assert main(["baseline", "update", "--image", "a*"]) is ExitCode.OK
    assert "api on linux/amd64: 200 B (+100 B)" in capsys.readouterr().out
    assert sizes(repository) == {"api": 200, "web": 50}


def test_what_moved_within_the_tolerance_is_told_and_left(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["baseline", "update"]) is ExitCode.OK
    (repository / "api/file").write_text("x" * 200)
    capsys.readouterr()
    assert main(["baseline", "update"]) is ExitCode.OK
    assert "api on linux/amd64: +100 B is within the tolerance" in capsys.readouterr().out
    assert sizes(repository) == {"api": 100, "web": 50}


def test_an_image_that_fails_keeps_its_entry_and_the_others_are_written(repository: Path) -> None:
    assert main(["baseline", "update"]) is ExitCode.OK
    (repository / "api/Dockerfile").write_text("FROM scratch\nCOPY missing /\n")
    (repository / "web/file").write_text("x" * 200_000)
    assert main(["baseline", "update"]) is ExitCode.UNREADABLE
    assert sizes(repository) == {"api": 100, "web": 200_000}


def test_an_image_that_is_no_longer_configured_is_dropped(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["baseline", "update"]) is ExitCode.OK
    (repository / ".bloatcheck.yml").write_text("version: 1\nimages:\n  - {name: web, context: web}\n")
    assert main(["baseline", "update"]) is ExitCode.OK
    assert "api on linux/amd64: dropped, no longer configured" in capsys.readouterr().out
    assert sizes(repository) == {"web": 50}


def test_json_is_the_document_and_nothing_else(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baseline", "update", "--json"]) is ExitCode.OK
    assert capsys.readouterr().out == (repository / FILE).read_text()
