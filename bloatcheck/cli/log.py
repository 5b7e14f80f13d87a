"""How progress looks: plainly in a terminal, in folding groups on GitHub Actions."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from bloatcheck.errors import Place

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """One line without control or bidi characters, so that hostile text can't move the cursor or hide."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\n", " "))


@dataclass
class PlainLog:
    """Writes to stderr, so that `--json` on stdout stays clean."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    verbose: bool = False
    quiet: bool = False

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """A heading line."""
        self.info(title)
        yield

    def output(self, text: str) -> None:
        """Passed on, unless quiet. Colour and cursor movement of the builder's own progress stay alive."""
        if not self.quiet:
            self.stream.write(text)
            self.stream.flush()

    def info(self, message: str) -> None:
        """A line, unless quiet."""
        if not self.quiet:
            print(harmless(message), file=self.stream, flush=True)

    def detail(self, message: str) -> None:
        """A line, if verbose."""
        if self.verbose:
            self.info(message)

    def warning(self, message: str, *, place: Place | None = None) -> None:
        """A line, always."""
        where = f"{place}: " if place else ""
        print(harmless(f"warning: {where}{message}"), file=self.stream, flush=True)


@dataclass
class GitHubLog:
    """Writes workflow commands of its own, and lets no other text become one.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    Foreign output goes between `::stop-commands::` and its random token. Commands are only read at the start
    of a line, so the closing token is preceded by a newline wherever the output stopped.
    """

    stream: TextIO = field(default_factory=lambda: sys.stdout)
    verbose: bool = False
    quiet: bool = False
    _at_line_start: bool = field(default=True, init=False)

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """A foldable group, inside which workflow commands are off."""
        token = secrets.token_hex(16)
        self._command(f"::group::{escape_data(harmless(title))}")
        self._command(f"::stop-commands::{token}")
        try:
            yield
        finally:
            self._finish_line()
            self._command(f"::{token}::")
            self._command("::endgroup::")

    def output(self, text: str) -> None:
        """Passed on. Only to be called inside a group."""
        if text and not self.quiet:
            self.stream.write(text)
            self.stream.flush()
            self._at_line_start = text.endswith(("\n", "\r"))

    def info(self, message: str) -> None:
        """A line that can't be a command: one that would is indented with a zero-width mark's visible kin."""
        if self.quiet:
            return
        line = harmless(message)
        self._finish_line()
        print(f"  {line}" if "::" in line or "##[" in line else line, file=self.stream, flush=True)

    def detail(self, message: str) -> None:
        """A line, if verbose or the runner's debug logging is on."""
        if self.verbose:
            self.info(message)

    def warning(self, message: str, *, place: Place | None = None) -> None:
        """A warning annotation."""
        properties = f" file={escape_property(place.file)}" if place else ""
        if place and place.line:
            properties += f",line={place.line}"
        self._finish_line()
        self._command(f"::warning{properties}::{escape_data(message)}")

    def _finish_line(self) -> None:
        if not self._at_line_start:
            self.stream.write("\n")
            self._at_line_start = True

    def _command(self, command: str) -> None:
        print(command, file=self.stream, flush=True)


def escape_data(text: str) -> str:
    """For the message of a workflow command, as the runner's own toolkit does it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """For a property of a workflow command."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")
