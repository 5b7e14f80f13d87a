"""A report that somebody else wrote, cut down to what may be shown in our name."""

from __future__ import annotations

from dataclasses import replace

from bloatcheck.report.model import ImageReport, Origin, Report


def trusted(report: Report, *, tool: str, created_at: str, key: str, origin: Origin) -> Report:
    """The images of the report, in a frame of our own.

    What says where a report is from, what it is compared with, and whose comment it becomes is the caller's.
    What speaks to the reader in our name goes: notes, hints, accepted limits, and every field that a later
    version adds, until it is named here. Figures, instructions and a failure's message and output stay; they
    are shown as what they are, text of others.
    """
    return Report(
        tool=tool,
        created_at=created_at,
        key=key,
        origin=origin,
        baseline=report.baseline,
        enforced=report.enforced,
        images=tuple(map(_shown, report.images)),
    )


def _shown(image: ImageReport) -> ImageReport:
    return ImageReport(
        name=image.name,
        platform=image.platform,
        diff=image.diff,
        failure=replace(image.failure, hint=None) if image.failure else None,
        findings=image.findings,
        dockerfile=image.dockerfile,
        incomparable=image.incomparable,
    )
