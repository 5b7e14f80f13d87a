"""Several things at once: bounded, in order where they depend on each other, and over when nobody waits."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest

from bloatcheck.build.lanes import MOST_BY_DEFAULT, in_lanes, usual_jobs

FREE = [frozenset[int]()] * 6


class Watched:
    """Does nothing for a while, and knows how many did so at once."""

    def __init__(self, seconds: float = 0.02) -> None:
        self.stop = threading.Event()
        self.most = self.now = 0
        self.order: list[int] = []
        self.abandoned: list[int] = []
        self._seconds = seconds
        self._lock = threading.Lock()

    def __call__(self, number: int) -> int:
        with self._lock:
            self.order.append(number)
            self.now += 1
            self.most = max(self.most, self.now)
        self.stop.wait(self._seconds)
        with self._lock:
            self.now -= 1
        return number * 10

    def run(self, after: list[frozenset[int]], lanes: int) -> list[tuple[int, int]]:
        return list(in_lanes(after, self, lanes=lanes, stop=self.stop, abandon=self.abandoned.append))


@pytest.mark.parametrize("lanes", [1, 2, 4, 20])
def test_all_is_done_once_and_no_more_at_once_than_there_are_lanes(lanes: int) -> None:
    watched = Watched()
    assert sorted(watched.run(FREE, lanes)) == [(number, number * 10) for number in range(6)]
    assert watched.most <= lanes
    assert sorted(watched.order) == list(range(6))


def test_what_waits_for_another_begins_when_that_is_done() -> None:
    watched = Watched()
    after = [frozenset[int](), frozenset({0}), frozenset({1}), frozenset[int](), frozenset({2, 3})]
    results = [number for number, _ in watched.run(after, 3)]
    for number, needed in enumerate(after):
        assert all(results.index(other) < results.index(number) for other in needed)


def test_whoever_does_not_take_the_results_holds_up_the_lanes() -> None:
    watched = Watched(0)
    with closing(
        in_lanes([frozenset()] * 50, watched, lanes=2, stop=watched.stop, abandon=watched.abandoned.append)
    ) as results:
        next(results)
        time.sleep(0.2)
        # The taken one, two that wait to be taken, and what the lanes had begun by then.
        assert len(watched.order) <= 5


def test_closed_early_it_stops_what_goes_on_and_abandons_what_nobody_takes() -> None:
    watched = Watched(60)
    results = in_lanes(FREE, watched, lanes=2, stop=watched.stop, abandon=watched.abandoned.append)
    begun = threading.Timer(0.1, watched.stop.set)
    begun.start()
    with closing(results):
        next(results)
    assert watched.now == 0
    assert len(watched.order) == 1 + len(watched.abandoned)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lane")]


def test_a_fault_is_raised_where_the_results_are_taken() -> None:
    def fail(number: int) -> int:
        raise ZeroDivisionError(number)

    with pytest.raises(ZeroDivisionError):
        list(in_lanes(FREE, fail, lanes=2, stop=threading.Event(), abandon=lambda _: None))


def test_there_are_as_many_jobs_as_processors_within_reason() -> None:
    assert 1 <= usual_jobs() <= MOST_BY_DEFAULT
