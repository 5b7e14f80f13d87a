"""`content-growth`: the image grows by no more than this against its baseline."""

from __future__ import annotations

from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.contents import contents_diff
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding
from bloatcheck.policy.rule import Rule, broken


def find(diff: ImageDiff, limit: Limit) -> tuple[Finding, ...]:
    """Judges the growth of `content_size`; only where there is a comparable image before.

    What of it is noise is known where both sides' contents are.
    """
    if diff.before is None or diff.delta is None:
        return ()
    changed = contents_diff(diff)
    noise = sum(each.noise for each in changed.causes) if changed else 0
    return broken(diff, limit, diff.delta, before=diff.before.content_size, noise=noise)


RULE = Rule(Metric.CONTENT_GROWTH, find)
