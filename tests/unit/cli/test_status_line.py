"""What goes on at this moment: in place on a terminal, a line now and then elsewhere, nothing when quiet."""

import io
from collections.abc import Callable
from functools import partial

import pytest

from bloatcheck.ci.github import GITHUB
from bloatcheck.cli.log import FoldingLog, PlainLog

on_github = partial(FoldingLog, GITHUB.marks)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")


def later(log: PlainLog | FoldingLog, seconds: float) -> None:
    """As if the last word had been so long ago."""
    log._status.told_at -= seconds


def test_a_terminal_shows_the_last_one_in_place_and_clears_it_for_what_comes_next() -> None:
    stream = Terminal()
    log = PlainLog(stream)
    for message in ("reading: 1 of 3", "reading: 2 of 3"):
        later(log, 1)
        log.status(message)
    log.info("done")
    assert stream.getvalue() == "\r\x1b[Kreading: 1 of 3\r\x1b[Kreading: 2 of 3\r\x1b[Kdone\n"


def test_what_is_over_at_once_is_not_told() -> None:
    stream = Terminal()
    log = PlainLog(stream)
    log.status("reading: 1 of 1")
    log.status(None)
    assert not stream.getvalue()


def test_when_it_is_over_the_line_is_empty() -> None:
    stream = Terminal()
    log = PlainLog(stream)
    later(log, 1)
    log.status("reading")
    log.status(None)
    log.status(None)
    assert stream.getvalue() == "\r\x1b[Kreading\r\x1b[K"


def test_a_line_is_no_wider_than_the_terminal_and_moves_no_cursor() -> None:
    stream = Terminal()
    log = PlainLog(stream)
    later(log, 1)
    log.status("\x1b[2J" + "x" * 500)
    (drawn,) = stream.getvalue().split("\r\x1b[K")[1:]
    assert len(drawn) == 39
    assert "\x1b" not in drawn


def test_output_of_a_build_begins_on_an_empty_line() -> None:
    stream = Terminal()
    log = PlainLog(stream)
    later(log, 1)
    log.status("reading")
    log.output("#1 building\n")
    assert stream.getvalue().endswith("\r\x1b[K#1 building\n")


@pytest.mark.parametrize("kind", [PlainLog, on_github])
def test_elsewhere_it_is_a_line_every_ten_seconds(kind: Callable[..., PlainLog | FoldingLog]) -> None:
    stream = io.StringIO()
    log = kind(stream)
    for passed in (1, 5, 5, 1, 11):
        later(log, passed)
        log.status(f"after {passed}")
    log.status(None)
    assert stream.getvalue() == "after 5\nafter 11\n"


@pytest.mark.parametrize("log", [PlainLog(Terminal(), quiet=True), on_github(io.StringIO(), quiet=True)])
def test_quiet_is_quiet(log: PlainLog | FoldingLog) -> None:
    later(log, 100)
    log.status("reading")
    log.status(None)
    assert isinstance(log.stream, io.StringIO)
    assert not log.stream.getvalue()
