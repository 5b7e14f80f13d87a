"""`content-growth`: the image grows by no more than this against its baseline."""

from __future__ import annotations

from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding
from bloatcheck.policy.rule import Rule
from bloatcheck.policy.threshold import worst_broken


def find(diff: ImageDiff, limit: Limit) -> tuple[Finding, ...]:
    """Judges the growth of `content_size`; only where there is a comparable image before."""
    if diff.before is None or diff.delta is None:
        return ()
    before = diff.before.content_size
    broken = worst_broken(limit, diff.delta, before)
    if broken is None:
        return ()
    return (
        Finding(
            metric=Metric.CONTENT_GROWTH,
            level=broken.level,
            image=diff.name,
            platform=diff.platform,
            threshold=broken.threshold,
            actual=diff.delta,
            allowed=broken.allowed,
            before=before,
        ),
    )


RULE = Rule(Metric.CONTENT_GROWTH, find)
