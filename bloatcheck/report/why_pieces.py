"""Why an image changed, as markdown: the causes that matter, then the packages and files one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bloatcheck.analysis.base_image import BaseChange
from bloatcheck.analysis.contents import Cause
from bloatcheck.analysis.snapshot import LayerSnapshot
from bloatcheck.diff.contents import ContentsDiff, FileDiff, PackageChange, PackageDiff, contents_diff
from bloatcheck.diff.model import ImageDiff
from bloatcheck.report.escape import LONGEST_NAME, Markdown, code, compose, row, sentence
from bloatcheck.report.figures import change, count
from bloatcheck.report.layer_links import layer_link, place_link
from bloatcheck.report.model import Origin
from bloatcheck.report.shared_bases import SharedBase, in_images
from bloatcheck.report.templates import render_markdown
from bloatcheck.report.why import Named, Reason, base_change, moved, reasons
from bloatcheck.units import format_bytes, format_delta

_MOST_NAMES = 3
_FEW_NAMES = 2
_MOST_REASONS_OF_PACKAGE = 2
_FEW_ROWS = 5
_LONGEST_PATH = 120
_SMALLEST = 1_000
"""Bytes below which a package or file is not worth a row, beside larger ones."""


def shared_base_line(shared: SharedBase) -> Markdown:
    """A base image that changed under several images, as one list item."""
    where, names, more = in_images(shared)
    listed = _listed([*(code(name, LONGEST_NAME) for name in names), *([sentence(more)] if more else [])])
    ours = compose("; it is {} of this run", code(shared.ours, LONGEST_NAME)) if shared.ours else ""
    behind = _listed([_named(each, compared=True) for each in shared.names[:_MOST_NAMES]])
    return compose(
        "- 🧱 The base image {}{}: **{}** {} ({}){}",
        _base(shared.change),
        ours,
        format_delta(shared.delta),
        where,
        listed,
        compose(": {}", behind) if behind else "",
    )


def reason_lines(diff: ImageDiff, origin: Origin, most: int, *, base_is_told: bool = False) -> Markdown:
    """The causes that changed most, one nested list item each; empty where none is known.

    Of a base image that is told of elsewhere only the bytes are named.
    """
    found = [reason for reason in reasons(diff) if reason.delta]
    if not found:
        return Markdown("")
    lines = [
        compose("**{}** the base image, as told above", format_delta(reason.delta))
        if base_is_told and reason.cause is Cause.BASE
        else _reason(reason, base_change(diff), origin)
        for reason in found[:most]
    ]
    rest = sum(reason.delta for reason in found[most:])
    if len(found) > most:
        lines.append(compose("{} in {}", format_delta(rest), count(len(found) - most, "smaller cause")))
    return nested(lines)


def cause_line(
    found: Sequence[Reason], diff: ImageDiff, origin: Origin, *, base_is_told: bool, line_is_told: bool
) -> Markdown:
    """The largest cause with its names, the others in short; empty for none.

    `base_is_told` and `line_is_told`: the base image, or the line, is told of already.
    """
    news = [reason for reason in found if not (base_is_told and reason.cause is Cause.BASE)]
    if not news:
        return Markdown("")
    first, *others = news
    if line_is_told:
        first = replace(first, layer=None)
    told = [_reason(first, base_change(diff), origin, most_names=_FEW_NAMES)]
    if others:
        rest = format_delta(sum(reason.delta for reason in others))
        told.append(
            compose("{} {}", rest, others[0].subject)
            if len(others) == 1
            else compose("{} in {}", rest, count(len(others), "smaller cause"))
        )
    if len(news) < len(found):
        base = sum(reason.delta for reason in found if reason.cause is Cause.BASE)
        told.append(compose("{} the base image, as told above", format_delta(base)))
    return compose("; ".join("{}" for _ in told), *told)


def nested(items: Sequence[Markdown]) -> Markdown:
    """As list items, each below the item that stands before them."""
    return compose("\n".join("  - {}" for _ in items), *items)


def contents_tables(
    name: str, diff: ImageDiff, origin: Origin, most: Sequence[int], *, base_is_told: bool = False
) -> Iterable[Markdown]:
    """The causes, and the packages and files that changed, folded, with ever fewer rows; or nothing."""
    changed = contents_diff(diff)
    if changed is None or not (changed.packages or changed.files):
        return
    for rows in (*most, _FEW_ROWS):
        causes = reason_lines(diff, origin, rows, base_is_told=base_is_told)
        yield _contents(name, changed, rows, causes)


def _reason(
    reason: Reason, base: BaseChange | None, origin: Origin, *, most_names: int = _MOST_NAMES
) -> Markdown:
    return render_markdown(
        "reason.md.j2",
        delta=format_delta(reason.delta),
        subject=reason.subject,
        base=_base(base) if base and reason.cause is Cause.BASE else None,
        layer=_layer(reason.layer, origin) if reason.layer else None,
        names=[_named(named, compared=reason.compared) for named in reason.names[:most_names]],
        more=count(len(reason.names) - most_names, "more", "more")
        if len(reason.names) > most_names
        else None,
        compared=reason.compared,
    )


def _listed(items: Sequence[Markdown]) -> Markdown:
    return compose(", ".join("{}" for _ in items), *items)


def _base(base: BaseChange) -> Markdown:
    if base.before.name != base.after.name:
        return compose("{} instead of {}", code(base.after.name), code(base.before.name))
    digests = moved(base)
    if digests is None:
        return compose("{} has moved", code(base.after.name))
    return compose("{} has moved, {} → {}", code(base.after.name), *map(code, digests))


def _layer(layer: LayerSnapshot, origin: Origin) -> Markdown:
    """The line; without one, the instruction."""
    return place_link(layer.place, origin) if layer.place else layer_link(layer.instruction, None, origin)


def _named(named: Named, *, compared: bool) -> Markdown:
    size = format_delta(named.delta) if compared else format_bytes(named.delta)
    what = compose("{} {}", code(named.name, LONGEST_NAME), size)
    return compose("{} ({})", what, named.note) if named.note else what


def _contents(name: str, changed: ContentsDiff, most: int, why: Markdown) -> Markdown:
    packages = [each for each in changed.packages if abs(each.delta) >= _SMALLEST] or list(changed.packages)
    files = [each for each in changed.files if abs(each.delta) >= _SMALLEST] or list(changed.files)
    left_out = len(changed.packages) + len(changed.files) - len(packages[:most]) - len(files[:most])
    told = [(len(changed.packages), "package"), (len(changed.files), "own file")]
    summary = " and ".join(count(number, noun) for number, noun in told if number)
    wasted = changed.wasted_after - changed.wasted_before
    return render_markdown(
        "contents.md.j2",
        name=name,
        summary=f"{summary} changed",
        why=why,
        packages=[_package(each) for each in packages[:most]],
        files=[_file(each) for each in files[:most]],
        rest=f"{count(left_out, 'smaller change')} not shown" if left_out else None,
        wasted=f"{format_bytes(changed.wasted_after)} are wasted, {change(wasted)}" if wasted else None,
    )


def _package(package: PackageDiff) -> Markdown:
    before = package.before.version if package.before else None
    after = package.after.version if package.after else None
    versions = [code(version) for version in dict.fromkeys((before, after)) if version]
    side = package.after or package.before
    words = [] if package.change is PackageChange.CHANGED else [package.change.value]
    if side and side.asked_for is False and side.needed_by:
        words.append(f"for {', '.join(side.needed_by[:_MOST_REASONS_OF_PACKAGE])}")
    return row(
        format_delta(package.delta),
        compose("{} ({})", code(package.name, LONGEST_NAME), package.manager),
        compose("{} → {}", *versions) if len(versions) > 1 else versions[0] if versions else "",
        ", ".join(words),
    )


def _file(file: FileDiff) -> Markdown:
    word = "added" if file.before is None else "removed" if file.after is None else ""
    return row(format_delta(file.delta), code(f"/{file.path}", _LONGEST_PATH), "", word)
