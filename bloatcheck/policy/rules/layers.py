"""`layers`: the image has no more layers than this.

A layer is an entry of the configuration's `diff_ids`. History entries without one (`ENV`, `CMD`, `LABEL`)
are no layers.
"""

from __future__ import annotations

from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding
from bloatcheck.policy.rule import Rule
from bloatcheck.policy.threshold import worst_broken


def find(diff: ImageDiff, limit: Limit) -> tuple[Finding, ...]:
    """Judges the number of layers; of new and incomparable images too."""
    if diff.after is None:
        return ()
    actual = len(diff.after.layers)
    broken = worst_broken(limit, actual)
    if broken is None:
        return ()
    return (
        Finding(
            metric=Metric.LAYERS,
            level=broken.level,
            image=diff.name,
            platform=diff.platform,
            threshold=broken.threshold,
            actual=actual,
            allowed=broken.allowed,
        ),
    )


RULE = Rule(Metric.LAYERS, find)
