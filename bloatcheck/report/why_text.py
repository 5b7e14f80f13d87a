"""Why an image changed, for a terminal."""

from __future__ import annotations

from bloatcheck.analysis.base_image import BaseChange
from bloatcheck.analysis.contents import Cause
from bloatcheck.diff.contents import PackageChange, PackageDiff, contents_diff
from bloatcheck.diff.model import ImageDiff
from bloatcheck.report.columns import aligned
from bloatcheck.report.figures import change
from bloatcheck.report.paint import Paint, unpainted
from bloatcheck.report.plain import Plain, harmless, shorten
from bloatcheck.report.shared_bases import SharedBase, in_images
from bloatcheck.report.why import Named, Reason, base_change, moved, reasons
from bloatcheck.units import format_bytes, format_delta

MOST_REASONS = 4
_MOST_NAMES = 3
_LONGEST_NAME = 60
_LONGEST_INSTRUCTION = 60


def reason_list(diff: ImageDiff, most: int = MOST_REASONS, *, base_is_told: bool = False) -> list[str]:
    """The causes that changed most, a sentence each: `+12.4 MB Debian packages, Dockerfile:5 RUN …: git`.

    Of a base image that is told of elsewhere only the bytes are named.
    """
    return [
        f"{format_delta(reason.delta)} the base image, as told above"
        if base_is_told and reason.cause is Cause.BASE
        else _reason(reason, diff)
        for reason in reasons(diff)[:most]
        if reason.delta
    ]


def shared_base_sentence(shared: SharedBase) -> str:
    """A base image that changed under several images."""
    where, names, more = in_images(shared)
    ours = f"; it is {shared.ours} of this run" if shared.ours else ""
    listed = ", ".join(filter(None, (*(shorten(harmless(name), _LONGEST_NAME) for name in names), more)))
    behind = ", ".join(_named(each, compared=True) for each in shared.names[:_MOST_NAMES])
    told = f"The base image {_base(shared.change)}{ours}: {format_delta(shared.delta)} {where} ({listed})"
    return f"{told}: {behind}" if behind else f"{told}."


def changes_table(
    diff: ImageDiff, *, packages: int, files: int, width: int, paint: Paint = unpainted
) -> list[Plain]:
    """The packages and own files that changed, at most so many; and what is wasted."""
    changed = contents_diff(diff)
    if changed is None:
        return []
    parts = []
    if changed.packages and packages:
        lines = [
            (format_delta(each.delta), each.manager, each.name, _versions(each), _what(each))
            for each in changed.packages[:packages]
        ]
        table = aligned(
            [("CHANGE", "BY", "PACKAGE", "VERSION", "WHAT"), *lines], "><~~<", width, paint, spare=(1, 3)
        )
        parts.append(_and_more(table, len(changed.packages) - packages, "packages"))
    if changed.files and files:
        rows = [
            (
                format_delta(each.delta),
                "new" if each.before is None else format_bytes(each.before),
                "removed" if each.after is None else format_bytes(each.after),
                f"/{each.path}",
            )
            for each in changed.files[:files]
        ]
        table = aligned(
            [("CHANGE", "BEFORE", "AFTER", "OWN FILE"), *rows], ">>>~", width, paint, spare=(1, 2)
        )
        parts.append(_and_more(table, len(changed.files) - files, "files"))
    wasted = changed.wasted_after - changed.wasted_before
    if wasted:
        parts.append(Plain(f"{format_bytes(changed.wasted_after)} are wasted, {change(wasted)}"))
    return parts


def _reason(reason: Reason, diff: ImageDiff) -> str:
    what = f"{format_delta(reason.delta)} {reason.subject}"
    base = base_change(diff) if reason.cause is Cause.BASE else None
    if base:
        what += f" ({_base(base)})"
    if reason.layer:
        instruction = shorten(harmless(reason.layer.instruction), _LONGEST_INSTRUCTION)
        what += ", " + " ".join(filter(None, (str(reason.layer.place or ""), instruction)))
    if not reason.names:
        return what
    names = ", ".join(_named(each, compared=reason.compared) for each in reason.names[:_MOST_NAMES])
    more = len(reason.names) - _MOST_NAMES
    rest = f", {more:,} more" if more > 0 else ""
    return f"{what}{':' if reason.compared else '; largest in it now:'} {names}{rest}"


def _base(base: BaseChange) -> str:
    if base.before.name != base.after.name:
        return f"{base.after.name} instead of {base.before.name}"
    digests = moved(base)
    return f"{base.after.name} has moved" + (f", {digests[0]} -> {digests[1]}" if digests else "")


def _named(named: Named, *, compared: bool) -> str:
    size = format_delta(named.delta) if compared else format_bytes(named.delta)
    note = f" ({harmless(named.note)})" if named.note else ""
    return f"{shorten(harmless(named.name), _LONGEST_NAME)} {size}{note}"


def _versions(package: PackageDiff) -> str:
    versions = dict.fromkeys(side.version for side in (package.before, package.after) if side)
    return " -> ".join(versions)


def _what(package: PackageDiff) -> str:
    side = package.after or package.before
    words = [] if package.change is PackageChange.CHANGED else [package.change.value]
    if side and side.asked_for is False and side.needed_by:
        words.append(f"for {side.needed_by[0]}")
    return ", ".join(words)


def _and_more(table: Plain, number: int, noun: str) -> Plain:
    return Plain(f"{table}\n  and {number:,} more {noun}") if number > 0 else table
