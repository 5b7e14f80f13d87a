"""Which broken limits people have approved, and which approvals no longer hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum

from bloatcheck.config.approvals import Approval, can_be_approved, is_growth
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding


class Standing(str, Enum):
    """What became of an approval that is about a broken limit."""

    APPLIED = "applied"
    EXPIRED = "expired"
    """Its last day is over; the limit breaks again."""
    EXCEEDED = "exceeded"
    """The image is larger than its ceiling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalUse:
    """An approval, and the broken limits that it is about: accepted by it where it is `applied`."""

    approval: Approval
    standing: Standing
    findings: tuple[Finding, ...]


def weigh(
    diff: ImageDiff, findings: Iterable[Finding], approvals: Iterable[Approval], *, today: date
) -> tuple[ApprovalUse, ...]:
    """The approvals that are about these broken limits of one image, each limit accepted by one at most.

    An approval that nothing is broken for is not among them: it is moot, and nobody needs to hear of it.

    Args:
        diff: the image, before and after.
        findings: its broken limits.
        approvals: all there are.
        today: in UTC; an approval holds through its last day.
    """
    left = tuple(findings)
    applied, others = [], []
    for approval in approvals:
        if not _is_about(approval, diff):
            continue
        named = tuple(finding for finding in left if _names(approval, finding))
        held = tuple(finding for finding in named if _is_under(approval, finding, diff))
        if held and not _is_over(approval, today):
            applied.append(ApprovalUse(approval=approval, standing=Standing.APPLIED, findings=held))
            left = tuple(finding for finding in left if finding not in held)
        elif named:
            standing = Standing.EXPIRED if _is_over(approval, today) else Standing.EXCEEDED
            others.append(ApprovalUse(approval=approval, standing=standing, findings=named))
    # What another approval accepts after all is no longer news of this one.
    return (*applied, *(use for use in others if set(use.findings) & set(left)))


def approved(uses: Iterable[ApprovalUse]) -> frozenset[Finding]:
    """The broken limits that are accepted."""
    return frozenset(finding for use in uses if use.standing is Standing.APPLIED for finding in use.findings)


def _is_about(approval: Approval, diff: ImageDiff) -> bool:
    return approval.image in (None, diff.name) and approval.platform in (None, diff.platform)


def _names(approval: Approval, finding: Finding) -> bool:
    if approval.metric is None:
        return is_growth(finding.metric)
    return approval.metric is finding.metric and can_be_approved(finding.metric)


def _is_under(approval: Approval, finding: Finding, diff: ImageDiff) -> bool:
    if approval.up_to is None:
        return True
    if is_growth(finding.metric):
        # Of growth no ceiling could be given that still means the same when the baseline has moved.
        return diff.after is not None and diff.after.content_size <= approval.up_to
    return finding.actual <= approval.up_to


def _is_over(approval: Approval, today: date) -> bool:
    return approval.until is not None and approval.until < today
