"""How long it may still take, from what it took before and what the others took."""

from __future__ import annotations

import pytest

from bloatcheck.works import Work, Works


def test_nothing_can_be_told_before_anything_is_known() -> None:
    assert Works([None, None]).left is None
    assert Work("api").left is None


def test_what_waits_is_shared_between_the_lanes() -> None:
    works = Works([10.0, 10.0, 10.0, 10.0], lanes=2)
    assert works.left == 20
    with works.build("a", 10.0) as work:
        work.began -= 4
        assert works.left == pytest.approx(18, abs=0.5)
        assert work.left == pytest.approx(6, abs=0.5)


def test_it_is_no_less_than_the_longest() -> None:
    assert Works([100.0, 1.0, 1.0], lanes=4).left == 100


def test_what_is_not_known_takes_as_long_as_the_others() -> None:
    works = Works([None, None, 10.0], lanes=1)
    assert works.left == 30
    works = Works([None, None], lanes=1)
    with works.build("a") as work:
        work.began -= 8
    assert works.left == pytest.approx(8, abs=0.5)


def test_what_takes_longer_than_before_has_no_end_to_tell() -> None:
    works = Works([3.0], lanes=1)
    with works.build("a", 3.0) as work:
        work.began -= 8
        assert work.left is None
        assert works.left == 0
        assert works.running == (work,)
    assert not works.running
