"""The figures of a run for machines: in the JSON report, and as outputs of the action."""

from __future__ import annotations

from dataclasses import dataclass

from bloatcheck.diff.model import ImageChange
from bloatcheck.policy.model import Outcome
from bloatcheck.report.model import ImageReport, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFigures:
    """One image: bytes before and after, `percent` of before.

    What isn't known or has no meaning is None; `change` is None for an image that failed.
    """

    name: str
    platform: str | None
    verdict: Outcome
    change: ImageChange | None
    before: int | None
    after: int | None
    delta: int | None
    percent: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The whole run.

    The totals are over every image that was compared, or is new (nothing before) or gone (nothing after), so
    that `total_delta` is always `total_after` less `total_before`. Failed and incomparable images count on
    neither side.
    """

    verdict: Outcome
    exit_code: int
    total_before: int
    total_after: int
    total_delta: int
    images: tuple[ImageFigures, ...]


def summarize(report: Report) -> Summary:
    """The figures of this report."""
    images = tuple(map(_figures, report.images))
    counted = [image for image in images if image.change not in (None, ImageChange.INCOMPARABLE)]
    before = sum(image.before or 0 for image in counted)
    after = sum(image.after or 0 for image in counted)
    return Summary(
        verdict=report.outcome,
        exit_code=int(report.exit_code),
        total_before=before,
        total_after=after,
        total_delta=after - before,
        images=images,
    )


def _figures(image: ImageReport) -> ImageFigures:
    diff = image.diff
    return ImageFigures(
        name=image.name,
        platform=image.platform,
        verdict=image.outcome,
        change=diff.change if diff else None,
        before=diff.before.content_size if diff and diff.before else None,
        after=diff.after.content_size if diff and diff.after else None,
        delta=diff.delta if diff else None,
        percent=round(diff.percent, 3) if diff and diff.percent is not None else None,
    )
