"""`content`: the image is no larger than this, whatever it was before."""

from __future__ import annotations

from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding
from bloatcheck.policy.rule import Rule, broken


def find(diff: ImageDiff, limit: Limit) -> tuple[Finding, ...]:
    """Judges the image's `content_size`; new and incomparable images too."""
    return broken(diff, limit, diff.after.content_size) if diff.after else ()


RULE = Rule(Metric.CONTENT, find)
