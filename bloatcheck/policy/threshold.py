"""When a threshold is passed: exact arithmetic, no rounding, no opinion about what is measured."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bloatcheck.config.limits import Limit, Threshold, When
from bloatcheck.policy.model import Level


@dataclass(frozen=True, slots=True)
class Broken:
    """A passed threshold. `allowed` is the largest whole value that would not have passed it."""

    level: Level
    threshold: Threshold
    allowed: int


def largest_allowed(threshold: Threshold, before: int | None) -> int | None:
    """The largest whole value that does not pass the threshold.

    Args:
        threshold: in bytes (or layers), percent, or both.
        before: what the percentage is of. None or 0 where there was nothing: then only `bytes` counts,
            because any growth is endlessly many percent of nothing.

    Returns:
        None where the threshold says nothing about this value.
    """
    bounds = []
    if threshold.bytes is not None:
        bounds.append(threshold.bytes)
    if threshold.percent is not None and before:
        # The shortest decimal that means this float is what the user wrote: 0.1 is a tenth here.
        bounds.append(int(Fraction(repr(threshold.percent)) * before / 100))
    if not bounds:
        return None
    return max(bounds) if threshold.when is When.ALL else min(bounds)


def worst_broken(limit: Limit, actual: int, before: int | None = None) -> Broken | None:
    """The threshold that `actual` passes; where it passes both, only the one that fails the job."""
    for level, threshold in ((Level.FAIL, limit.fail), (Level.WARN, limit.warn)):
        if threshold is None:
            continue
        allowed = largest_allowed(threshold, before)
        if allowed is not None and actual > allowed:
            return Broken(level, threshold, allowed)
    return None
