"""CSV with one row per image. Sizes are bytes; what isn't known is empty."""

from __future__ import annotations

from collections.abc import Iterator

from bloatcheck.report.exports.table import table
from bloatcheck.report.model import ImageReport, Report
from bloatcheck.report.summary import ImageFigures, summarize

_HEAD = (
    *("image", "platform", "verdict", "change", "before", "after", "delta", "percent"),
    *("layers", "compressed", "wasted", "build_seconds", "broken_limits", "failure"),
)


def render(report: Report) -> str:
    """The table, in the report's order."""
    return table(_HEAD, _rows(report))


def _rows(report: Report) -> Iterator[tuple[str | float | None, ...]]:
    for image, figures in zip(report.images, summarize(report).images, strict=True):
        yield (*_compared(figures), *_measured(image))


def _compared(figures: ImageFigures) -> tuple[str | float | None, ...]:
    return (
        figures.name,
        figures.platform,
        figures.verdict.value,
        figures.change.value if figures.change else None,
        figures.before,
        figures.after,
        figures.delta,
        figures.percent,
    )


def _measured(image: ImageReport) -> tuple[str | float | None, ...]:
    after = image.diff.after if image.diff else None
    return (
        len(after.layers) if after else None,
        after.compressed_size if after and after.layers else None,
        after.contents.wasted if after and after.contents else None,
        after.build_seconds if after else None,
        " ".join(dict.fromkeys(finding.metric.value for finding in image.findings)),
        image.failure.message if image.failure else None,
    )
