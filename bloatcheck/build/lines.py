"""A program's output, cut into lines in bounded memory."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

MAX_LINE_LENGTH = 8192
"""Characters of a line that are kept; the rest of it is dropped."""

TAIL_LINES = 40
TAIL_LINE_LENGTH = 500
"""What is kept of the output for the report of a failure, in lines and in characters a line."""

_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")


class LineCutter:
    """Puts pieces of text together and cuts them at newlines."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0

    def feed(self, text: str) -> Iterator[str]:
        """The lines that this piece completes, without their newlines."""
        *ends, rest = text.split("\n")
        for end in ends:
            self._add(end)
            yield self._take()
        self._add(rest)

    def close(self) -> Iterator[str]:
        """The last line, if it has no newline."""
        if self._length:
            yield self._take()

    def _add(self, piece: str) -> None:
        piece = piece[: MAX_LINE_LENGTH - self._length]
        if piece:
            self._pieces.append(piece)
            self._length += len(piece)

    def _take(self) -> str:
        line = "".join(self._pieces)
        self._pieces.clear()
        self._length = 0
        return line


class Tail:
    """The last lines, each shortened."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=TAIL_LINES)

    def see(self, line: str) -> None:
        """Takes the next line, as it would stand on a terminal; forgets the oldest."""
        line = without_escapes(line).rstrip("\r").rpartition("\r")[2]
        if len(line) > TAIL_LINE_LENGTH:
            line = line[: TAIL_LINE_LENGTH - 1] + "…"
        self._lines.append(line)

    @property
    def lines(self) -> tuple[str, ...]:
        """Oldest first, without empty lines at either end."""
        return tuple("\n".join(self._lines).strip("\n").split("\n")) if any(self._lines) else ()


def without_escapes(line: str) -> str:
    """A line without terminal control sequences."""
    return _ESCAPE_SEQUENCE.sub("", line) if "\x1b" in line else line
