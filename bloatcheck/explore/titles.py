"""The words on the borders."""

from __future__ import annotations

from collections.abc import Collection

from bloatcheck.explore.explored import Explored
from bloatcheck.explore.listing import MODIFICATIONS, Change, Listing
from bloatcheck.explore.scopes import Scope
from bloatcheck.report.plain import harmless, shorten
from bloatcheck.units import count, format_bytes, format_delta, format_percent

_LONGEST_NAME = 60
_SCOPES = {
    Scope.CHANGES: "up to layer {number}, its changes marked",
    Scope.ALONE: "layer {number} alone",
    Scope.SINCE_BASE: "up to layer {number}, changes since the base marked",
}


def names_told(explored: Explored) -> str:
    """`api:latest (linux/amd64)`, or `api:1 → api:2`."""
    after = explored.after.snapshot
    if explored.before:
        return f"{_name(explored.before.snapshot.name)} → {_name(after.name)}"
    return f"{_name(after.name)} ({harmless(after.platform)})"


def totals_told(explored: Explored) -> str:
    """`151 MB, 7 layers, 12.3 MB wasted, 96.2 % efficient`, or both sizes and the growth."""
    after = explored.after.snapshot
    if explored.before:
        was, size = explored.before.snapshot.content_size, after.content_size
        percent = f" ({format_percent(100 * (size - was) / was)})" if was else ""
        return f"{format_bytes(was)} → {format_bytes(size)}, {format_delta(size - was)}{percent}"
    return ", ".join(
        (
            format_bytes(after.content_size),
            count(len(after.layers), "layer"),
            f"{format_bytes(explored.wasted)} wasted",
            f"{100 * explored.figures.efficiency:.1f} % efficient",
        )
    )


def scope_told(explored: Explored, place: int | None, scope: Scope) -> str:
    """What the tree shows."""
    if explored.compares:
        if place is None:
            return "both images, what differs marked"
        layer = explored.layers[place]
        number = layer.number if layer.number is not None else layer.old
        return f"of layer {(number or 0) + 1}, what differs marked"
    if place is None:
        marked = "changes since the base marked" if explored.after.snapshot.base else "changes since layer 1"
        return f"the image, {marked}"
    return _SCOPES[scope].format(number=place + 1)


def list_told(explored: Explored, view: str) -> str:
    """What the list of packages, of waste or of advice shows."""
    if view == "packages":
        return (
            "packages that differ, by growth" if explored.compares else "packages by size, and who needs them"
        )
    if view == "waste":
        return f"{format_bytes(explored.wasted)} that can't be seen: size, from layer → hidden by"
    saves = sum(each.saves or 0 for each in explored.advice)
    return f"what would make it smaller, {format_bytes(saves)} in all"


def changes_told(listing: Listing, shown: Collection[Change]) -> str:
    """`A 12 · M 3 · R 1`; what is hidden has brackets."""
    counts = listing.counts()
    kinds = [("A", (Change.ADDED,)), ("M", MODIFICATIONS), ("R", (Change.REMOVED,))]
    told = []
    for letter, changes in kinds:
        number = f"{letter} {sum(counts[change] for change in changes):,}"
        told.append(number if changes[0] in shown else f"({number})")
    same = f"{counts[Change.UNMODIFIED]:,} same"
    told.append(same if Change.UNMODIFIED in shown else f"({same})")
    return " · ".join(told)


def _name(name: str) -> str:
    return shorten(harmless(name), _LONGEST_NAME)
