"""What goes on, drawn in place on a terminal: a line for each image that is built or read, and one for all.

Rich draws it, and is only imported when there is something to draw.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO, cast

from bloatcheck.cli.log import PlainLog
from bloatcheck.errors import Place
from bloatcheck.report.plain import harmless_line
from bloatcheck.works import Work, Works

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

_PER_SECOND = 4
_LONGEST_HELD = 64 * 1024
"""Characters of a line that wait for its end while lines are drawn."""
_RESET = "\x1b[0m"
_LONGEST_NAME = 24
_BAR = 12
_WIDE = 72
"""Columns from which on there is room for a bar."""
_COUNTS = re.compile(r"\[(?:[^\]]{1,100} )?(\d{1,4})/(\d{1,4})\] ")
"""Of a step: `[linux/arm64 build 2/5] RUN make`."""
_OTHER_LINES = 3
"""Of the screen: the one for all, the cursor's, and one of what is above."""


@dataclass
class LiveLog:
    """A `PlainLog` that is a `Board` too.

    A build's output is what its step is read from, and is only printed when it is to be `verbose` or the
    build failed: the line says how far it is.
    """

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    verbose: bool = False

    def __post_init__(self) -> None:
        """Everything that is printed goes above the lines that are drawn."""
        self.terse = not self.verbose
        self._above = _Above(self.stream)
        self._plain = PlainLog(cast("TextIO", self._above), verbose=self.verbose)

    @contextmanager
    def showing(self, works: Works) -> Iterator[None]:
        """Draws the works four times a second; takes them away at the end."""
        from rich.console import Console
        from rich.live import Live

        console = Console(file=self.stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
        live = Live(
            console=console,
            get_renderable=lambda: drawing(works, console.width, console.height),
            refresh_per_second=_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._plain.status(None)
        with live, self._above.lines_drawn_by(console):
            yield

    def group(self, title: str) -> AbstractContextManager[None]:
        """A heading line."""
        return self._plain.group(title)

    def output(self, text: str) -> None:
        """Passed on, without what moves the cursor."""
        self._plain.output(text)

    def info(self, message: str) -> None:
        """A line."""
        self._plain.info(message)

    def detail(self, message: str) -> None:
        """A line, if verbose."""
        self._plain.detail(message)

    def warning(self, message: str, *, place: Place | None = None) -> None:
        """A line."""
        self._plain.warning(message, place=place)

    def status(self, message: str | None) -> None:
        """Drawn in place, unless the works are."""
        if not self._above.drawn:
            self._plain.status(message)


class _Above(io.TextIOBase):
    """The stream; while lines are drawn on it, what is written stands above them, line by line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._console: Console | None = None
        self._rest = ""

    @property
    def drawn(self) -> bool:
        """Whether lines are drawn."""
        return self._console is not None

    @contextmanager
    def lines_drawn_by(self, console: Console) -> Iterator[None]:
        """While this lasts, whole lines are printed by the console."""
        self._console = console
        try:
            yield
        finally:
            if self._rest:
                self.write("\n")
            self._console = None

    def write(self, text: str) -> int:
        """Text in colour, and nothing that moves the cursor."""
        if self._console is None:
            return self._stream.write(text)
        from rich.segment import Segment, Segments

        *lines, self._rest = (self._rest + text).split("\n")
        if len(self._rest) > _LONGEST_HELD:
            lines.append(self._rest)
            self._rest = ""
        if lines:
            shown = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
            reset = _RESET if "\x1b" in shown else ""
            # As it is: to take millions of lines apart and put them together again takes minutes.
            self._console.print(Segments([Segment(f"{shown}{reset}\n")]), soft_wrap=True, end="")
        return len(text)

    def flush(self) -> None:
        """The stream's."""
        self._stream.flush()

    def isatty(self) -> bool:
        """The stream's."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The stream's."""
        return self._stream.fileno()


def drawing(works: Works, columns: int, lines: int) -> Table:
    """A line for each work, as many as fit, and one for all."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=_LONGEST_NAME)
    wide = columns >= _WIDE
    if wide:
        table.add_column(width=_BAR)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True, justify="right")
    running = works.running
    room = max(1, lines - _OTHER_LINES)
    for work in running[:room]:
        table.add_row(
            Text(harmless_line(work.name), style="bold"),
            *([_bar(*_how_far(work))] if wide else []),
            Text(harmless_line(work.doing or "starting"), style="cyan"),
            *_times(work.elapsed, work.left),
        )
    if works.planned > 1:
        more = len(running) - room
        table.add_row(
            Text(f"{works.finished} of {works.planned} images"),
            *([_bar(works.finished, works.planned)] if wide else []),
            Text(f"{more} more at work" if more > 0 else "", style="dim"),
            *_times(works.elapsed, works.left),
        )
    return table


def _how_far(work: Work) -> tuple[float, float | None]:
    """By the time it took before, or else by the number of its step."""
    if work.expected:
        return work.elapsed, work.expected
    counts = _COUNTS.match(work.doing)
    return (float(counts[1]) - 1, float(counts[2])) if counts else (0, None)


def _bar(done: float, of: float | None) -> ProgressBar | str:
    from rich.progress_bar import ProgressBar

    return ProgressBar(total=of, completed=min(done, of), width=_BAR) if of else ""


def _times(elapsed: float, left: float | None) -> tuple[Text, Text]:
    from rich.text import Text

    return Text(_clock(elapsed)), Text(f"~{_clock(left)} left" if left is not None else "", style="dim")


def _clock(seconds: float) -> str:
    """`0:07`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
