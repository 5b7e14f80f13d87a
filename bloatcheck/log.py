"""The seam through which long work tells a person what goes on; implemented in `bloatcheck.cli.log`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from bloatcheck.errors import Place


class Log(Protocol):
    """Where progress goes. Every text may be hostile; implementations make it harmless."""

    def group(self, title: str) -> AbstractContextManager[None]:
        """A foldable group. What is written inside can start no workflow command."""
        ...

    def output(self, text: str) -> None:
        """A piece of a program's output, as it came, control characters and all; flushed at once."""
        ...

    def info(self, message: str) -> None:
        """One line of progress."""
        ...

    def detail(self, message: str) -> None:
        """One line for `--verbose` only."""
        ...

    def warning(self, message: str, *, place: Place | None = None) -> None:
        """Something the user should know that doesn't decide the exit code."""
        ...

    def status(self, message: str | None) -> None:
        """What goes on at this moment, told anew as often as it changes; None when it is over.

        A terminal shows the last one in place, until something else is told; elsewhere it is a line now and
        then.
        """
        ...
