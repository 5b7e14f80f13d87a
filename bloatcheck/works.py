"""What is being done at this moment, and how long it may take: told by who works, read by who shows it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


def now() -> float:
    """Seconds, on a clock that is never set back."""
    return time.monotonic()


@dataclass(slots=True)
class Work:
    """One piece of work. `doing` is its step in words that may be hostile; times are seconds.

    `expected` is what it took before, None where that isn't known.
    """

    name: str
    expected: float | None = None
    doing: str = ""
    began: float = field(default_factory=now)

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return now() - self.began

    @property
    def left(self) -> float | None:
        """Seconds that it may still take; None where that isn't known, or it takes longer than it did."""
        if self.expected is None or self.elapsed > self.expected:
            return None
        return self.expected - self.elapsed


class Works:
    """All the work of a run: images to build, at most `lanes` at once, and to read.

    It may be told by several threads.

    Args:
        expected: what each image's build took before, in seconds; None where that isn't known.
        lanes: how many are built at once.
    """

    def __init__(self, expected: Sequence[float | None] = (), *, lanes: int = 1) -> None:
        self.planned = len(expected)
        self.finished = 0
        self.began = now()
        self._waiting = list(expected)
        self._took: list[float] = []
        self._lanes = lanes
        self._running: list[Work] = []
        self._building: list[Work] = []
        self._lock = threading.Lock()

    @property
    def running(self) -> tuple[Work, ...]:
        """What goes on now, oldest first."""
        with self._lock:
            return tuple(self._running)

    @contextmanager
    def build(self, name: str, expected: float | None = None) -> Iterator[Work]:
        """One of the planned builds goes on while this lasts."""
        with self._lock:
            if expected in self._waiting:
                self._waiting.remove(expected)
        with self.work(name, expected) as work:
            with self._lock:
                self._building.append(work)
            try:
                yield work
            finally:
                with self._lock:
                    self._building.remove(work)
                    self._took.append(work.elapsed)

    @contextmanager
    def work(self, name: str, expected: float | None = None, *, doing: str = "") -> Iterator[Work]:
        """Something else goes on while this lasts."""
        work = Work(name, expected, doing, now())
        with self._lock:
            self._running.append(work)
        try:
            yield work
        finally:
            with self._lock:
                self._running.remove(work)

    def finish(self) -> None:
        """One of the planned images is built and read, or never will be."""
        self.finished += 1

    @property
    def elapsed(self) -> float:
        """Seconds since the first began."""
        return now() - self.began

    @property
    def left(self) -> float | None:
        """Seconds until all is built; None while there is nothing to tell it from.

        What isn't known to have taken long or short takes as long as the others.
        """
        with self._lock:
            known = [*self._took, *(each for each in self._waiting if each is not None)]
            known += [work.expected for work in self._building if work.expected is not None]
            if not known:
                return None
            usual = sum(known) / len(known)
            waiting = [usual if each is None else each for each in self._waiting]
            running = [max(0.0, (work.expected or usual) - work.elapsed) for work in self._building]
        longest = max((*waiting, *running), default=0.0)
        return max(longest, sum((*waiting, *running)) / self._lanes)


@runtime_checkable
class Board(Protocol):
    """A log that shows by itself what goes on.

    Where it is `terse`, what a program prints is only worth showing when the program fails.
    """

    terse: bool

    def showing(self, works: Works) -> AbstractContextManager[None]:
        """Shows it for as long as this lasts."""
        ...
