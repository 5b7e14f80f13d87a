"""How progress looks: plainly in a terminal, in folding groups in the log of a CI."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from bloatcheck.ci.commands import disarm
from bloatcheck.ci.model import Marks
from bloatcheck.cli.colour import is_live, paint_for
from bloatcheck.cli.stdout import put
from bloatcheck.cli.terminal import ColourFilter
from bloatcheck.errors import Place
from bloatcheck.report.paint import Tone
from bloatcheck.report.plain import harmless_line


@dataclass
class _Output:
    """A program's output on its way to a stream."""

    stream: TextIO
    tame: Callable[[str], str] | None = None
    """Changes lines that must not stand there; each waits for its end, so that none comes in parts."""
    filter: ColourFilter = field(default_factory=ColourFilter)
    at_line_start: bool = True
    held: str = ""

    def write(self, text: str) -> None:
        text = self.filter.feed(text)
        if self.tame:
            text = self._tamed(text, self.tame)
        self._put(text)

    def _tamed(self, text: str, tame: Callable[[str], str]) -> str:
        *whole, rest = (self.held + text).split("\n")
        shown = "".join(f"{tame(line)}\n" for line in whole)
        if len(rest) > _LONGEST_HELD:
            rest = tame(rest)
            shown, rest = shown + rest[:-_LONGEST_COMMAND], rest[-_LONGEST_COMMAND:]
        self.held = rest
        return shown

    def _put(self, text: str) -> None:
        if text:
            put(self.stream, text)
            self.at_line_start = text.endswith("\n")

    def finish_line(self) -> None:
        """Puts what follows at the start of a line, in the stream's own colour.

        Only a newline counts: GitHub's runner ends a line at a carriage return too, act doesn't.
        """
        if self.tame and self.held:
            self._put(self.tame(self.held))
            self.held = ""
        reset = self.filter.close()
        if reset or not self.at_line_start:
            put(self.stream, f"{reset}\n")
        self.at_line_start = True


@dataclass
class _Status:
    """What goes on at this moment, on a line that is drawn over; where there is no terminal, now and then.

    Layers are read side by side, so it is told from several threads; each piece is written at once.
    """

    stream: TextIO
    live: bool
    told_at: float = field(default_factory=time.monotonic)
    shown: bool = False

    def tell(self, message: str) -> str | None:
        """Draws it, or gives back the line to print, or nothing where the last one is too fresh."""
        now = time.monotonic()
        if now - self.told_at < (_REDRAWN_AFTER if self.live else _REPEATED_AFTER):
            return None
        self.told_at = now
        if not self.live:
            return message
        columns = shutil.get_terminal_size().columns - 1
        put(self.stream, f"\r{_TO_END_OF_LINE}{message[:columns]}")
        self.shown = True
        return None

    def clear(self) -> None:
        """Leaves the line empty, for what comes next."""
        if self.shown:
            put(self.stream, f"\r{_TO_END_OF_LINE}")
            self.shown = False


_LONGEST_HELD = 64 * 1024
"""Characters of a line that may wait for its end."""
_LONGEST_COMMAND = 16
"""More than any runner knows a command by."""
_TO_END_OF_LINE = "\x1b[K"
_REDRAWN_AFTER = 0.2
"""Seconds; what is over sooner needs no telling."""
_REPEATED_AFTER = 10.0


