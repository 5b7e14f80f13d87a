"""Several layers at once: costliest first, all of them, and never all in memory."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from functools import partial

import pytest

from bloatcheck.image.side_by_side import side_by_side


class Large:
    """Something that nobody wants to have often."""


def test_every_task_has_one_result() -> None:
    tasks: list[tuple[int, Callable[[], int]]] = [(cost, partial(int, cost)) for cost in range(20)]
    assert sorted(side_by_side(tasks)) == list(range(20))


def test_results_are_let_go_and_none_is_made_long_before_it_is_taken() -> None:
    made: list[weakref.ref[Large]] = []

    def task() -> Large:
        large = Large()
        made.append(weakref.ref(large))
        return large

    for _ in side_by_side([(0, task)] * 50):
        gc.collect()
        assert sum(each() is not None for each in made) <= 10
    assert len(made) == 50


def test_a_task_that_fails_ends_them_all() -> None:
    def fail() -> int:
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        list(side_by_side([(1, fail), (0, lambda: 1), (0, lambda: 2)]))
