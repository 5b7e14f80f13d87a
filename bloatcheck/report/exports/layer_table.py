"""CSV with one row per layer. Sizes are bytes; what isn't known is empty."""

from __future__ import annotations

from collections.abc import Iterator

from bloatcheck.diff.model import ImageDiff, LayerChange
from bloatcheck.report.exports.table import table
from bloatcheck.report.model import Report

_HEAD = (
    *("image", "platform", "layer", "change", "before", "after", "delta"),
    *("file", "line", "instruction", "diff_id"),
)


def render(report: Report) -> str:
    """The table: images in the report's order, layers from the base up, removed ones where they stood.

    `layer` counts from 1 in the image after.
    """
    return table(_HEAD, (row for image in report.images if image.diff for row in _rows(image.diff)))


def _rows(diff: ImageDiff) -> Iterator[tuple[str | float | None, ...]]:
    if diff.delta is None:
        yield from _of_one_side(diff)
        return
    number = 0
    for pair in diff.layers:
        number += pair.change is not LayerChange.REMOVED
        layer = pair.after or pair.before
        if layer is None:
            continue
        yield (
            diff.name,
            diff.platform,
            number if pair.after else None,
            pair.change.value,
            pair.before.content_size if pair.before else None,
            pair.after.content_size if pair.after else None,
            pair.delta,
            layer.place.file if layer.place else None,
            layer.place.line if layer.place else None,
            layer.instruction,
            layer.diff_id,
        )


def _of_one_side(diff: ImageDiff) -> Iterator[tuple[str | float | None, ...]]:
    """A new, gone or incomparable image has no pairs."""
    side = diff.after or diff.before
    for number, layer in enumerate(side.layers if side else (), start=1):
        size = layer.content_size
        yield (
            diff.name,
            diff.platform,
            number if diff.after else None,
            None,
            None if diff.after else size,
            size if diff.after else None,
            None,
            layer.place.file if layer.place else None,
            layer.place.line if layer.place else None,
            layer.instruction,
            layer.diff_id,
        )
