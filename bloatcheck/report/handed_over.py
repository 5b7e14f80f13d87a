"""A report that somebody else wrote, cut down to what may be shown in our name."""

from __future__ import annotations

from dataclasses import replace

from bloatcheck.report.model import ImageReport, Origin, Report

_MOST_CHANGES = 20


def trusted(report: Report, *, tool: str, created_at: str, key: str, origin: Origin) -> Report:
    """The images of the report, in a frame of our own.

    What says where a report is from and whose comment it becomes is the caller's. What speaks to the reader
    in our name goes: notes, hints, approvals and accepted limits, and every field that a later version adds,
    until it is named here. Figures, instructions and a failure's message and output stay; they are shown as
    what they are, text of others. What the change does to the rules stays too, as a quotation: a reviewer
    has to see it, and who leaves it out of a report could have left out anything.
    """
    return Report(
        tool=tool,
        created_at=created_at,
        key=key,
        origin=origin,
        baseline=report.baseline,
        enforced=report.enforced,
        changes=tuple(
            replace(change, sentence=_quoted(change.sentence)) for change in report.changes[:_MOST_CHANGES]
        ),
        images=tuple(map(_shown, report.images)),
    )


def _quoted(text: str) -> str:
    """One code span, wherever it is put into a sentence."""
    return f"`{text.replace('`', ' ').strip() or '?'}`"


def _shown(image: ImageReport) -> ImageReport:
    return ImageReport(
        name=image.name,
        platform=image.platform,
        diff=image.diff,
        failure=replace(image.failure, hint=None) if image.failure else None,
        findings=image.findings,
        dockerfile=image.dockerfile,
        incomparable=image.incomparable,
        limits=image.limits,
    )
