"""`content-growth`: the image grows by no more than this against its baseline."""

from __future__ import annotations

from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding
from bloatcheck.policy.rule import Rule, broken


def find(diff: ImageDiff, limit: Limit) -> tuple[Finding, ...]:
    """Judges the growth of `content_size`; only where there is a comparable image before."""
    if diff.before is None or diff.delta is None:
        return ()
    return broken(diff, limit, diff.delta, before=diff.before.content_size)


RULE = Rule(Metric.CONTENT_GROWTH, find)
