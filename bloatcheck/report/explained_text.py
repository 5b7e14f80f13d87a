"""All that an image holds, for a terminal: its layers, causes, packages, files, waste, and what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bloatcheck.analysis.contents import Cause, Contents, Share
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.analysis.tree import Hiding
from bloatcheck.report.advice_text import advised, text_elsewhere, text_heading
from bloatcheck.report.columns import aligned
from bloatcheck.report.figures import count
from bloatcheck.report.inspection import DEFAULT_WIDTH, efficiency, finished, heading, layer_table
from bloatcheck.report.paint import Paint, Tone, unpainted
from bloatcheck.report.plain import Plain, harmless
from bloatcheck.report.why import MANAGERS
from bloatcheck.units import format_bytes

if TYPE_CHECKING:
    from bloatcheck.analysis.advice import Advice
    from bloatcheck.analysis.dive import DiveFigures
    from bloatcheck.analysis.executable import CheckedExecutables
    from bloatcheck.analysis.pull_size import PullSize
    from bloatcheck.analysis.start_problem import StartProblem

FEW = 8
_MOST = 50
"""Executables that won't start."""
_HOW = {
    Hiding.OVERWRITTEN: "overwritten",
    Hiding.DELETED: "deleted",
    Hiding.METADATA: "rewritten with the same content",
}


def render_explained(
    snapshot: ImageSnapshot,
    *,
    dive: DiveFigures | None = None,
    advice: Sequence[Advice] = (),
    problems: Sequence[StartProblem] = (),
    executables: CheckedExecutables | None = None,
    pull: PullSize | None = None,
    packages: int = FEW,
    files: int = FEW,
    width: int = DEFAULT_WIDTH,
    paint: Paint = unpainted,
) -> str:
    """One image, explained; at most so many packages and files.

    `problems` say why it won't start, `executables` what else in it won't.
    """
    contents = snapshot.contents
    parts: list[Plain] = [heading(snapshot, pull, paint)]
    if snapshot.layers:
        parts.append(layer_table(snapshot, pull, width, paint))
    if contents:
        parts += _contents(snapshot, contents, (packages, files), width, paint)
    if dive:
        parts.append(_wrapped(efficiency(dive), width))
    parts += [_toned(f"It won't start: {_told(problem)}", width, paint, Tone.BAD) for problem in problems]
    if executables:
        parts.append(_executables(executables, width))
    if advice:
        parts += _advice(advice, width, paint)
    return finished("\n\n".join(parts))


def _contents(
    snapshot: ImageSnapshot, contents: Contents, most: tuple[int, int], width: int, paint: Paint
) -> Iterable[Plain]:
    packages, files = most
    shares = [(format_bytes(share.size), _share(share, snapshot)) for share in contents.shares]
    if shares:
        yield aligned([("SIZE", "WHAT IT IS"), *shares], ">*", width, paint)
    if contents.packages and packages:
        yield _packages(snapshot, contents, packages, width, paint)
    if contents.files and files:
        listed = [
            (
                format_bytes(file.size),
                _line(snapshot, file.layer),
                str(file.made_at or ""),
                f"/{file.path}",
            )
            for file in contents.files[:files]
        ]
        yield aligned([("SIZE", "LAYER", "MADE AT", "OWN FILE"), *listed], "><~~", width, paint)
    if contents.wasted:
        yield _wrapped(_wasted(contents), width)
        hidden = [
            (
                format_bytes(file.size),
                _line(snapshot, file.layer),
                _HOW[file.how],
                _line(snapshot, file.by),
                f"/{file.path}",
            )
            for file in contents.hidden[: max(files, 1)]
        ]
        yield aligned([("SIZE", "LAYER", "WASTED", "BY", "FILE"), *hidden], "><<<~", width, paint)


def _packages(snapshot: ImageSnapshot, contents: Contents, most: int, width: int, paint: Paint) -> Plain:
    lines = [
        (
            format_bytes(package.size),
            package.manager,
            package.name,
            package.version,
            "base" if package.base else _line(snapshot, package.layer),
            ""
            if package.asked_for is not False
            else f"for {', '.join(package.needed_by[:2])}".removesuffix("for "),
        )
        for package in contents.packages[:most]
    ]
    table = aligned([("SIZE", "BY", "PACKAGE", "VERSION", "LAYER", "WHY"), *lines], "><~~<*", width, paint)
    more = len(contents.packages) - most
    if more <= 0:
        return table
    rest = sum(package.size for package in contents.packages[most:])
    return Plain(f"{table}\n  and {count(more, 'more package')}, {format_bytes(rest)} in all")


def _share(share: Share, snapshot: ImageSnapshot) -> str:
    if share.cause is Cause.BASE:
        return f"the base image {snapshot.base.name}" if snapshot.base else "the base image"
    what = MANAGERS.get(share.manager or "", f"{share.manager} packages") if share.manager else "own files"
    noise = f", of it {format_bytes(share.noise)} caches, logs and databases" if share.noise else ""
    return f"{what}{noise}"


def _wasted(contents: Contents) -> str:
    by_cause = [
        (sum(layer.overwritten for layer in contents.layers), "overwritten"),
        (sum(layer.deleted for layer in contents.layers), "deleted"),
        (sum(layer.metadata for layer in contents.layers), "rewritten with the same content"),
    ]
    told = ", ".join(f"{format_bytes(size)} {how}" for size, how in by_cause if size)
    wasted = f"{format_bytes(contents.wasted)} can't be seen in the image"
    return f"{wasted}: {told} by later layers." if told else f"{wasted}."


def _executables(checked: CheckedExecutables, width: int) -> Plain:
    all_of_them = count(checked.count, "executable")
    if not checked.problems:
        return Plain(f"{all_of_them} checked: nothing was found that keeps one from starting.")
    listed = [_wrapped(f"- {_told(problem)} [{problem.id}]", width) for problem in checked.problems[:_MOST]]
    more = len(checked.problems) - len(listed)
    if more > 0:
        listed.append(Plain(f"  and {more:,} more"))
    failing = len({problem.path for problem in checked.problems})
    return Plain("\n".join((f"{all_of_them} checked, {failing:,} won't start:", *listed)))


def _told(problem: StartProblem) -> str:
    return " ".join(filter(None, (problem.message, problem.hint)))


def _advice(advice: Sequence[Advice], width: int, paint: Paint) -> Iterable[Plain]:
    total = sum(each.saves or 0 for each in advice)
    saved = f", {format_bytes(total)} in all" if total else ""
    yield Plain(paint(f"{count(len(advice), 'way')} to make it smaller{saved}:", Tone.STRONG))
    for each in advice:
        text = [_wrapped(f"- {advised(each)}", width)]
        if each.replacement:
            lines = "\n".join(f"      {harmless(line)}" for line in each.replacement.splitlines())
            text.append(Plain(f"    {harmless(text_heading(each))}:\n{lines}"))
        elif elsewhere := text_elsewhere(each):
            text.append(Plain(f"    {harmless(elsewhere)}"))
        yield Plain("\n".join(text))


def _line(snapshot: ImageSnapshot, number: int | None) -> str:
    """Where a layer comes from: its line, else its number, counted from 1."""
    layer = snapshot.layer_at(number)
    if layer is None or number is None:
        return ""
    return str(layer.place) if layer.place else str(number + 1)


def _toned(text: str, width: int, paint: Paint, tone: Tone) -> Plain:
    return Plain(paint(_wrapped(text, width), tone))


def _wrapped(text: str, width: int) -> Plain:
    lines = textwrap.wrap(
        harmless(text), width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return Plain("\n".join(lines))
