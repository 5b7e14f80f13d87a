"""`bloatcheck approve`: one entry more in the file, or a reason why not."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from bloatcheck.cli.main import main
from bloatcheck.config.load import load_config
from bloatcheck.errors import ExitCode

FILE = ".bloatcheck.yml"
TEXT = "\ufeffversion: 1\nimages:\n  - name: api      # ours\r\nlimits: {content: 5 MB}\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / FILE).write_bytes(TEXT.encode())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def approve(*arguments: str) -> ExitCode:
    return main(["approve", *arguments])


def test_it_writes_the_entry_and_prints_the_difference(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = approve(
        "api", "--up-to", "240MB", "--until", "2999-01-31", "--because", "codecs: ffmpeg", "--by", "Ada"
    )
    assert code is ExitCode.OK
    output = capsys.readouterr().out
    assert "+  - image: api\n" in output
    assert "+    because: 'codecs: ffmpeg'\n" in output
    assert "Commit it" in output
    assert (repository / FILE).read_bytes().startswith(TEXT.encode())
    (approval,) = load_config(repository).approvals
    assert (approval.up_to, approval.until, approval.by) == (240_000_000, date(2999, 1, 31), "Ada")


def test_the_same_once_more_changes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert approve("api", "--up-to", "240MB", "--because", "x", "--by", "Ada") is ExitCode.OK
    assert capsys.readouterr().out.endswith("it is there already.\n")
    assert len(load_config(repository).approvals) == 1


def test_a_file_that_is_not_there_is_made(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / FILE).unlink()
    name = load_config(repository).images[0].name
    assert approve(name, "--up-to", "240MB", "--because", "x", "--by", "Ada", "--json") is ExitCode.OK
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "file": FILE,
        "written": True,
        "approval": {"image": name, "up-to": "240MB", "because": "x", "by": "Ada"},
    }
    assert len(load_config(repository).approvals) == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["apy", "--up-to", "1 MB"], "no image is called 'apy', did you mean 'api'?"),
        (["api", "--up-to", "240"], "'240' has no unit"),
        (["api", "--up-to", "1 MB", "--until", "tomorrow"], "'tomorrow' is no day"),
        (["api", "--up-to", "1 MB", "--until", "2020-01-31"], "--until 2020-01-31: that day is over"),
        (["api", "--up-to", "1 MB", "--metric", "layers"], "change the limit instead"),
    ],
)
def test_what_is_no_approval_is_refused_and_the_file_stays(
    repository: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    assert approve(*arguments, "--because", "x") is ExitCode.USAGE
    assert problem in capsys.readouterr().err
    assert (repository / FILE).read_bytes() == TEXT.encode()


def test_a_file_that_nothing_fits_into_is_left_and_the_entry_shown(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / FILE).write_text("{version: 1, images: [{name: api}]}\n")
    assert approve("api", "--up-to", "1 MB", "--because", "x") is ExitCode.USAGE
    errors = capsys.readouterr().err
    assert "put this in by hand" in errors
    assert "  - image: api\n" in errors
