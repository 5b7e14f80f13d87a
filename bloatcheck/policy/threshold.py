"""Which of a limit's thresholds is passed; no opinion about what is measured."""

from __future__ import annotations

from dataclasses import dataclass

from bloatcheck.config.limits import Limit, Threshold, largest_allowed
from bloatcheck.policy.model import Level


@dataclass(frozen=True, slots=True)
class Broken:
    """A passed threshold. `allowed` is the largest whole value that would not have passed it."""

    level: Level
    threshold: Threshold
    allowed: int


def worst_broken(limit: Limit, actual: int, before: int | None = None) -> Broken | None:
    """The threshold that `actual` passes; where it passes both, only the one that fails the job."""
    for level, threshold in ((Level.FAIL, limit.fail), (Level.WARN, limit.warn)):
        if threshold is None:
            continue
        allowed = largest_allowed(threshold, before)
        if allowed is not None and actual > allowed:
            return Broken(level, threshold, allowed)
    return None
