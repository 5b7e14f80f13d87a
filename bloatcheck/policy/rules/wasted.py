"""`wasted`: no more bytes than this are in the layers without being visible in the image."""

from __future__ import annotations

from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding
from bloatcheck.policy.rule import Rule, broken


def find(diff: ImageDiff, limit: Limit) -> tuple[Finding, ...]:
    """Judges the image as it is; new and incomparable images too."""
    contents = diff.after.contents if diff.after else None
    return broken(diff, limit, contents.wasted) if contents else ()


RULE = Rule(Metric.WASTED, find)
