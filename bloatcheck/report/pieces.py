"""The parts of a markdown report, each in a fuller and a shorter version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from bloatcheck.analysis.contents import Cause
from bloatcheck.config.limits import Metric
from bloatcheck.diff.model import ImageDiff
from bloatcheck.errors import Place
from bloatcheck.policy.model import Finding, Level, Outcome
from bloatcheck.report.advice_pieces import advice_block, advice_line, dive_lines, problem_lines
from bloatcheck.report.build_reason import build_reason
from bloatcheck.report.escape import (
    LONGEST_CODE,
    LONGEST_NAME,
    Markdown,
    chart,
    code,
    compose,
    drawing,
    fenced,
    link,
    row,
    sentence,
    unbroken,
)
from bloatcheck.report.figures import OF_A_THING, broken_limit, count, over_limit
from bloatcheck.report.fit import Piece
from bloatcheck.report.layer_links import layer_link, place_link
from bloatcheck.report.links import limit_url
from bloatcheck.report.model import Failure, ImageReport, Origin
from bloatcheck.report.shared_bases import SharedBase
from bloatcheck.report.templates import render_markdown
from bloatcheck.report.trend import trend
from bloatcheck.report.unbuilt import unbuilt_line
from bloatcheck.report.view import (
    LayerRow,
    Row,
    blame,
    importance,
    layer_rows,
    layers_summary,
    quiet_layers,
    unchanged_images,
)
from bloatcheck.report.why import Reason, reasons, reasons_of
from bloatcheck.report.why_pieces import cause_line, contents_tables, nested, shared_base_line

_NOTHING = Markdown("")
_MOST_FINDINGS = 5
_FEW_LAYERS = 3
_LONGEST_SUBJECT = 120
_LONGEST_INSTRUCTION = 40
_FEW_OUTPUT_LINES = 8
_QUIET, _DETAIL, _TREND, _ROW, _BROKEN_DETAIL, _REASONS, _NOTE, _BASE, _FINDING, _BROKEN_ROW = range(10)
"""What goes first when there is too much, to what goes last."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How much detail a place has room for: lines before the first fold, layers per image, lines of a failed
    build, charts of how sizes went on; unfolded or not.
    """

    lines: int

    layers: int
    output_lines: int
    trends: int
    unfolded: bool


def table_row(shown: Row, *, percent: bool, bar: str | None) -> Piece:
    """The image's line in the table, with the columns for percentages and bars or without.

    What changed stands first: a phone shows three columns.
    """
    line = row(
        compose("{}\N{NO-BREAK SPACE}{}", shown.icon, code(shown.name, LONGEST_NAME)),
        shown.delta,
        *((shown.percent,) if percent else ()),
        *(shown.before, shown.after),
        *(() if bar is None else (drawing(bar) if bar else _NOTHING,)),
        unbroken(shown.verdict),
    )
    tier = _ROW if shown.image.outcome is Outcome.PASS else _BROKEN_ROW
    return Piece((tier, *importance(shown.image)), (line, _NOTHING))


def bases(shared: Sequence[SharedBase]) -> Iterable[Piece]:
    """The base images that changed under several images, one list item each."""
    for index, each in enumerate(shared):
        yield Piece((_BASE, -index), (shared_base_line(each), _NOTHING))


def troubles(
    shown: Row, origin: Origin, *, base_is_told: bool = False, headlined: Finding | None = None
) -> Iterable[Piece]:
    """What is wrong with the image, as list items: one per broken limit, or why it failed.

    Of the `headlined` finding, whose figures the headline has, only the limit is named.
    """
    image = shown.image
    rank = (_FINDING, *importance(image))
    if image.failure:
        yield Piece(rank, (_failure(shown.name, image.failure, origin), _NOTHING))
    if image.diff and image.diff.incomparable_because:
        icon = "❌" if image.incomparable is Level.FAIL else "⚠️"
        reason = image.diff.incomparable_because
        yield Piece(rank, (_incomparable(icon, shown.name, reason), _NOTHING))
    yield from _findings(shown, origin, base_is_told=base_is_told, headlined=headlined)
    if broken_rules := dive_lines(shown.name, image.dive):
        yield Piece(rank, (broken_rules, _NOTHING))
    if why_not := problem_lines(shown.name, image.problems):
        yield Piece(rank, (why_not, _NOTHING))


def cures(shown: Iterable[Row], origin: Origin) -> Iterable[Piece]:
    """The one advice that saves most in the images with something wrong, as a list item."""
    wrong = [each for each in shown if each.image.outcome is not Outcome.PASS and each.image.advice]
    best = max(wrong, key=lambda each: each.image.advice[0].saves or 0, default=None)
    if best and (line := advice_line(best.name, best.image.advice, origin)):
        yield Piece((_REASONS, *importance(best.image)), (line, _NOTHING))


def _findings(
    shown: Row, origin: Origin, *, base_is_told: bool, headlined: Finding | None
) -> Iterable[Piece]:
    """Each broken limit, and below it what made it break; no cause is told twice."""
    image = shown.image
    found = reasons(image.diff) if image.diff else ()
    if not image.findings and image.diff and image.outcome is not Outcome.PASS:
        changed = [reason for reason in found if reason.delta]
        if why := cause_line(changed, image.diff, origin, base_is_told=base_is_told, line_is_told=False):
            yield Piece((_REASONS, *importance(image)), (nested([why]), _NOTHING))
    told: set[Reason] = set()
    for finding in image.findings[:_MOST_FINDINGS]:
        its = reasons_of(finding, found)
        news = [reason for reason in its if reason not in told]
        told.update(its)
        only_base = base_is_told and bool(its) and all(reason.cause is Cause.BASE for reason in its)
        of_layer = finding.metric is Metric.LAYER_GROWTH
        why = _NOTHING
        if image.diff:
            why = cause_line(news, image.diff, origin, base_is_told=base_is_told, line_is_told=of_layer)
        line = _finding(
            shown.name, finding, image, origin, why=why, in_headline=finding is headlined, only_base=only_base
        )
        yield Piece((_FINDING, *importance(image)), (line, _NOTHING))
    if (more := len(image.findings) - _MOST_FINDINGS) > 0:
        yield Piece((_REASONS, *importance(image)), (compose("- … and {} more", more), _NOTHING))


def details(
    shown: Row, origin: Origin, depth: Depth, *, base_is_told: bool = False, told_by_another: bool = False
) -> Iterable[Piece]:
    """What is folded under the table: the layers that changed, or the last output of a failed build.

    What changed is left out where another image's details say the same.
    """
    image = shown.image
    broken = image.outcome is not Outcome.PASS
    rank = (_BROKEN_DETAIL if broken else _DETAIL, *importance(image))
    unfolded = depth.unfolded and broken
    if image.failure and image.failure.output:
        tails = (image.failure.output[-most:] for most in (depth.output_lines, _FEW_OUTPUT_LINES))
        versions = (
            render_markdown("output.md.j2", name=shown.name, output=fenced(tail), unfolded=unfolded)
            for tail in tails
        )
        yield Piece(rank, (*versions, _NOTHING))
    told = None if told_by_another else image.diff
    if told and told.after and (layers := layer_rows(told)):
        versions = (
            _layers(shown.name, told, layers[:most], len(layers) - most, origin, unfolded=unfolded)
            for most in (depth.layers, _FEW_LAYERS)
        )
        yield Piece(rank, (*versions, _NOTHING))
    if told:
        tables = tuple(contents_tables(shown.name, told, origin, (depth.layers,), base_is_told=base_is_told))
        if tables:
            yield Piece(rank, (*tables, _NOTHING))
    if image.advice:
        lengths = (depth.layers, _FEW_LAYERS)
        blocks = [advice_block(shown.name, image.advice, origin, length) for length in lengths]
        yield Piece((_DETAIL, *importance(image)), (*blocks, _NOTHING))


def quiet_images(shown: Sequence[Row], origin: Origin) -> Iterable[Piece]:
    """The images that did not change, folded into one line."""
    if shown:
        images = [row.image for row in shown]
        summary = unchanged_images(images)
        unbuilt = unbuilt_line(images, origin)
        full = render_markdown("quiet.md.j2", summary=summary, images=shown, unbuilt=unbuilt)
        yield Piece((_QUIET,), (full, sentence(f"{summary}.")))


def trends(shown: Iterable[Row], most: int) -> Iterable[Piece]:
    """How the sizes went on, folded, of the first images for which that says something."""
    told = ((each, found) for each in shown if (found := trend(each.image)))
    for each, found in islice(told, most):
        text = render_markdown(
            "trend.md.j2",
            name=each.name,
            summary=found.summary,
            chart=chart(found.chart),
            caption=found.caption,
        )
        yield Piece((_TREND, *importance(each.image)), (text, _NOTHING))


def notes(texts: Sequence[str]) -> Iterable[Piece]:
    """What the run itself has to say, as list items."""
    for index, text in enumerate(texts):
        yield Piece((_NOTE, -index), (compose("- ℹ️ {}", text), _NOTHING))  # noqa: RUF001 - the sign meant


def _failure(name: str, failure: Failure, origin: Origin) -> Markdown:
    return render_markdown(
        "failure.md.j2",
        name=name,
        done={"build": "built", "read": "read"}.get(failure.stage, "measured"),
        place=place_link(failure.place, origin) if failure.place else None,
        reason=code(reason) if (reason := build_reason(failure.output)) else None,
        message=_full_stop(failure.message),
        hint=_full_stop(failure.hint or ""),
    )


def _full_stop(text: str) -> str:
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?", ":")) else f"{text}."


def _incomparable(icon: str, name: str, reason: str) -> Markdown:
    return compose("- {} {} can't be compared with its baseline: {}", icon, code(name, LONGEST_NAME), reason)


def _finding(
    name: str,
    finding: Finding,
    image: ImageReport,
    origin: Origin,
    *,
    why: Markdown,
    in_headline: bool,
    only_base: bool,
) -> Markdown:
    of_layer, of_thing = finding.metric is Metric.LAYER_GROWTH, finding.metric in OF_A_THING
    return render_markdown(
        "finding.md.j2",
        icon="❌" if finding.level is Level.FAIL else "⚠️",
        name=name,
        metric=link(compose("**{}**", finding.metric.value), limit_url(finding.metric)),
        layer=_place(finding.instruction, finding.place, origin) if of_layer else None,
        subject=code(finding.subject, _LONGEST_SUBJECT) if finding.subject and of_thing else None,
        problem=None if in_headline else _problem(finding),
        source=layer_link(finding.instruction, finding.place, origin) if of_thing and finding.place else None,
        culprit="all of it in the base image" if only_base else _culprit(finding, image, origin),
        why=why,
    )


def _problem(finding: Finding) -> str:
    """What is wrong, less the figures that the image has in the table."""
    in_table = finding.metric is Metric.CONTENT_GROWTH and finding.threshold.noise
    return over_limit(finding, briefly=True) if in_table else broken_limit(finding)


def _place(instruction: str | None, place: Place | None, origin: Origin) -> Markdown:
    """The line; without one, the instruction. The details have both."""
    return place_link(place, origin) if place else layer_link(instruction, None, origin, _LONGEST_INSTRUCTION)


def _culprit(finding: Finding, image: ImageReport, origin: Origin) -> Markdown | None:
    blamed = blame(finding, image)
    if blamed is None or (image.diff and reasons(image.diff)):
        return None
    _, layer = blamed
    return compose("{} in {}", layer.delta, _place(layer.instruction, layer.place, origin))


def _layers(
    name: str, diff: ImageDiff, layers: Sequence[LayerRow], left_out: int, origin: Origin, *, unfolded: bool
) -> Markdown:
    rest = [f"{count(left_out, 'smaller one')} not shown"] if left_out > 0 else []
    rest += [quiet_layers(diff)] if quiet_layers(diff) else []
    return render_markdown(
        "layers.md.j2",
        name=name,
        summary=layers_summary(diff),
        lines=[_layer_line(layer, origin, paired=diff.delta is not None) for layer in layers],
        paired=diff.delta is not None,
        rest="; ".join(rest),
        unfolded=unfolded,
    )


def _layer_line(layer: LayerRow, origin: Origin, *, paired: bool) -> Markdown:
    what = layer_link(layer.instruction, layer.place, origin, LONGEST_CODE)
    return row(layer.delta, what, layer.before, layer.after) if paired else row(layer.after, what)
