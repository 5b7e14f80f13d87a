"""A run as somebody at a real terminal sees it."""

from __future__ import annotations

import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path

import pytest
from support.docker_clients import CLIENTS, busybox_base, docker, present
from support.screen import Screen

from bloatcheck.build.ours import OurTag
from bloatcheck.errors import ExitCode

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

COLUMNS, LINES = 90, 30
HIDDEN, SHOWN = "\x1b[?25l", "\x1b[?25h"


class Seat:
    """A process at a terminal, and what stands on that."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.screen = Screen(COLUMNS, LINES)
        self._ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))

        def take_seat() -> None:
            ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=take_seat,  # noqa: PLW1509 - no other thread runs here
        )
        os.close(theirs)

    def watch(self, until: Callable[[str], bool] = lambda _: False, seconds: float = 60) -> None:
        """Reads until that stands on the screen, or the process ends."""
        deadline = time.monotonic() + seconds
        while not until(self.screen.shown) and time.monotonic() < deadline:
            if not select.select([self._ours], [], [], 0.1)[0]:
                continue
            try:
                data = os.read(self._ours, 65536)
            except OSError:
                break
            if not data:
                break
            self.screen.write(data.decode(errors="replace"))

    def type(self, text: str) -> None:
        """As if at the keyboard."""
        os.write(self._ours, text.encode())

    def leave(self) -> int:
        """Waits for the end; its exit code."""
        self.watch()
        os.close(self._ours)
        return self.process.wait(30)


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with busybox_base() as name:
        yield name


@pytest.fixture
def repository(tmp_path: Path, base: str) -> Iterator[Path]:
    root = tmp_path / "repository"
    entries = ""
    for name, seconds in (("api", 2), ("web", 3)):
        (root / name).mkdir(parents=True)
        dockerfile = f"FROM {base}\nRUN : {uuid.uuid4()}\nRUN echo said-by-{name}; sleep {seconds}\n"
        (root / name / "Dockerfile").write_text(dockerfile)
        entries += f"  - name: {name}\n    context: {name}\n"
    (root / ".bloatcheck.yml").write_text(f"version: 1\njobs: 2\nimages:\n{entries}")
    yield root
    for name in docker("images", "--format={{.Repository}}:{{.Tag}}").split():
        if (tag := OurTag.parse(name)) and tag.belongs_to(str(root.resolve())):
            docker("rmi", "--force", name, check=False)


@contextmanager
def seated(root: Path, *arguments: str, **variables: str) -> Iterator[Seat]:
    kept = present(CLIENTS[0]).environment(root.parent)
    for name in ("GITHUB_ACTIONS", "CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
        kept.pop(name, None)
    environment = {
        **kept,
        "TERM": "xterm-256color",
        "BLOATCHECK_CACHE": str(root.parent / "cache"),
        **variables,
    }
    seat = Seat([sys.executable, "-m", "bloatcheck", "run", *arguments], root, environment)
    try:
        yield seat
    finally:
        if seat.process.poll() is None:
            seat.process.kill()
            seat.process.wait()


def both_at_work(shown: str) -> bool:
    return len(re.findall(r"^(?:api|web) .*\[3/3\] RUN echo said-by", shown, re.MULTILINE)) == 2


def test_each_build_is_a_line_while_it_goes_on(repository: Path) -> None:
    with seated(repository) as seat:
        seat.watch(both_at_work)
        shown = seat.screen.shown
        assert both_at_work(shown), shown
        assert re.search(r"^0 of 2 images +━* +0:\d\d", shown, re.MULTILINE), shown
        assert seat.leave() == ExitCode.OK
    shown = seat.screen.shown
    assert "of 2 images" not in shown
    assert "[3/3]" not in shown
    assert "said-by" not in shown
    assert re.search(r"^api: built sha256:\w+ in \d+\.\d s$", shown, re.MULTILINE), shown
    assert seat.screen.getvalue().count(HIDDEN) == seat.screen.getvalue().count(SHOWN) == 1


def test_a_failing_builds_output_stands_above_the_others_lines(repository: Path) -> None:
    web = repository / "web/Dockerfile"
    web.write_text(web.read_text() + "RUN echo last words; exit 7\n")
    with seated(repository) as seat:
        assert seat.leave() == ExitCode.UNREADABLE
    shown = seat.screen.getvalue()
    assert "said-by-web" in shown
    assert "last words" in shown
    assert "said-by-api\r\n" not in shown


def test_ctrl_c_gives_the_terminal_back(repository: Path) -> None:
    with seated(repository) as seat:
        seat.watch(both_at_work)
        seat.type("\x03")
        assert seat.leave() == ExitCode.INTERNAL
    assert seat.screen.shown.rstrip().endswith("bloatcheck: interrupted")
    assert "of 2 images" not in seat.screen.shown
    assert seat.screen.getvalue().count(SHOWN) == 1


@pytest.mark.parametrize(
    ("arguments", "variables"), [(("--quiet",), {}), ((), {"TERM": "dumb"})], ids=["quiet", "dumb"]
)
def test_nothing_is_drawn_for_who_wants_none_of_it(
    repository: Path, arguments: tuple[str, ...], variables: dict[str, str]
) -> None:
    with seated(repository, *arguments, **variables) as seat:
        assert seat.leave() == ExitCode.OK
    everything = seat.screen.getvalue()
    assert HIDDEN not in everything
    assert "of 2 images" not in everything
    assert ("said-by-api\r\n" in everything) == (not arguments)


def test_without_colour_it_is_drawn_all_the_same(repository: Path) -> None:
    with seated(repository, NO_COLOR="1") as seat:
        seat.watch(both_at_work)
        assert both_at_work(seat.screen.shown)
        assert seat.leave() == ExitCode.OK
    assert not re.search(r"\x1b\[[0-9;]*3[0-9;]*m", seat.screen.getvalue())
