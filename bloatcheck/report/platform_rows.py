"""One row for an image of several platforms, where the configuration asks for the worst of them only."""

from __future__ import annotations

from dataclasses import replace

from bloatcheck.config.model import PlatformRows
from bloatcheck.report.model import ImageReport, Report
from bloatcheck.report.view import importance


def with_worst_platforms(report: Report) -> Report:
    """As it is shown: of each image the platform that matters most, where that is asked for.

    `platforms` of such a row are those that it stands for. Nothing is judged by what is left.
    """
    if report.platform_rows is not PlatformRows.WORST:
        return report
    together: dict[str, list[ImageReport]] = {}
    for image in report.images:
        together.setdefault(image.name, []).append(image)
    return replace(report, images=tuple(map(_worst, together.values())))


def _worst(images: list[ImageReport]) -> ImageReport:
    return replace(max(images, key=importance), platforms=tuple(str(image.platform) for image in images))
