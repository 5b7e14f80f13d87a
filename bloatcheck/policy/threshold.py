"""Which of a limit's thresholds is passed; no opinion about what is measured."""

from __future__ import annotations

from dataclasses import dataclass

from bloatcheck.config.limits import Limit, Threshold, largest_allowed
from bloatcheck.policy.model import Level


@dataclass(frozen=True, slots=True)
class Broken:
    """A passed threshold. `actual` is what was held against it, `allowed` the largest that would not pass."""

    level: Level
    threshold: Threshold
    actual: int
    allowed: int


def worst_broken(limit: Limit, actual: int, before: int | None = None, *, noise: int = 0) -> Broken | None:
    """The threshold that `actual` passes; where it passes both, only the one that fails the job.

    `noise` is the part of it that doesn't count for a threshold without noise.
    """
    for level, threshold in ((Level.FAIL, limit.fail), (Level.WARN, limit.warn)):
        if threshold is None:
            continue
        counted = actual if threshold.noise else actual - noise
        allowed = largest_allowed(threshold, before)
        if allowed is not None and counted > allowed:
            return Broken(level, threshold, counted, allowed)
    return None
