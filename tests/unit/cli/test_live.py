"""What a terminal shows while images are built and read."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest
from support.golden import assert_golden
from support.screen import Screen

from bloatcheck import works as works_module
from bloatcheck.cli.live import LiveLog
from bloatcheck.works import Board, Work, Works

HOSTILE = "\x1b[2J\x1b]0;title\x07[bold red]markup[/] \u202eevil \x9b31m :smile: " + "x" * 500


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "GITHUB_ACTIONS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    sized(monkeypatch, 100, 12)


def sized(monkeypatch: pytest.MonkeyPatch, columns: int, lines: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", str(lines))


def drawn(screen: Screen, until: str, times: int = 1) -> str:
    """The screen, once this stands on it so many times."""
    deadline = time.monotonic() + 10
    while screen.shown.count(until) < times and time.monotonic() < deadline:
        time.sleep(0.02)
    return screen.shown


def ago(work: Work, seconds: float) -> Work:
    work.began -= seconds
    return work


def at_work(stack: ExitStack) -> Works:
    """Three of five images are done; one is built as before, one for the first time, and one is read."""
    works = Works([30.0, 30.0, 30.0, 30.0, None], lanes=2)
    for _ in range(3):
        with works.build("done", 30.0) as work:
            ago(work, 30)
        works.finish()
    works.began -= 75
    ago(stack.enter_context(works.build("api", 30.0)), 12.5).doing = "[3/8] RUN apt-get install -y curl"
    ago(
        stack.enter_context(works.build("web on linux/arm64")), 95.5
    ).doing = "[linux/arm64 build 2/4] RUN npm ci"
    ago(stack.enter_context(works.work("worker")), 2.5).doing = "reading: 3 of 12 layers, 45.0 MB of 130 MB"
    return works


def test_each_work_is_a_line_and_all_of_them_one(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = time.monotonic()
    monkeypatch.setattr(works_module, "now", lambda: begin)
    screen = Screen()
    log = LiveLog(screen)
    with ExitStack() as stack:
        works = at_work(stack)
        with log.showing(works):
            log.info("done: built sha256:0123 in 30.0 s")
            log.warning("odd")
            assert_golden("terminal/live.txt", drawn(screen, "odd"))
        assert screen.shown == "done: built sha256:0123 in 30.0 s\nwarning: odd\n"
    sized(monkeypatch, 50, 12)
    narrow = Screen(50)
    with ExitStack() as stack:
        works = at_work(stack)
        with LiveLog(narrow).showing(works):
            assert_golden("terminal/live_narrow.txt", drawn(narrow, "of 5"))


def test_it_is_a_board_and_says_little_unless_asked() -> None:
    assert isinstance(LiveLog(Screen()), Board)
    assert LiveLog(Screen()).terse
    assert not LiveLog(Screen(), verbose=True).terse


def test_nothing_from_a_build_moves_the_cursor_or_is_markup() -> None:
    screen = Screen(lines=30)
    log = LiveLog(screen, verbose=True)
    works = Works([None, None])
    with log.showing(works), works.build(HOSTILE) as work:
        work.doing = HOSTILE
        with log.group(HOSTILE):
            log.output(HOSTILE + "\nnext\r\n")
        log.warning(HOSTILE)
        shown = drawn(screen, "[bold red]markup[/]", times=4)
    assert shown.count("[bold red]markup[/]") >= 4
    assert ":smile:" in shown
    everything = screen.getvalue()
    assert "\x1b[2J" not in everything
    assert not {"\x1b]", "\x9b", "\u202e", "\x07"} & {
        everything[i : i + n] for i in range(len(everything)) for n in (1, 2)
    }


def test_output_that_comes_in_pieces_is_whole_lines_above(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    screen = Screen()
    log = LiveLog(screen, verbose=True)
    works = Works([None, None])
    with log.showing(works), works.build("api"):
        log.output("on")
        log.output("e\ntw")
        log.output("o")
        drawn(screen, "0 of 2")
    assert screen.shown == "one\ntwo\n"
    assert "\x1b[3" not in screen.getvalue()


def test_more_than_fit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    sized(monkeypatch, 80, 6)
    screen = Screen(80, 6)
    works = Works([None] * 9)
    with ExitStack() as stack:
        for number in range(9):
            stack.enter_context(works.build(f"image-{number}"))
        with LiveLog(screen).showing(works):
            shown = drawn(screen, "more at work")
    assert "6 more at work" in shown
    assert "image-2" in shown
    assert "image-3" not in shown


def test_outside_it_is_a_plain_log() -> None:
    screen = Screen()
    log = LiveLog(screen)
    log.status("reading: 1 of 3")
    log.detail("only when verbose")
    log.info("done")
    assert screen.getvalue() == "done\n"


def test_rich_is_imported_by_nobody_who_draws_nothing() -> None:
    script = (
        "import sys; from bloatcheck.cli.main import main; main(['config', 'schema']); "
        "import bloatcheck.cli.live; assert not [name for name in sys.modules if name.startswith('rich')]"
    )
    subprocess.run([sys.executable, "-c", script], stdout=subprocess.DEVNULL, check=True)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_millions_of_lines_and_lines_of_millions_of_characters_take_no_long_time() -> None:
    log = LiveLog(stream=_Terminal(), verbose=True)
    begin = time.monotonic()
    with log.showing(Works([None])):
        for _ in range(20):
            log.output("\n" * 50_000)
        for _ in range(200):
            log.output("x" * 50_000)
    assert time.monotonic() - begin < 5


def test_a_colour_that_nobody_ends_is_not_that_of_the_lines_below() -> None:
    screen = Screen()
    log = LiveLog(stream=screen, verbose=True)
    with log.showing(Works([None])):
        log.output("\x1b[31mred\n")
        written = screen.getvalue()
    assert "\x1b[31mred\x1b[0m\n" in written
