"""How progress looks: plainly in a terminal, in folding groups on GitHub Actions."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from bloatcheck.cli.colour import is_live, paint_for
from bloatcheck.cli.stdout import put
from bloatcheck.cli.terminal import ColourFilter
from bloatcheck.errors import Place
from bloatcheck.report.paint import Tone
from bloatcheck.report.plain import harmless_line
from bloatcheck.report.workflow_commands import command, disarm


@dataclass
class _Output:
    """A program's output on its way to a stream."""

    stream: TextIO
    filter: ColourFilter = field(default_factory=ColourFilter)
    at_line_start: bool = True

    def write(self, text: str) -> None:
        if text := self.filter.feed(text):
            put(self.stream, text)
            self.at_line_start = text.endswith("\n")

    def finish_line(self) -> None:
        """Puts what follows at the start of a line, in the stream's own colour.

        Only a newline counts: GitHub's runner ends a line at a carriage return too, act doesn't.
        """
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
class GitHubLog:
    """Writes workflow commands of its own, and lets no other text become one.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    Foreign output goes between `::stop-commands::` and a random token. Commands are read at the start of a
    line, so the closing token is preceded by a newline wherever the output stopped. What the runner takes
    for a command is told by its source, ActionCommand.cs: `::` after any white space, and `##[name]` in
    any place.
    """

    stream: TextIO = field(default_factory=lambda: sys.stdout)
    verbose: bool = False
    quiet: bool = False
    _output: _Output = field(init=False, repr=False)
    _status: _Status = field(init=False, repr=False)
    _token: str | None = field(default=None, init=False, repr=False)
    """What ends the group that is open; None outside of groups."""

    def __post_init__(self) -> None:
        """Watches what is written to the stream."""
        self._output = _Output(self.stream)
        self._status = _Status(self.stream, live=False)

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """A foldable group, inside which workflow commands are off. In a group, just a line: none nests."""
        if self.quiet or self._token is not None:
            self.info(title)
            yield
            return
        self._command(command("group", harmless_line(title)))
        self._stop_commands()
        try:
            yield
        finally:
            self._resume_commands()
            self._command("::endgroup::")

    def output(self, text: str) -> None:
        """Passed on, unless quiet."""
        if self.quiet:
            return
        if self._token is not None:
            self._output.write(text)
        else:
            with self._without_commands():
                self._output.write(text)

    def status(self, message: str | None) -> None:
        """A line now and then, unless quiet."""
        if message and not self.quiet and (line := self._status.tell(message)):
            self.info(line)

    def info(self, message: str) -> None:
        """A line that can't be a command."""
        if not self.quiet:
            self._output.finish_line()
            put(self.stream, f"{disarm(harmless_line(message))}\n")

    def detail(self, message: str) -> None:
        """A line, if verbose."""
        if self.verbose:
            self.info(message)

    def warning(self, message: str, *, place: Place | None = None) -> None:
        """A warning annotation, inside a group too."""
        text = "\n".join(harmless_line(line) for line in message.splitlines())
        inside = self._token is not None
        if inside:
            self._resume_commands()
        where = (
            {"file": harmless_line(place.file), "line": place.line, "endLine": place.end_line}
            if place
            else {}
        )
        self._command(command("warning", text, **where))
        if inside:
            self._stop_commands()

    @contextmanager
    def _without_commands(self) -> Iterator[None]:
        self._stop_commands()
        try:
            yield
        finally:
            self._resume_commands()

    def _stop_commands(self) -> None:
        """A token serves once: the runner has shown it to nobody but the log, which the build can't read."""
        import secrets

        self._token = secrets.token_hex(16)
        self._command(f"::stop-commands::{self._token}")

    def _resume_commands(self) -> None:
        self._command(f"::{self._token}::")
        self._token = None

    def _command(self, line: str) -> None:
        self._output.finish_line()
        put(self.stream, f"{line}\n")
