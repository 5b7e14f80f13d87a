"""Approvals in words. They hold what people wrote: whoever shows them makes them harmless."""

from __future__ import annotations

from bloatcheck.config.approvals import Approval, ApprovalSource
from bloatcheck.units import format_bytes


def told_approval(approval: Approval) -> str:
    """`api up to 240 MB until 2027-01-31 by Ada because the codecs need ffmpeg`."""
    parts = [approval.image or "every image"]
    if approval.platform:
        parts.append(f"on {approval.platform}")
    if approval.metric:
        parts.append(f"({approval.metric.value})")
    parts.append(ceiling(approval))
    if approval.by:
        parts.append(f"by {approval.by}")
    if approval.because:
        parts.append(f"because {approval.because}")
    return " ".join(parts)


def ceiling(approval: Approval) -> str:
    """`up to 240 MB until 2027-01-31`; `as it was built` where the approval is of one commit."""
    size = "as built" if approval.up_to is None else f"up to {format_bytes(approval.up_to)}"
    return f"{size} until {approval.until}" if approval.until else size


def given_by(approval: Approval) -> str:
    """Who, and where: Ada Lovelace in `.bloatcheck.yml:12`; octo by a label."""
    where = {
        ApprovalSource.CONFIGURATION: f"in `{approval.place}`" if approval.place else "in the configuration",
        ApprovalSource.LABEL: "by a label",
        ApprovalSource.COMMAND: "in a comment",
    }[approval.source]
    return f"{approval.by} {where}" if approval.by else where
