"""Several things at once, in so many lanes, each result handed over as it comes."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
MOST_BY_DEFAULT = 4
_PATIENCE = 20.0
"""Seconds that a program gets to end: more than `bloatcheck.build.process` gives it."""


def usual_jobs() -> int:
    """As many builds at once as there are processors for this process, and no more than four.

    A build waits for the network and the disk half of its time and uses several processors the other half:
    beyond that, builds only take memory and disk from each other.
    """
    try:
        processors = len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        processors = os.cpu_count() or 1
    return max(1, min(MOST_BY_DEFAULT, processors))


def in_lanes(
    after: Sequence[frozenset[int]],
    do: Callable[[int], T],
    *,
    lanes: int,
    stop: threading.Event,
    abandon: Callable[[T], None],
) -> Generator[tuple[int, T], None, None]:
    """Does every number from 0 on, in order, and gives each back with its result once it is there.

    Whoever takes the results holds up the lanes once as many of them lie there. Close the generator: what
    still goes on then is told to stop, and waited for.

    Args:
        after: for each number, those that must be done before; in no circle.
        do: does it, in a thread of its own. What it raises is raised here.
        lanes: how many at once.
        stop: set when it is all over before its end; `do` has to watch it.
        abandon: gets the results that nobody takes any more.
    """
    work = _Lanes(after, do, lanes, stop)
    threads = [
        threading.Thread(target=work.run, name=f"lane {number}", daemon=True)
        for number in range(min(lanes, len(after)))
    ]
    try:
        for thread in threads:
            thread.start()
        for _ in after:
            yield work.next_result()
    finally:
        work.end()
        for thread in threads:
            if thread.ident is not None:
                thread.join(_PATIENCE)
        for result in work.rest():
            abandon(result)


class _Lanes(Generic[T]):
    def __init__(
        self, after: Sequence[frozenset[int]], do: Callable[[int], T], lanes: int, stop: threading.Event
    ) -> None:
        self._after = after
        self._do = do
        self._room = lanes
        self._stop = stop
        self._waiting = list(range(len(after)))
        self._done: set[int] = set()
        self._results: deque[tuple[int, T]] = deque()
        self._fault: BaseException | None = None
        self._changed = threading.Condition()

    def run(self) -> None:
        """One lane, until nothing is left to do."""
        while (number := self._take()) is not None:
            try:
                result = self._do(number)
            except BaseException as fault:  # noqa: BLE001 - a thread's end would be seen by nobody
                with self._changed:
                    self._fault = self._fault or fault
                    self._changed.notify_all()
                return
            with self._changed:
                self._done.add(number)
                self._results.append((number, result))
                self._changed.notify_all()

    def next_result(self) -> tuple[int, T]:
        with self._changed:
            while not self._results:
                if self._fault:
                    raise self._fault
                self._changed.wait()
            result = self._results.popleft()
            self._changed.notify_all()
            return result

    def end(self) -> None:
        """Stops what is not over; where all is, whoever has more to do with the same `stop` isn't stopped."""
        with self._changed:
            if len(self._done) < len(self._after):
                self._stop.set()
            self._changed.notify_all()

    def rest(self) -> list[T]:
        with self._changed:
            rest = [result for _, result in self._results]
            self._results.clear()
            return rest

    def _take(self) -> int | None:
        """The next number whose turn it is; None when there is none any more."""
        with self._changed:
            while self._waiting and not self._stop.is_set():
                ready = (number for number in self._waiting if self._after[number] <= self._done)
                number = next(ready, None) if len(self._results) < self._room else None
                if number is not None:
                    self._waiting.remove(number)
                    return number
                self._changed.wait()
            return None
