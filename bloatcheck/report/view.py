"""A report as it is shown: which rows, in which order, in which words. Shared by text and markdown."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bloatcheck.config.grammar import IMAGE_NAME
from bloatcheck.config.limits import Metric
from bloatcheck.config.model import PlatformRows
from bloatcheck.diff.model import ImageChange, ImageDiff, LayerChange, LayerDiff
from bloatcheck.errors import Place
from bloatcheck.policy.acceptance import GROWTH
from bloatcheck.policy.approval import Standing
from bloatcheck.policy.model import Finding, Level, Outcome
from bloatcheck.report.figures import change, count, percent, told_apart
from bloatcheck.report.model import ImageReport, Report
from bloatcheck.units import format_bytes, format_delta

NOTHING = "–"
"""Stands where there is no figure."""

FOLD_FROM = 8
"""With more images than this, the unchanged ones are folded into one line."""


DEFAULT_CONFIG = ".bloatcheck.yml"
_MOST_NAMES = 3
"""With more names than this a command is told for all images."""

NOT_OF_A_SIZE = frozenset({Metric.LAYERS, Metric.FORBIDDEN})
"""Metrics that no smaller layer makes good."""


_RANKS = {
    ImageChange.NEW: 4,
    ImageChange.CHANGED: 3,
    ImageChange.GONE: 2,
    ImageChange.INCOMPARABLE: 1,
    ImageChange.UNCHANGED: 0,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One image in the table. Name, platform and a failure's `verdict` are foreign text."""

    image: ImageReport
    name: str
    before: str
    after: str
    delta: str
    percent: str
    icon: str
    verdict: str


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer in an image's details. `word` says what happened to it; the instruction is foreign text."""

    word: str
    before: str
    after: str
    delta: str
    instruction: str
    place: Place | None


def rows(report: Report) -> tuple[Row, ...]:
    """Every image, the most important first."""
    names = Counter(image.name for image in report.images)
    images = sorted(report.images, key=importance, reverse=True)
    worst = report.platform_rows is PlatformRows.WORST
    return tuple(_row(image, ambiguous=names[image.name] > 1, worst=worst) for image in images)


def importance(image: ImageReport) -> tuple[int, int]:
    """What a reader wants to see first: failures, broken limits, then news; the larger before the smaller.

    A broken limit weighs by the bytes above it, anything else by the bytes that changed.
    """
    rank = {Outcome.ERROR: 7, Outcome.FAIL: 6, Outcome.WARN: 5}.get(image.outcome)
    if image.diff is None:
        return rank or 0, 0
    if rank is None:
        rank = 0 if image.diff.delta == 0 or image.diff.is_noise else _RANKS[image.diff.change]
    excess = [finding.excess for finding in image.findings if finding.metric is not Metric.LAYERS]
    return rank, max(excess, default=_bytes_changed(image.diff))


def is_quiet(image: ImageReport) -> bool:
    """Nothing to say: as large as before, or as near as two builds come, and no limit broken."""
    if image.outcome is not Outcome.PASS or image.diff is None:
        return False
    return image.diff.delta == 0 or image.diff.is_noise


def unchanged_images(quiet: Sequence[ImageReport], what: str = "image") -> str:
    """`12 images unchanged, 11 of them not built`: what stands in the place of quiet rows."""
    unbuilt = sum(image.unbuilt is not None for image in quiet)
    told = f"{count(len(quiet), what)} unchanged"
    if not unbuilt:
        return told
    return f"{told} and not built" if unbuilt == len(quiet) else f"{told}, {unbuilt:,} of them not built"


def layer_rows(diff: ImageDiff) -> tuple[LayerRow, ...]:
    """The layers worth showing, the largest change first: those whose size changed.

    Where there are no pairs (a new, gone or incomparable image), the layers that hold files.
    """
    if diff.delta is None:
        side = diff.after or diff.before
        layers = sorted(side.layers if side else (), key=lambda layer: -layer.content_size)
        return tuple(
            LayerRow("", "", format_bytes(layer.content_size), "", layer.instruction, layer.place)
            for layer in layers
            if layer.content_size
        )
    changed = sorted((layer for layer in diff.layers if layer.delta), key=lambda layer: -abs(layer.delta))
    return tuple(map(_layer_row, changed))


def quiet_layers(diff: ImageDiff) -> str:
    """What `layer_rows` leaves out: `5 layers are unchanged, 1 was rebuilt at the same size`; or nothing."""
    if diff.delta is None:
        return ""
    unchanged = sum(layer.change is LayerChange.UNCHANGED for layer in diff.layers)
    rebuilt = sum(layer.change is LayerChange.REBUILT for layer in diff.layers)
    empty = sum(not layer.delta for layer in diff.layers) - unchanged - rebuilt
    told = [
        (unchanged, "unchanged"),
        (rebuilt, "rebuilt at the same size"),
        (empty, "added or removed without any files"),
    ]
    parts = [f"{count(number, 'layer')} {what}" for number, what in told if number]
    return ", ".join(parts)


def culprit(diff: ImageDiff | None) -> LayerDiff | None:
    """The layer that grew most, the first of several; None where none did."""
    grown = [layer for layer in diff.layers if layer.delta > 0] if diff and diff.delta is not None else []
    return max(grown, key=lambda layer: layer.delta, default=None)


def blame(finding: Finding, image: ImageReport) -> tuple[str, LayerRow] | None:
    """The layer behind an image's growth, and in words how much of it; for findings about that growth.

    None where a finding of its own tells of that layer anyway.
    """
    layer = culprit(image.diff) if finding.metric is Metric.CONTENT_GROWTH else None
    if layer is None:
        return None
    shown = _layer_row(layer)
    told = {(each.instruction, each.place) for each in image.findings if each.metric is Metric.LAYER_GROWTH}
    if (shown.instruction, shown.place) in told:
        return None
    return ("most of it" if 2 * layer.delta >= finding.actual else "the largest part"), shown


