"""Holds one image against the limits in force for it."""

from __future__ import annotations

from collections.abc import Iterable

from bloatcheck.config.approvals import is_growth
from bloatcheck.config.limits import Limit
from bloatcheck.config.model import OnIncomparable
from bloatcheck.diff.model import ImageChange, ImageDiff
from bloatcheck.policy.model import Finding, Level
from bloatcheck.policy.rules import RULES


def judge(diff: ImageDiff, limits: Iterable[Limit]) -> tuple[Finding, ...]:
    """Every broken limit, those that fail the job first; empty without limits.

    A new image and one that can't be compared are held against absolute limits only (`content`, `layers`),
    a gone one against none. A value exactly at its limit is within it. An image that differs by no more than
    it does from one build to the next has not grown.
    """
    limits = tuple(limit for limit in limits if not (diff.is_noise and is_growth(limit.metric)))
    findings = [
        finding
        for rule in RULES
        for limit in limits
        if limit.metric is rule.metric
        for finding in rule.find(diff, limit)
    ]
    return worst_first(findings)


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that fail the job before those that only warn, each in their order."""
    return tuple(sorted(findings, key=lambda finding: finding.level is not Level.FAIL))


def judge_comparability(diff: ImageDiff, on_incomparable: OnIncomparable) -> Level | None:
    """How bad it is that this image can't be compared with its baseline; None where it can."""
    if diff.change is not ImageChange.INCOMPARABLE:
        return None
    return Level.FAIL if on_incomparable is OnIncomparable.FAIL else Level.WARN
