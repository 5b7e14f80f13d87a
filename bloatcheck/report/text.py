"""The report, and the comparison of two images, for a terminal: aligned, plain, as wide as asked for.

Comparing two imports no template engine, so that `diff` starts at once.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from bloatcheck.ci.commands import disarm
from bloatcheck.ci.registry import ci_named
from bloatcheck.config.limits import Metric
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Outcome
from bloatcheck.report.advice_text import advised
from bloatcheck.report.approving import approving_comment, approving_label, use_sentence
from bloatcheck.report.columns import aligned
from bloatcheck.report.figures import change, count, told_apart
from bloatcheck.report.fleet import fleet_of, fleet_sentence
from bloatcheck.report.headline import Headline, headline
from bloatcheck.report.inspection import DEFAULT_WIDTH, finished, short_name
from bloatcheck.report.model import ImageReport, Report
from bloatcheck.report.paint import Paint, Tone, unpainted
from bloatcheck.report.plain import Plain, display_width, harmless, harmless_lines, wrapped
from bloatcheck.report.platform_rows import with_worst_platforms
from bloatcheck.report.sentences import troubles
from bloatcheck.report.shared_bases import shared_bases, told_by_another, told_once
from bloatcheck.report.unbuilt import unbuilt_note
from bloatcheck.report.view import (
    FOLD_FROM,
    NOT_OF_A_SIZE,
    Row,
    accepting_command,
    config_path,
    grown_places,
    is_quiet,
    layer_rows,
    layers_summary,
    quiet_layers,
    rows,
    unchanged_images,
)
from bloatcheck.report.why_text import changes_table, reason_list, shared_base_sentence
from bloatcheck.units import format_bytes

_MOST_OUTPUT_LINES = 30
_MOST_ADVICE = 3
_MOST_PLACES = 3
_MOST_DETAILED = 30
"""Images whose layers are listed, the most important ones; a log of thousands of lines is read by nobody."""

_TONES = {"❌": Tone.BAD, "⚠️": Tone.CAUTION, "✅": Tone.GOOD}
_OUTCOME_TONES = {
    Outcome.PASS: Tone.GOOD,
    Outcome.WARN: Tone.CAUTION,
    Outcome.FAIL: Tone.BAD,
    Outcome.ERROR: Tone.BAD,
}


def render_text(report: Report, *, width: int = DEFAULT_WIDTH, paint: Paint = unpainted) -> str:
    """The whole report. No line of it is a workflow command, whatever the images are called."""
    from bloatcheck.report.templates import render_plain  # noqa: PLC0415 - inspect and diff don't need it

    report = with_worst_platforms(report)
    everything = rows(report)
    folds = len(everything) > FOLD_FROM
    quiet = [row for row in everything if folds and is_quiet(row.image)]
    loud = [row for row in everything if not (folds and is_quiet(row.image))]
    told = headline(report)
    shared = shared_bases(report.images)
    told_bases = told_once(shared)
    repeated = told_by_another(shared, [(row.image.name, row.image.platform) for row in loud])
    return finished(
        render_plain(
            "report.txt.j2",
            headline=_headline(told, width, paint),
            table=_table(loud, width, paint) if loud else None,
            changes=[_wrapped(f"  - {change.sentence}", width) for change in report.changes],
            quiet=_wrapped(unchanged_images([row.image for row in quiet], "more image"), width, indent="  ")
            if quiet
            else None,
            troubles=[_wrapped(shared_base_sentence(each), width) for each in shared]
            + [
                _wrapped(trouble, width)
                for row in loud
                for trouble in troubles(row.image, short_name(row.name))
            ],
            approvals=[
                _wrapped(f"{short_name(row.name)} {use_sentence(use)}", width)
                for row in loud
                for use in row.image.approvals
            ],
            remedies=_remedies(report, width),
            notes=[
                _wrapped(text, width)
                for text in (
                    fleet_sentence(fleet_of(report.images)),
                    *(f"Note: {note}" for note in report.notes),
                )
                if text
            ],
            details=[
                detail
                for row in loud[:_MOST_DETAILED]
                for detail in _details(
                    row,
                    width,
                    paint,
                    base_is_told=(row.image.name, row.image.platform) in told_bases,
                    told_by_another=(row.image.name, row.image.platform) in repeated,
                )
            ],
            undetailed=_wrapped(
                f"The layers of {count(len(loud) - _MOST_DETAILED, 'more image')} are in the JSON report.",
                width,
            )
            if len(loud) > _MOST_DETAILED
            else None,
            rules_changed=_wrapped("This change also changes the rules that it is judged by:", width),
            compared_with=_wrapped(
                f"Compared with {report.baseline}." if report.baseline else "No baseline to compare with.",
                width,
            ),
        )
    )


def render_diff(
    diff: ImageDiff,
    *,
    packages: int = 0,
    files: int = 0,
    width: int = DEFAULT_WIDTH,
    paint: Paint = unpainted,
) -> str:
    """The comparison of two images: sizes, why they differ, and the layers that changed, largest first.

    At most so many packages and files; none where nobody knows what the images hold.
    """
    told = _wrapped(f"{short_name(diff.name)} ({diff.platform}): {_sizes(diff)}", width)
    parts = [_strong(told, paint)]
    if diff.incomparable_because:
        parts.append(_wrapped(f"Not comparable: {diff.incomparable_because}", width))
    if why := _why(diff, width):
        parts.append(why)
    parts += [
        Plain(part) for part in (_layers(diff, width, paint), _wrapped(quiet_layers(diff), width)) if part
    ]
    parts += changes_table(diff, packages=packages, files=files, width=width, paint=paint)
    return finished("\n\n".join(parts))


def _wrapped(text: str, width: int, indent: str = "") -> Plain:
    return Plain(wrapped(harmless(text), width, first=indent, indent=" " * (len(indent) or 2)))


def _headline(told: Headline, width: int, paint: Paint) -> Plain:
    text = _wrapped(told.pattern.format(*map(short_name, told.names)), width)
    # Before there is colour at the start of a line, behind which nobody would look for a command.
    return Plain(paint("\n".join(map(disarm, text.split("\n"))), _TONES[told.icon]))


def _strong(text: str, paint: Paint) -> Plain:
    """What a block is about. Disarmed before there is colour at the start of a line."""
    return Plain(paint("\n".join(map(disarm, text.split("\n"))), Tone.STRONG))


def _table(shown: Sequence[Row], width: int, paint: Paint) -> Plain:
    head = ("IMAGE", "BEFORE", "AFTER", "CHANGE", "%", "VERDICT")
    lines = (
        (short_name(row.name), row.before, row.after, row.delta, row.percent, row.verdict) for row in shown
    )
    heading, *drawn = aligned([head, *lines], "~>>>><", width, paint, spare=(4, 1, 2)).split("\n")
    table = "\n".join(
        (heading, *(_verdict(row, line, paint) for row, line in zip(shown, drawn, strict=True)))
    )
    unbuilt = unbuilt_note(row.image for row in shown)
    return Plain(f"{table}\n{_wrapped(unbuilt, width, indent='  ')}" if unbuilt else table)


def _verdict(row: Row, line: str, paint: Paint) -> str:
    """The row's line, its verdict in the verdict's colour."""
    verdict = harmless(row.verdict)
    if not verdict or not line.endswith(verdict):
        return line
    return line.removesuffix(verdict) + paint(verdict, _OUTCOME_TONES[row.image.outcome])


def _remedies(report: Report, width: int) -> list[Plain]:
    broken = [image for image in report.images if image.findings]
    metrics = list(dict.fromkeys(finding.metric for image in broken for finding in image.findings))
    if not metrics:
        return []
    places = ", ".join(map(str, grown_places(broken)[:_MOST_PLACES]))
    choices: list[str | Plain] = []
    if any(metric not in NOT_OF_A_SIZE for metric in metrics):
        choices.append(f"make {places or 'it'} smaller")
    if Metric.LAYERS in metrics:
        choices.append("join instructions into fewer layers")
    if command := accepting_command(report):
        choices.append(_wrapped_command("  - accept the growth: ", command, width))
    request = ci_named(report.origin.forge).words.request
    if label := approving_label(report):
        choices.append(f"set the label {harmless(label)} on the {request}, if you may write there")
    if comment := approving_comment(report):
        choices.append(f"comment on the {request}, if you may write there: {harmless(comment)}")
    file = harmless(config_path(report)) + (" on the base branch" if report.judged_by_base else "")
    if Metric.FORBIDDEN in metrics:
        choices += ["keep what is forbidden out of the image", f"allow it under forbidden in {file}"]
    if limits := [metric.value for metric in metrics if metric is not Metric.FORBIDDEN]:
        choices.append(f"raise {', '.join(limits)} in {file}")
    return [
        choice if isinstance(choice, Plain) else _wrapped(choice, width, indent="  - ") for choice in choices
    ]


def _wrapped_command(before: str, command: str, width: int) -> Plain:
    """To paste as it stands: what doesn't fit goes on behind a backslash."""
    words = [shlex.quote(harmless(word)) for word in shlex.split(command)]
    if display_width(before + shlex.join(shlex.split(command))) <= width:
        return Plain(before + " ".join(words))
    lines = [""]
    for word in words:
        if lines[-1] and display_width(f"      {lines[-1]} {word} \\") > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return Plain("\n".join((before.rstrip(), " \\\n".join(f"      {line}" for line in lines))))


