"""The growth of one cause. The three add up to `content-growth`, so each byte is judged once."""

from __future__ import annotations

from functools import partial

from bloatcheck.analysis.contents import Cause
from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.contents import contents_diff
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding
from bloatcheck.policy.rule import Rule, broken


def rule_for(metric: Metric, cause: Cause) -> Rule:
    """The rule that judges one cause's growth; only where it is known of both sides."""
    return Rule(metric, partial(_find, cause))


def _find(cause: Cause, diff: ImageDiff, limit: Limit) -> tuple[Finding, ...]:
    changed = contents_diff(diff)
    if changed is None:
        return ()
    causes = [each for each in changed.causes if each.cause is cause]
    return broken(
        diff,
        limit,
        changed.delta_of(cause),
        before=sum(each.before for each in causes),
        noise=sum(each.noise for each in causes),
    )
