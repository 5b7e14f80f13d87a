"""Reading the image in a thread of its own, told on the screen, and given up when somebody wants to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import LoadingIndicator, Static

from bloatcheck.errors import Place
from bloatcheck.explore.explored import Explored
from bloatcheck.log import Log
from bloatcheck.report.plain import harmless

Load = Callable[[Log], Explored]
"""Reads, telling a log what goes on."""


class GivenUpError(Exception):
    """Nobody waits for it any more."""


class LoadingLog:
    """Tells what goes on to the screen, and keeps warnings for later.

    What is told may come from several threads. When the reading was given up, the next word ends it.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.warnings: list[str] = []
        self.given_up = threading.Event()

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Only the title."""
        self.status(title)
        yield

    def output(self, text: str) -> None:
        """Nobody sees a program's output here."""

    def info(self, message: str) -> None:
        """What goes on."""
        self.status(message)

    def detail(self, message: str) -> None:
        """Nobody sees details here."""

    def warning(self, message: str, *, place: Place | None = None) -> None:
        """Kept until there is something to look at."""
        self.warnings.append(harmless(f"{place}: {message}" if place else message))

    def status(self, message: str | None) -> None:
        """What goes on.

        Raises:
            GivenUpError: nobody waits any more.
        """
        if self.given_up.is_set():
            if message is None:
                # told at the end, on whichever way out
                return
            raise GivenUpError
        if message:
            self._tell(harmless(message))


class LoadingScreen(Screen[None]):
    """While the image is read."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,ctrl+c", "app.quit", "Give up")]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        """What is read, how far it has come, and how to end it."""
        with Vertical(id="loading"):
            yield Static(Content(self._title), id="loading-title")
            yield LoadingIndicator()
            yield Static(Content("reading"), id="loading-status")
            yield Static(Content("Esc gives up"), id="loading-help")

    def tell(self, message: str) -> None:
        """How far it has come."""
        with suppress(Exception):
            self.query_one("#loading-status", Static).update(Content(message))
