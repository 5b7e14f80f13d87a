"""Approvals, and what a change does to its own rules, in sentences for every kind of report.

They hold foreign text: whoever shows them makes them harmless.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bloatcheck.config.approvals import Approval, is_growth
from bloatcheck.config.grammar import COMMAND
from bloatcheck.policy.approval import ApprovalUse, Standing, approved, weigh
from bloatcheck.policy.model import Level
from bloatcheck.policy.told import ceiling, given_by
from bloatcheck.report.model import ImageReport, Report
from bloatcheck.units import format_bytes

CHANGES_TOLD = "This change also changes the rules that it is judged by:"
_LONGEST_REASON = 300
_ICONS = {Standing.APPLIED: "☑️", Standing.EXPIRED: "⌛", Standing.EXCEEDED: "⚠️"}


def with_approvals(report: Report, approvals: Sequence[Approval], *, today: date) -> Report:
    """The report with these approvals weighed too: of legs that were judged before they were given."""
    return replace(
        report, images=tuple(_with_approvals(image, approvals, today=today) for image in report.images)
    )


def _with_approvals(image: ImageReport, approvals: Sequence[Approval], *, today: date) -> ImageReport:
    if image.diff is None:
        return image
    known = {use.approval for use in image.approvals}
    new = [approval for approval in approvals if approval not in known]
    uses = weigh(image.diff, image.findings, new, today=today)
    left = tuple(finding for finding in image.findings if finding not in approved(uses))
    return replace(image, findings=left, approvals=(*image.approvals, *uses))


def icon(use: ApprovalUse) -> str:
    """What stands before the sentence, where there are icons."""
    return _ICONS[use.standing]


def use_sentence(use: ApprovalUse) -> str:
    """To follow the image's name: `content-growth is approved up to 240 MB (Ada, by a label): because …`."""
    approval = use.approval
    who = f"{ceiling(approval)} ({given_by(approval)})"
    if use.standing is Standing.APPLIED:
        metrics = list(dict.fromkeys(finding.metric.value for finding in use.findings))
        verb = "is" if len(metrics) == 1 else "are"
        return f"{_and(metrics)} {verb} approved {who}{_why(approval)}"
    if use.standing is Standing.EXPIRED:
        return f"is no longer approved: {who} has expired"
    return f"is larger than what is approved: {who}"


def approving_comment(report: Report) -> str | None:
    """A comment that would approve the first image that fails by its growth alone; None where none would."""
    command, commit = report.approve_by.command, report.origin.commit
    if command is None or commit is None or not re.fullmatch(COMMAND, command):
        return None
    for image in report.images:
        if image.diff and image.diff.after and _growth_alone(image):
            size = _rounded_up(image.diff.after.content_size)
            return f"{command} {commit} {image.name} up to {size} because …"
    return None


def approving_label(report: Report) -> str | None:
    """The label that would approve; None where none would."""
    return report.approve_by.label if any(map(_growth_alone, report.images)) else None


def _growth_alone(image: ImageReport) -> bool:
    failing = [finding for finding in image.findings if finding.level is Level.FAIL]
    return bool(failing) and all(is_growth(finding.metric) for finding in failing)


def _rounded_up(size: int) -> str:
    """Three digits as everywhere, but never less than the size."""
    step = 10 ** max(0, len(str(size)) - 3)
    return format_bytes(-(-size // step) * step)


def _why(approval: Approval) -> str:
    return f", because {approval.because[:_LONGEST_REASON]}" if approval.because else ""


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
