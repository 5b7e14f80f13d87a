"""`wasted-growth`: no more bytes than this are wasted that weren't in the baseline."""

from __future__ import annotations

from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.contents import contents_diff
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding
from bloatcheck.policy.rule import Rule, broken


def find(diff: ImageDiff, limit: Limit) -> tuple[Finding, ...]:
    """Judges the growth of what is wasted; only where it is known of both sides."""
    changed = contents_diff(diff)
    if changed is None:
        return ()
    return broken(diff, limit, changed.wasted_after - changed.wasted_before, before=changed.wasted_before)


RULE = Rule(Metric.WASTED_GROWTH, find)
