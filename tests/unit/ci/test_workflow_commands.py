"""Workflow commands are written as the runner's toolkit writes them, and read from nowhere else."""

import pytest
from hypothesis import given
from support.hostile import hostile_text
from support.workflow_commands import Act, Runner

from bloatcheck.ci.commands import disarm
from bloatcheck.ci.github.commands import command, escape_data, escape_property
from bloatcheck.report.plain import harmless


def test_escaping_is_that_of_the_runners_toolkit() -> None:
    assert escape_data("100%\r\n:,") == "100%25%0D%0A:,"
    assert escape_property("100%\r\n:,") == "100%25%0D%0A%3A%2C"


def test_properties_that_are_not_known_are_left_out() -> None:
    assert command("error", "m", file=None, line=3) == "::error line=3::m"
    assert command("endgroup", "", file=None) == "::endgroup::"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("::error::x", "> ::error::x"),
        ("  ::error::x", ">   ::error::x"),
        ("text ::error::x", "text ::error::x"),
        ("text ##[error]x", "text ## [error]x"),
    ],
)
def test_a_line_that_would_be_a_command_is_changed_visibly(line: str, shown: str) -> None:
    assert disarm(line) == shown


@pytest.mark.parametrize("kind", [Runner, Act])
@given(text=hostile_text)
def test_a_disarmed_line_is_no_command(kind: type[Runner], text: str) -> None:
    runner = kind()
    runner.read(disarm(harmless(text)))
    assert runner.commands == []
    assert not runner.stopped
