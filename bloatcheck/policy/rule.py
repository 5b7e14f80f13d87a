"""What a rule is, and how it tells what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bloatcheck.analysis.snapshot import LayerSnapshot
from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding
from bloatcheck.policy.threshold import worst_broken


@dataclass(frozen=True, slots=True)
class Rule:
    """Holds one image against a limit of one metric. `find` is pure and finds nothing in a gone image."""

    metric: Metric
    find: Callable[[ImageDiff, Limit], tuple[Finding, ...]]


def broken(
    diff: ImageDiff,
    limit: Limit,
    actual: int,
    *,
    before: int | None = None,
    noise: int = 0,
    layer: LayerSnapshot | None = None,
    subject: str | None = None,
) -> tuple[Finding, ...]:
    """The finding, if `actual` passes a threshold of the limit; of its two, the one that fails the job.

    `before` is what a percentage refers to, `noise` the part of `actual` that a threshold may leave out;
    `layer` is the one to blame, where one is; `subject` the package.
    """
    passed = worst_broken(limit, actual, before, noise=noise)
    if passed is None:
        return ()
    return (
        Finding(
            metric=limit.metric,
            level=passed.level,
            image=diff.name,
            platform=diff.platform,
            threshold=passed.threshold,
            actual=passed.actual,
            allowed=passed.allowed,
            before=before,
            instruction=layer.instruction if layer else None,
            place=layer.place if layer else None,
            subject=subject,
        ),
    )