def _details(
    shown: Row, width: int, paint: Paint, *, base_is_told: bool, told_by_another: bool
) -> list[Plain]:
    image, name = shown.image, short_name(shown.name)
    blocks = []
    if image.failure and image.failure.output:
        tail = harmless_lines(image.failure.output[-_MOST_OUTPUT_LINES:])
        blocks.append("\n".join((f"{name}, the last output:", *(f"  | {line}" for line in tail))))
    diff = None if told_by_another else image.diff
    if diff and diff.after and (layers := _layers(diff, width, paint)):
        quiet = quiet_layers(diff)
        rest = f"\n{_wrapped(quiet, width, indent='  ')}" if quiet else ""
        heading = _wrapped(f"{name}: {layers_summary(diff)}", width)
        why = _why(diff, width, base_is_told=base_is_told)
        blocks.append("\n".join(filter(None, (heading, why, f"{layers}{rest}"))))
    if image.advice:
        blocks.append(_advice(image, name, width))
    return [Plain(block) for block in blocks]


def _advice(image: ImageReport, name: str, width: int) -> str:
    """The advice that saves most; inspect tells all of it, with the text to paste."""
    total = sum(each.saves or 0 for each in image.advice)
    saves = f", by {format_bytes(total)}" if total else ""
    lines: list[str] = [
        _wrapped(f"{name}: {count(len(image.advice), 'way')} to make it smaller{saves}", width)
    ]
    lines += [_wrapped(advised(each), width, indent="  - ") for each in image.advice[:_MOST_ADVICE]]
    if (more := len(image.advice) - _MOST_ADVICE) > 0:
        lines.append(f"  and {more:,} more")
    return "\n".join(lines)


