"""`bloatcheck export`: from a report to a file, or to standard output."""

import io
import json
import sys
from pathlib import Path

import pytest
from support.reports import report

from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode
from bloatcheck.report.document import to_json
from bloatcheck.report.exports import EXPORTS

TWO = "image api\n 1 MB -> 3 MB COPY . .\n image web failed build: exit code 1"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "out" / "report.json"
    path.parent.mkdir()
    path.write_text(to_json(report(TWO)))
    return path


@pytest.mark.parametrize("name", [name.value for name in EXPORTS])
def test_every_format_is_written_whatever_the_verdict(name: str, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "export"
    assert main(["export", str(file), "--format", name, "-o", str(out)]) is ExitCode.OK
    assert out.read_text().endswith("\n")


def test_without_a_file_it_is_printed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(file.parent), "--format", "badge", "--image", "a*"]) is ExitCode.OK
    assert json.loads(capsys.readouterr().out)["label"] == "api"


def test_a_report_comes_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(to_json(report(TWO)).encode())))
    assert main(["export", "-", "--format", "csv"]) is ExitCode.OK
    assert len(capsys.readouterr().out.split("\n")) == 4


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["nowhere.json"], ExitCode.UNREADABLE, "there is no report at nowhere.json"),
        (["{file}", "--image", "db"], ExitCode.USAGE, "no image of the report is called db"),
        (["{file}", "-o", "{folder}"], ExitCode.USAGE, "is a folder"),
        (["{file}", "-o", "{file}/x"], ExitCode.USAGE, "can't be written"),
    ],
)
def test_what_goes_wrong_is_told(
    arguments: list[str], code: ExitCode, told: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = [argument.format(file=file, folder=file.parent) for argument in arguments]
    assert main(["export", *filled, "--format", "csv"]) is code
    assert told in capsys.readouterr().err


def test_what_is_no_report_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text("{}")
    assert main(["export", str(tmp_path / "x.json"), "--format", "sarif"]) is ExitCode.UNREADABLE
    assert "bloatcheck:" in capsys.readouterr().err


def test_on_github_no_printed_line_is_a_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    (tmp_path / "report.json").write_text(to_json(report('image "::error::x ##[error]y" failed build: x')))
    for name in EXPORTS:
        assert main(["export", str(tmp_path), "--format", name.value]) is ExitCode.OK
    out = capsys.readouterr().out
    assert "##[" not in out
    assert not any(line.lstrip().startswith("::") for line in out.splitlines())