def grown_places(images: Iterable[ImageReport]) -> tuple[Place, ...]:
    """The line that grew most in each image, each line once."""
    layers = filter(None, (culprit(image.diff) for image in images))
    return tuple(dict.fromkeys(layer.after.place for layer in layers if layer.after and layer.after.place))


def layers_summary(diff: ImageDiff) -> str:
    """`1 of 5 layers changed in size, +12.4 MB (+16.9 %)`; without a comparison `52.8 MB in 3 layers`."""
    if diff.delta is None or diff.before is None:
        side = diff.after or diff.before
        size, layers = (side.content_size, len(side.layers)) if side else (0, 0)
        what = "" if diff.change is ImageChange.INCOMPARABLE else f"{diff.change.value}, "
        return f"{what}{format_bytes(size)} in {count(layers, 'layer')}"
    changed = sum(layer.delta != 0 for layer in diff.layers)
    told = f"{changed} of {count(len(diff.layers), 'layer')} changed in size"
    return f"{told}, {change(diff.delta, diff.before.content_size)}"


def config_path(report: Report) -> str:
    """The file that the limits stand in."""
    return report.config or DEFAULT_CONFIG


def accepting_command(report: Report) -> str | None:
    """What makes today's sizes the new baseline; None where that would not mend a broken limit."""
    if report.judged_by_base:
        return None
    grown = [image.name for image in report.images if _baseline_mends(image)]
    if not grown:
        return None
    names = tuple(dict.fromkeys(grown))
    # What is named is renewed however little it moved. A name that no configuration can have was made up to
    # stand in a command that people copy.
    plain = all(re.fullmatch(IMAGE_NAME, name) for name in names)
    named = names if plain and len(names) <= _MOST_NAMES else ("*",)
    options = [f" --image {shlex.quote(name)}" for name in named]
    if config_path(report) != DEFAULT_CONFIG:
        options.insert(0, f" --config {shlex.quote(config_path(report))}")
    return f"bloatcheck baseline update{''.join(options)}"


def _baseline_mends(image: ImageReport) -> bool:
    """A baseline accepts growth; an absolute limit that fails the job stands whatever the baseline holds."""
    metrics = {finding.metric for finding in image.findings}
    failing = {finding.metric for finding in image.findings if finding.level is Level.FAIL}
    return bool(metrics & GROWTH) and failing <= GROWTH


def _bytes_changed(diff: ImageDiff) -> int:
    if diff.delta is not None:
        return abs(diff.delta)
    side = diff.after or diff.before
    return side.content_size if side else 0


def _row(image: ImageReport, *, ambiguous: bool, worst: bool) -> Row:
    before, after, delta, share = _figures(image.diff)
    icon, verdict = _verdict(image)
    name = f"{image.name} ({image.platform})" if ambiguous and image.platform else image.name
    if worst and not ambiguous and len(image.platforms) > 1:
        name = f"{image.name} ({image.platform}, worst of {len(image.platforms)} platforms)"
    return Row(image, name, before, after, delta, share, icon, verdict)


def _figures(diff: ImageDiff | None) -> tuple[str, str, str, str]:
    if diff is None:
        return NOTHING, NOTHING, NOTHING, ""
    if diff.before is None or diff.after is None:
        before = format_bytes(diff.before.content_size) if diff.before else NOTHING
        after = format_bytes(diff.after.content_size) if diff.after else NOTHING
        return before, after, NOTHING, ""
    before, after = told_apart(diff.before.content_size, diff.after.content_size)
    if diff.delta is None:
        return before, after, NOTHING, ""
    share = percent(diff.percent) if diff.percent else ""
    return before, after, format_delta(diff.delta), share


def _verdict(image: ImageReport) -> tuple[str, str]:
    if image.failure:
        return "💥", "no report" if image.failure.stage == "leg" else f"{image.failure.stage} failed"
    if any(finding.level is Level.FAIL for finding in image.findings):
        return "❌", "over the limit"
    if any(not verdict.passed for verdict in image.dive):
        return "❌", "over a limit of dive's"
    if image.problems:
        return "🚫", "won't start"
    if image.incomparable:
        return ("❌" if image.incomparable is Level.FAIL else "⚠️"), "not comparable"
    if image.findings:
        return "⚠️", "over a warning limit"
    if any(use.standing is Standing.APPLIED for use in image.approvals):
        return "☑️", "approved"
    words = {
        ImageChange.NEW: ("🆕", "new"),
        ImageChange.GONE: ("👋", "no longer built"),
        ImageChange.INCOMPARABLE: ("⚠️", "not comparable"),
    }
    if image.diff and image.diff.change in words:
        return words[image.diff.change]
    if image.diff and image.diff.is_noise:
        return "✅", "within its noise"
    return "✅", _quiet_verdict(image)


def _quiet_verdict(image: ImageReport) -> str:
    if image.unbuilt:
        return "not built"
    return "unchanged" if is_quiet(image) else "ok"


def _layer_row(layer: LayerDiff) -> LayerRow:
    shown = layer.after or layer.before
    if layer.before and layer.after:
        before, after = told_apart(layer.before.content_size, layer.after.content_size)
    else:
        before = format_bytes(layer.before.content_size) if layer.before else NOTHING
        after = format_bytes(layer.after.content_size) if layer.after else NOTHING
    return LayerRow(
        word=layer.change.value,
        before=before,
        after=after,
        delta=format_delta(layer.delta),
        instruction=shown.instruction if shown else "",
        # The line of a removed layer is a line of the Dockerfile before.
        place=layer.after.place if layer.after else None,
    )
