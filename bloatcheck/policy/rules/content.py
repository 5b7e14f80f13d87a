"""`content`: the image is no larger than this, whatever it was before."""

from __future__ import annotations

from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding
from bloatcheck.policy.rule import Rule
from bloatcheck.policy.threshold import worst_broken


def find(diff: ImageDiff, limit: Limit) -> tuple[Finding, ...]:
    """Judges the image's `content_size`; new and incomparable images too."""
    if diff.after is None:
        return ()
    actual = diff.after.content_size
    broken = worst_broken(limit, actual)
    if broken is None:
        return ()
    return (
        Finding(
            metric=Metric.CONTENT,
            level=broken.level,
            image=diff.name,
            platform=diff.platform,
            threshold=broken.threshold,
            actual=actual,
            allowed=broken.allowed,
        ),
    )


RULE = Rule(Metric.CONTENT, find)
