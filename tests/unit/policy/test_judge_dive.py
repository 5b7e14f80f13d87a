"""dive's rules, judged as dive does."""

import pytest

from bloatcheck.analysis.dive import DiveFigures
from bloatcheck.config.dive_ci import DiveRules
from bloatcheck.policy.dive import judge_dive

FIGURES = DiveFigures(efficiency=0.9, wasted_bytes=100, user_wasted=0.1)


def passed(figures: DiveFigures, **rules: float | None) -> list[bool]:
    off: dict[str, float | None] = {
        "lowest_efficiency": None,
        "highest_wasted_bytes": None,
        "highest_user_wasted": None,
    }
    return [verdict.passed for verdict in judge_dive(figures, DiveRules(**(off | rules)))]  # type: ignore[arg-type] # as named


def test_exactly_at_a_limit_passes() -> None:
    assert (
        passed(FIGURES, lowest_efficiency=0.9, highest_wasted_bytes=100, highest_user_wasted=0.1)
        == [True] * 3
    )


def test_beyond_a_limit_fails() -> None:
    assert (
        passed(FIGURES, lowest_efficiency=0.91, highest_wasted_bytes=99, highest_user_wasted=0.09)
        == [False] * 3
    )


def test_a_rule_that_is_off_says_nothing() -> None:
    assert passed(FIGURES) == []


@pytest.mark.parametrize(("wasted", "passes"), [(0, True), (1, False)])
def test_an_image_of_one_layer_is_judged_as_dive_divides_by_zero(wasted: int, passes: bool) -> None:  # noqa: FBT001 - a case
    figures = DiveFigures(efficiency=1.0, wasted_bytes=wasted, user_wasted=None)
    assert passed(figures, highest_user_wasted=0.1) == [passes]
