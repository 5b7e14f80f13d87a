"""Colour: on a terminal, unless somebody wants none; never needed to understand what is said."""

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.golden import assert_golden
from support.report_cases import NAMES, case
from support.reports import report

from bloatcheck.cli.colour import is_coloured, is_live
from bloatcheck.report.document import to_json
from bloatcheck.report.paint import painted
from bloatcheck.report.text import render_text

COLOUR = re.compile(r"\x1b\[[0-9]+m")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "on_terminal", "elsewhere"),
    [
        ({"TERM": "xterm"}, True, False),
        ({}, False, False),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, False),
        ({"TERM": "xterm", "CLICOLOR": "0"}, False, False),
        ({"TERM": "xterm", "FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "3", "TERM": "dumb"}, True, True),
        ({"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, True, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_who_gets_colour(environment: dict[str, str], *, on_terminal: bool, elsewhere: bool) -> None:
    assert is_coloured(Terminal(), environment) is on_terminal
    assert is_coloured(io.StringIO(), environment) is elsewhere


def test_forcing_colour_makes_no_file_a_terminal_to_draw_on() -> None:
    assert not is_live(io.StringIO(), {"FORCE_COLOR": "1", "TERM": "xterm"})
    assert not is_live(Terminal(), {"TERM": "dumb"})


@pytest.mark.parametrize("name", NAMES)
def test_colour_says_nothing_that_the_words_do_not(name: str) -> None:
    assert COLOUR.sub("", render_text(case(name), paint=painted)) == render_text(case(name))


def test_the_verdicts_are_what_is_coloured() -> None:
    text = render_text(case("growth_over_the_limit"), paint=painted)
    assert_golden("coloured/growth_over_the_limit.txt", text.replace("\x1b", "ESC"))
    assert "\x1b[31mover the limit\x1b[0m\n" in text
    assert "\x1b[33mover a warning limit\x1b[0m\n" in text
    assert "\x1b[32mok\x1b[0m\n" in text


def test_a_painted_line_hides_no_workflow_command() -> None:
    text = render_text(report('image "::error::x"\n 1 MB -> 2 MB X'), paint=painted)
    assert not any(COLOUR.sub("", line).lstrip().startswith("::") for line in text.splitlines())


@pytest.mark.parametrize(("variable", "coloured"), [("OTHER", True), ("NO_COLOR", False)])
def test_an_error_on_a_terminal(variable: str, *, coloured: bool, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", variable: "1"}
    command = [sys.executable, "-m", "bloatcheck", "export", "nowhere.json", "--format", "csv"]
    subprocess.run(command, cwd=tmp_path, env=environment, stderr=theirs, check=False, timeout=60)
    os.close(theirs)
    shown = os.read(ours, 10_000)
    os.close(ours)
    assert shown.startswith(b"\x1b[31mbloatcheck:\x1b[0m there is" if coloured else b"bloatcheck: there is")


def test_a_file_has_no_colour(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(to_json(case("growth_over_the_limit")))
    command = [
        sys.executable,
        "-m",
        "bloatcheck",
        "export",
        "report.json",
        "--format",
        "junit",
        "-o",
        "out.xml",
    ]
    subprocess.run(
        command, cwd=tmp_path, env={"PATH": os.environ["PATH"], "FORCE_COLOR": "1"}, check=True, timeout=60
    )
    assert b"\x1b" not in (tmp_path / "out.xml").read_bytes()