@dataclass
class PlainLog:
    """Writes to stderr, so that `--json` on stdout stays clean."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    verbose: bool = False
    quiet: bool = False
    _output: _Output = field(init=False, repr=False)
    _status: _Status = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Watches what is written to the stream."""
        self._output = _Output(self.stream)
        self._status = _Status(self.stream, is_live(self.stream))

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """A heading line."""
        self.info(title)
        try:
            yield
        finally:
            self._output.finish_line()

    def output(self, text: str) -> None:
        """Passed on, unless quiet. Colours stay alive, cursor movement doesn't."""
        if not self.quiet:
            self._status.clear()
            self._output.write(text)

    def status(self, message: str | None) -> None:
        """Drawn in place on a terminal, unless quiet."""
        if self.quiet:
            return
        if message is None:
            self._status.clear()
        elif line := self._status.tell(harmless_line(message)):
            self._line(line)

    def info(self, message: str) -> None:
        """A line, unless quiet."""
        if not self.quiet:
            self._line(harmless_line(message))

    def detail(self, message: str) -> None:
        """A line, if verbose."""
        if self.verbose:
            self.info(message)

    def warning(self, message: str, *, place: Place | None = None) -> None:
        """A line, always."""
        where = f"{place}: " if place else ""
        mark = paint_for(self.stream)("warning:", Tone.CAUTION)
        self._line(f"{mark} {harmless_line(f'{where}{message}')}")

    def _line(self, text: str) -> None:
        """Of harmless text."""
        self._status.clear()
        self._output.finish_line()
        put(self.stream, f"{text}\n")


@dataclass
class FoldingLog:
    """Writes a CI's marks of its own, and lets no other text become one.

    Foreign output goes between the lines of a fence, where the CI has one; else its lines are tamed. Marks
    are read at the start of a line, so the closing one is preceded by a newline wherever the output stopped.
    """

    marks: Marks
    stream: TextIO = field(default_factory=lambda: sys.stdout)
    verbose: bool = False
    quiet: bool = False
    _output: _Output = field(init=False, repr=False)
    _status: _Status = field(init=False, repr=False)
    _in_group: bool = field(default=False, init=False, repr=False)
    _fenced: str | None = field(default=None, init=False, repr=False)
    """What ends the fence that is open; None where there is none."""

    def __post_init__(self) -> None:
        """Watches what is written to the stream."""
        self._output = _Output(self.stream, self.marks.tame)
        self._status = _Status(self.stream, live=False)

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """A foldable group, inside which nothing is a command. In a group, just a line: none nests."""
        if self.quiet or self._in_group:
            self.info(title)
            yield
            return
        begin, end = self.marks.group(self._own(title))
        self._mark(begin)
        self._in_group = True
        self._begin_fence()
        try:
            yield
        finally:
            self._end_fence()
            self._in_group = False
            self._mark(end())

    def output(self, text: str) -> None:
        """Passed on, unless quiet."""
        if self.quiet:
            return
        if self._in_group:
            self._output.write(text)
            return
        self._begin_fence()
        try:
            self._output.write(text)
        finally:
            self._end_fence()

    def status(self, message: str | None) -> None:
        """A line now and then, unless quiet."""
        if message and not self.quiet and (line := self._status.tell(message)):
            self.info(line)

    def info(self, message: str) -> None:
        """A line that can't be a command."""
        if not self.quiet:
            self._mark(self._own(message))

    def detail(self, message: str) -> None:
        """A line, if verbose."""
        if self.verbose:
            self.info(message)

    def warning(self, message: str, *, place: Place | None = None) -> None:
        """As the CI shows a warning, inside a group too."""
        text = "\n".join(harmless_line(line) for line in message.splitlines())
        harmless_place = Place(harmless_line(place.file), place.line, place.end_line) if place else None
        line = self.marks.warning(text, harmless_place)
        if line is None:
            where = f"{harmless_place}: " if harmless_place else ""
            line = "\n".join(f"warning: {disarm(f'{where}{one}')}" for one in text.split("\n"))
        fenced = self._fenced is not None
        self._end_fence()
        self._mark(line)
        if fenced:
            self._begin_fence()

    def _own(self, message: str) -> str:
        line = disarm(harmless_line(message))
        return self.marks.tame(line) if self.marks.tame else line

    def _begin_fence(self) -> None:
        fence = self.marks.fence()
        if fence:
            begin, self._fenced = fence
            self._mark(begin)

    def _end_fence(self) -> None:
        if self._fenced is not None:
            self._mark(self._fenced)
            self._fenced = None

    def _mark(self, line: str) -> None:
        self._output.finish_line()
        put(self.stream, f"{line}\n")
