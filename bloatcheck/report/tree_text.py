"""An image's folders by size, as a tree for a terminal.

Imports little, so that `inspect --tree` starts at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bloatcheck.report.inspection import DEFAULT_WIDTH, finished, heading
from bloatcheck.report.paint import Paint, Tone, unpainted
from bloatcheck.report.plain import Plain, elided, harmless
from bloatcheck.units import count, format_bytes

if TYPE_CHECKING:
    from bloatcheck.analysis.folder_sizes import Folder
    from bloatcheck.analysis.snapshot import ImageSnapshot

_LONGEST_NAME = 1024
_NARROWEST = 20
"""What a path keeps, however narrow the terminal is."""
_BRANCHES = "│├└ "
_SHORTEST = 8
"""What a name keeps, however deep it lies."""
_GAP = "  "
_HEAD = ("SIZE", "%", "FILES", "LAYER", "PATH")


def render_tree(
    snapshot: ImageSnapshot,
    root: Folder,
    *,
    top: int,
    floor: int = 0,
    pattern: str = "",
    width: int = DEFAULT_WIDTH,
    paint: Paint = unpainted,
) -> str:
    """The tree: of each folder the `top` largest entries, and one line for what is left of it.

    What has less than `floor` bytes is only told in sum, and not at all where nothing in a folder has more.
    `pattern` is what its files were chosen by. Layers count from 1, as where layers are listed.
    """
    fitting = f" and fit {harmless(pattern)}" if pattern else ""
    summary = f"{format_bytes(root.size)} in {count(root.files, 'file')} that can be seen{fitting}"
    parts = [heading(snapshot, paint=paint), Plain(summary)]
    if root.files:
        lines = [_HEAD, _line(root, root, "/"), *_below(root, root, "", (top, floor))]
        parts.append(_aligned(lines, width, paint))
    return finished("\n\n".join(parts))


def _below(folder: Folder, root: Folder, indent: str, most: tuple[int, int]) -> Iterator[tuple[str, ...]]:
    top, floor = most
    largest = folder.largest
    shown = [entry for entry in largest[:top] if entry.size >= floor]
    rest = largest[len(shown) :] if shown else []
    for number, entry in enumerate(shown, start=1):
        is_last = number == len(shown) and not rest
        branch, bar = ("└ ", "  ") if is_last else ("├ ", "│ ")
        name = harmless(entry.name[:_LONGEST_NAME].decode("utf-8", "replace")) or "?"
        yield _line(entry, root, f"{indent}{branch}{name}{'/' if entry.layer is None else ''}")
        yield from _below(entry, root, indent + bar, most)
    if rest:
        size, files = sum(entry.size for entry in rest), sum(entry.files for entry in rest)
        yield (
            format_bytes(size),
            _share(size, root),
            f"{files:,}",
            "",
            f"{indent}└ … {count(len(rest), 'more entry', 'more entries')}",
        )


def _aligned(lines: Sequence[tuple[str, ...]], width: int, paint: Paint) -> Plain:
    """Figures to the right, then the path as it is drawn: its indent is not to be pressed together."""
    *figures, paths = zip(*lines, strict=True)
    columns = [column for column in figures if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    room = max(_NARROWEST, width - sum(widths) - len(_GAP) * len(widths) - len(_GAP))
    told = zip(*columns, strict=True)
    head, *drawn = [
        _GAP
        + _GAP.join(
            (*(cell.rjust(wide) for cell, wide in zip(cells, widths, strict=True)), _fitted(path, room))
        )
        for cells, path in zip(told, paths, strict=True)
    ]
    return Plain("\n".join((paint(head, Tone.FAINT), *drawn)))


def _fitted(path: str, room: int) -> str:
    """The name elided, but not the branches before it."""
    name = path.lstrip(_BRANCHES)
    branches = path[: len(path) - len(name)]
    return branches + elided(name, max(_SHORTEST, room - len(branches)))


def _line(entry: Folder, root: Folder, path: str) -> tuple[str, ...]:
    is_file = entry.layer is not None
    return (
        format_bytes(entry.size),
        _share(entry.size, root),
        "" if is_file else f"{entry.files:,}",
        str((entry.layer or 0) + 1) if is_file else "",
        path,
    )


def _share(size: int, root: Folder) -> str:
    return f"{100 * size / root.size:.1f}" if root.size else ""
