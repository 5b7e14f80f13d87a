"""`bloatcheck report`: what a run found out, for people, from its report.json."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.report_cases import case

from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode
from bloatcheck.report.document import to_json
from bloatcheck.report.html import render_html
from bloatcheck.report.markdown import render_comment


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A folder with the report of a failed run in it."""
    (tmp_path / "report.json").write_text(to_json(case("explained")))
    return tmp_path


def test_html_goes_beside_the_report(left: Path) -> None:
    assert main(["report", str(left), "--quiet"]) is ExitCode.OK
    assert (left / "report.html").read_text() == render_html(case("explained"))


def test_it_goes_where_it_is_told_to(left: Path) -> None:
    assert (
        main(["report", str(left / "report.json"), "-o", str(left / "new" / "x.html"), "--quiet"])
        is ExitCode.OK
    )
    assert (left / "new" / "x.html").read_text().startswith("<!doctype html>")
    assert not (left / "report.html").exists()


def test_html_to_the_standard_output(left: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["report", str(left), "--html", "-o", "-"])
    assert capsys.readouterr().out == render_html(case("explained"))


def test_the_comment_and_the_text(left: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["report", str(left), "--markdown"])
    assert capsys.readouterr().out.rstrip("\n") == render_comment(case("explained")).rstrip("\n")
    main(["report", str(left), "--text"])
    assert capsys.readouterr().out.startswith("api grew by 12.4 MB")


def test_what_is_no_report_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "report.json").write_text("[]")
    assert main(["report", str(tmp_path)]) is ExitCode.UNREADABLE
    assert "not a bloatcheck report" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "nothing")]) is ExitCode.UNREADABLE
    assert "no report is in" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told(left: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(left), "-o", str(left / "report.json" / "x.html")]) is not ExitCode.OK
    assert "can't be written" in capsys.readouterr().err
