"""The rules of a `.dive-ci` file, judged as dive judges them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bloatcheck.analysis.dive import DiveFigures
from bloatcheck.config.dive_ci import DiveRules
from bloatcheck.units import format_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DiveVerdict:
    """One rule of dive's: its name, what was measured and what is allowed, in words, and whether it holds."""

    rule: str
    measured: str
    allowed: str
    passed: bool


def judge_dive(figures: DiveFigures, rules: DiveRules) -> tuple[DiveVerdict, ...]:
    """Every rule that isn't switched off, in dive's order."""
    return tuple(_verdicts(figures, rules))


def _verdicts(figures: DiveFigures, rules: DiveRules) -> Iterator[DiveVerdict]:
    if rules.lowest_efficiency is not None:
        yield DiveVerdict(
            rule="lowest-efficiency",
            measured=f"{figures.efficiency:.4f}",
            allowed=f"at least {rules.lowest_efficiency:g}",
            passed=figures.efficiency >= rules.lowest_efficiency,
        )
    if rules.highest_wasted_bytes is not None:
        yield DiveVerdict(
            rule="highest-wasted-bytes",
            measured=format_bytes(figures.wasted_bytes),
            allowed=f"at most {format_bytes(rules.highest_wasted_bytes)}",
            passed=figures.wasted_bytes <= rules.highest_wasted_bytes,
        )
    if rules.highest_user_wasted is not None:
        # Divided by nothing, dive gets NaN without waste, which passes, and infinity with it, which doesn't.
        share = figures.user_wasted
        endless = share is None and figures.wasted_bytes > 0
        yield DiveVerdict(
            rule="highest-user-wasted-percent",
            measured="all of it" if endless else f"{share or 0:.4f}",
            allowed=f"at most {rules.highest_user_wasted:g}",
            passed=not endless and (share or 0) <= rules.highest_user_wasted,
        )
