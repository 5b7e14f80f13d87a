"""A terminal of so many columns and lines, and what stands on it."""

from __future__ import annotations

import io

import pyte


class Screen(io.StringIO):
    """A stream whose text a terminal shows."""

    def __init__(self, columns: int = 100, lines: int = 12) -> None:
        super().__init__()
        self._screen = pyte.Screen(columns, lines)
        self._screen.set_mode(pyte.modes.LNM)
        self._terminal = pyte.Stream(self._screen)

    def write(self, text: str) -> int:
        """Shows it."""
        self._terminal.feed(text)
        return super().write(text)

    def isatty(self) -> bool:
        """It is one."""
        return True

    @property
    def shown(self) -> str:
        """The lines that stand there, without what is empty at their ends and below them."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip("\n") + "\n"
