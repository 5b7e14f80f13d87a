"""One log for several builds: what each prints stands together, however many go on at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from bloatcheck.build.steps import StepReader
from bloatcheck.errors import Place
from bloatcheck.log import Log
from bloatcheck.units import format_duration
from bloatcheck.works import Board, Work, Works

SILENCE = 30.0
"""Seconds after which a log that says nothing says what goes on."""


class SharedLog:
    """Passes everything on, from one thread at a time, and lets nobody wonder whether anything goes on.

    A log that is a `Board` shows what goes on; any other gets a line when nothing was said for `SILENCE`
    seconds.
    """

    def __init__(self, log: Log, works: Works) -> None:
        self.works = works
        self._log = log
        self._board = log if isinstance(log, Board) else None
        self._lock = threading.RLock()
        self._said_at = time.monotonic()
        self._over = threading.Event()
        self._now: Work | None = None
        self._usually = ""

    @property
    def terse(self) -> bool:
        """Whether output is only worth showing when something failed."""
        return self._board is not None and self._board.terse

    @contextmanager
    def shown(self) -> Iterator[SharedLog]:
        """Shows what goes on, or listens to the silence, for as long as this lasts."""
        with ExitStack() as stack:
            if self._board:
                stack.enter_context(self._board.showing(self.works))
            else:
                heartbeat = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
                heartbeat.start()
                stack.callback(heartbeat.join)
                stack.callback(self._over.set)
            yield self

    @contextmanager
    def alone(self) -> Iterator[Log]:
        """Nobody else says anything meanwhile."""
        with self._lock:
            yield self._log
            self._said_at = time.monotonic()

    @contextmanager
    def telling(self, work: Work) -> Iterator[None]:
        """What is told to be going on is this work's step, for as long as this lasts."""
        self._now, self._usually = work, work.doing
        try:
            yield
        finally:
            self._now = None

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """The log's own. Others may say something in it."""
        with ExitStack() as stack:
            with self._lock:
                stack.enter_context(self._log.group(title))
            try:
                yield
            finally:
                with self._lock:
                    stack.close()

    def output(self, text: str) -> None:
        """At once."""
        with self.alone() as log:
            log.output(text)

    def info(self, message: str) -> None:
        """At once."""
        with self.alone() as log:
            log.info(message)

    def detail(self, message: str) -> None:
        """At once."""
        with self.alone() as log:
            log.detail(message)

    def warning(self, message: str, *, place: Place | None = None) -> None:
        """At once."""
        with self.alone() as log:
            log.warning(message, place=place)

    def status(self, message: str | None) -> None:
        """The step of what is being told of; drawn by the board where there is one."""
        if self._now is not None:
            self._now.doing = message or self._usually
        if self._board is None:
            whose = f"{self._now.name}: " if self._now and message else ""
            with self._lock:
                self._log.status(message and f"{whose}{message}")

    def _beat(self) -> None:
        while not self._over.wait(1.0):
            if time.monotonic() - self._said_at >= SILENCE and (running := self.works.running):
                self.info(told(self.works, running))


def told(works: Works, running: tuple[Work, ...]) -> str:
    """What goes on, in one line."""
    each = "; ".join(
        f"{work.name} {_times(work)}{f', {work.doing}' if work.doing else ''}" for work in running
    )
    left = works.left
    parts = [f"{works.finished} of {works.planned} done"] if works.planned > 1 else []
    parts += [f"about {format_duration(left)} left"] if works.planned > 1 and left else []
    return f"still at work: {each}" + (f" ({', '.join(parts)})" if parts else "")


def _times(work: Work) -> str:
    took = f"{format_duration(work.expected)} last time" if work.expected else ""
    return f"{format_duration(work.elapsed)}{f' ({took})' if took else ''}"


class BuildLog:
    """The log of one build: what is printed tells at which step it is, and goes on to another log."""

    def __init__(self, log: Log, work: Work) -> None:
        self._log = log
        self._work = work
        self._steps = StepReader()

    def group(self, title: str) -> AbstractContextManager[None]:
        """The other log's."""
        return self._log.group(title)

    def output(self, text: str) -> None:
        """Looked at, and passed on."""
        self._steps.feed(text)
        self._work.doing = self._steps.step
        self._log.output(text)

    def info(self, message: str) -> None:
        """Passed on."""
        self._log.info(message)

    def detail(self, message: str) -> None:
        """Passed on."""
        self._log.detail(message)

    def warning(self, message: str, *, place: Place | None = None) -> None:
        """Passed on."""
        self._log.warning(message, place=place)

    def status(self, message: str | None) -> None:
        """The step."""
        self._work.doing = message or ""