def _why(diff: ImageDiff, width: int, *, base_is_told: bool = False) -> Plain | None:
    told = [_wrapped(reason, width, indent="  - ") for reason in reason_list(diff, base_is_told=base_is_told)]
    return Plain("\n".join(told)) if told else None


def _layers(diff: ImageDiff, width: int, paint: Paint) -> str:
    """The layers as aligned lines; empty where none is worth a line."""
    layers = layer_rows(diff)
    if not layers:
        return ""
    rows_of = [(str(layer.place or ""), layer.instruction or "(no history)") for layer in layers]
    if diff.delta is None:
        lines = [(layer.after, *what) for layer, what in zip(layers, rows_of, strict=True)]
        return aligned([("SIZE", "LINE", "INSTRUCTION"), *lines], ">~*", width, paint, spare=(1,))
    compared = [
        (layer.delta, layer.before, layer.after, *what) for layer, what in zip(layers, rows_of, strict=True)
    ]
    return aligned(
        [("CHANGE", "BEFORE", "AFTER", "LINE", "INSTRUCTION"), *compared],
        ">>>~*",
        width,
        paint,
        spare=(1, 2, 3),
    )


def _sizes(diff: ImageDiff) -> str:
    if diff.before and diff.after:
        before, after = told_apart(diff.before.content_size, diff.after.content_size)
        told = "" if diff.delta is None else f", {change(diff.delta, diff.before.content_size)}"
        return f"{before} before, {after} after{told}"
    return layers_summary(diff)
