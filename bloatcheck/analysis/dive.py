"""dive's figures, by dive's own definitions, for those who have limits in a `.dive-ci` file.

They are not ours. dive counts a path that stands in several layers with all its copies as wasted, also the
one that is still visible. Of a deleted directory it counts what the layers before left below it, of a deleted
file nothing. Only paths with nothing below them in their layer count at all. And at a whiteout of what isn't
there it gives up on the rest of the layer, in the order of names.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from bloatcheck.image.layer_index import Kind, LayerIndex
from bloatcheck.oci.whiteout import PREFIX, hidden_path

_MUCH_IMPLIED = 1 << 22
"""Letters to go over, about, on the way up from folders that have no record of their own."""
_MANY = 1000
_NEVER_SHOWN = b".wh..wh.."


@dataclass(frozen=True, slots=True)
class DiveFigures:
    """What `dive --ci` prints.

    `efficiency` runs from 0 to 1. `wasted_bytes` are bytes. `user_wasted` is what dive calls a percentage: it
    runs from 0 to 1 too, and is None where the layers above the first hold nothing: dive divides by zero.
    """

    efficiency: float
    wasted_bytes: int
    user_wasted: float | None


def dive_figures(layers: Sequence[LayerIndex]) -> DiveFigures:
    """The figures of an image; `layers` run from base to top."""
    total: dict[bytes, int] = {}
    """Path -> bytes in all layers together, of what has any; of those in several layers, also the least."""
    least: dict[bytes, int] = {}
    empty: set[bytes] = set()
    """What has no bytes in one layer counts there too, if it has some in another."""
    missing: set[bytes] = set()
    stack = _Stack()
    last_deletion = max(
        (number for number, layer in enumerate(layers) if PREFIX in layer.records.paths), default=0
    )
    for number, layer in enumerate(layers):
        branch = _Branch(layer)
        ends, removed, unknown = branch.visited(stack)
        full = {path: size for path, size in ends if size}
        for path in total.keys() & full.keys():
            least[path] = min(least.get(path, total[path]), full[path])
            full[path] += total[path]
        least.update(dict.fromkeys(empty & full.keys(), 0))
        total.update(full)
        hollow = {path for path, size in ends if not size}
        least.update(dict.fromkeys(hollow & total.keys(), 0))
        empty |= hollow
        for path, size in removed:
            if path in total:
                least[path] = min(least.get(path, total[path]), size)
                total[path] += size
            elif size:
                total[path] = size
                if path in empty:
                    least[path] = 0
            else:
                empty.add(path)
        if unknown is not None:
            missing.add(unknown)
        if number < last_deletion:
            stack.add(branch)
    discovered = sum(total.values())
    wasted = sum(map(total.__getitem__, least))
    own = sum(layer.content_size for layer in layers[1:])
    # of what wasn't there, dive's least size stays at the -1 that it starts with
    kept = discovered - wasted + sum(least.values()) - len(missing - total.keys() - empty)
    return DiveFigures(
        efficiency=kept / discovered if discovered else 1.0,
        wasted_bytes=wasted,
        user_wasted=wasted / own if own else None,
    )


class _Branch:
    """One layer as dive's tree has it: path -> bytes, and what it deletes."""

    def __init__(self, layer: LayerIndex) -> None:
        self._records = layer.records
        paths = layer.records.path_list()
        self.sizes: dict[bytes, int] = dict(zip(paths, layer.records.sizes, strict=True))
        self._repeats = len(self.sizes) != len(paths)
        self.whiteouts: list[bytes] = []
        """As they are named, with their prefix."""
        self.marker_sizes: dict[bytes, int] = {}
        self.sizes.pop(b"", None)
        if PREFIX in layer.records.paths:
            self._set_markers_apart()

    def visited(
        self, stack: _Stack
    ) -> tuple[Collection[tuple[bytes, int]], list[tuple[bytes, int]], bytes | None]:
        """(path, bytes) of what has nothing below it; (path, bytes below it) of what is deleted; and what
        was to be deleted and isn't there, where dive gives up on the layer.
        """
        removed: list[tuple[bytes, int]] = []
        for whiteout in sorted(self.whiteouts, key=_order):
            path = hidden_path(whiteout)
            size = stack.size_of(path, self)
            if size is None:
                last = _order(whiteout)
                return [end for end in self._ends() if _order(end[0]) < last], removed, path
            removed.append((path, size))
        return self._ends(), removed, None

    def directories(self) -> set[bytes]:
        """What is one by its own record, the last one of its path."""
        rows: Iterable[tuple[bytes, int]] = zip(self._records.path_list(), self._records.kinds, strict=True)
        if self._repeats:
            rows = dict(rows).items()
        return {path for path, kind in rows if kind == Kind.DIRECTORY and path in self.sizes}

    def _ends(self) -> Collection[tuple[bytes, int]]:
        """What has nothing below it."""
        sizes = self.sizes
        folders = {path.rpartition(b"/")[0] for path in sizes}
        folders.update(path.rpartition(b"/")[0] for path in self.whiteouts)
        implied = folders - sizes.keys() - {b""}
        # climbing up from many long paths would take longer than the rest of the image
        if sum(len(path) * path.count(b"/") for path in implied) > _MUCH_IMPLIED:
            return self._ends_in_order()
        while implied:
            implied = {path.rpartition(b"/")[0] for path in implied} - folders
            folders |= implied
        return [(path, size) for path, size in sizes.items() if path not in folders]

    def _ends_in_order(self) -> Collection[tuple[bytes, int]]:
        """The same whatever the depth: in dive's order, what lies below a path comes right after it."""
        sizes = self.sizes
        ordered = sorted((*sizes, *self.whiteouts), key=_order)
        return [
            (path, sizes[path])
            for path, after in zip(ordered, [*ordered[1:], b""], strict=False)
            if path in sizes and not after.startswith(path + b"/")
        ]

    def _set_markers_apart(self) -> None:
        for path in _with_prefix(self._records.paths):
            size = self.sizes.get(path, 0)
            never = (b"/" + path).find(b"/" + _NEVER_SHOWN)
            if never >= 0:
                self.sizes.pop(path, None)
                # but the folder of an opaque marker is there
                path, size = path[: max(never - 1, 0)], 0  # noqa: PLW2901 - goes on with the folder
                if path and path not in self.sizes and path not in self.marker_sizes:
                    self.sizes[path] = 0
            if path in self.sizes and path[path.rfind(b"/") + 1 :].startswith(PREFIX):
                del self.sizes[path]
                self.marker_sizes[path] = size
                self.whiteouts.append(path)


class _Stack:
    """The layers so far, one on the other. Put together only when something is deleted."""

    def __init__(self) -> None:
        self._begun = False
        self._waiting: list[_Branch] = []
        self._sizes: dict[bytes, int] = {}
        self._directories: set[bytes] = set()
        self._ordered: list[bytes] = []
        self._unordered: list[bytes] = []
        self._sums: list[int] = []
        """The bytes of all before each in that order, and of all; empty where nobody needed them yet."""
        self._summed = 0

    def add(self, branch: _Branch) -> None:
        """One more on top."""
        self._waiting.append(branch)

    def size_of(self, path: bytes, asking: _Branch) -> int | None:
        """Bytes below a directory, 0 for anything else; None for what isn't there."""
        if not self._begun:
            # The stack begins with the first layer as it is, markers and all, even for that layer itself.
            self._begun = True
            first = self._waiting[0] if self._waiting else asking
            self._put(first, whiteouts=False)
            self._add(first.marker_sizes)
        for branch in self._waiting:
            self._put(branch, whiteouts=True)
        self._waiting.clear()
        if path in self._directories:
            return self._sum(*self._range_below(path))
        if path in self._sizes:
            return 0
        start, end = self._range_below(path)
        return 0 if start < end else None

    def _put(self, branch: _Branch, *, whiteouts: bool) -> None:
        gone = [hidden_path(path) for path in branch.whiteouts] if whiteouts else []
        later = [path for path in gone if _name(path) < PREFIX]
        self._remove(path for path in gone if _name(path) >= PREFIX)
        self._add(branch.sizes)
        self._directories -= branch.sizes.keys()
        self._directories |= branch.directories()
        folders = {path.rpartition(b"/")[0] for path in branch.whiteouts} - {b""}
        self._add(dict.fromkeys(folders - self._sizes.keys(), 0))
        self._remove(later)

    def _add(self, sizes: Mapping[bytes, int]) -> None:
        known = self._sizes
        self._unordered += [path for path in sizes if path not in known]
        known.update(sizes)
        self._sums = []

    def _remove(self, paths: Iterable[bytes]) -> None:
        ranges: list[tuple[int, int]] = []
        done = b""
        for path in sorted(paths, key=_order):
            if done and path.startswith(done):
                continue
            done = path + b"/"
            start, end = self._range_below(path)
            at = bisect_left(self._ordered, path, 0, start)
            if path in self._sizes:
                ranges.append((at, at + 1))
            ranges.append((start, end))
        gone = [path for start, end in ranges for path in self._ordered[start:end]]
        for path in gone:
            del self._sizes[path]
            self._directories.discard(path)
        if len(ranges) > _MANY:
            self._ordered = [path for path in self._ordered if path in self._sizes]
        else:
            for start, end in sorted(ranges, reverse=True):
                del self._ordered[start:end]
        if gone:
            self._sums = []

    def _range_below(self, path: bytes) -> tuple[int, int]:
        """Where in the order what is below a path begins and ends."""
        if self._unordered:
            # two runs that are in order, or nearly, are merged in one go
            self._unordered.sort()
            self._ordered += self._unordered
            self._ordered.sort()
            self._unordered = []
        # the letter after the slash is the zero
        start = bisect_left(self._ordered, path + b"/")
        return start, bisect_left(self._ordered, path + b"0", start)

    def _sum(self, start: int, end: int) -> int:
        self._summed += end - start
        if not self._sums and self._summed < _MANY * _MANY:
            return sum(map(self._sizes.__getitem__, self._ordered[start:end]))
        if not self._sums:
            # many directories, one in the other: each is asked for the price of none then
            self._sums = [*accumulate(map(self._sizes.__getitem__, self._ordered), initial=0)]
        return self._sums[end] - self._sums[start]


def _with_prefix(column: bytes) -> list[bytes]:
    """Those of the paths that have the markers' prefix somewhere, each once, in order."""
    found: dict[bytes, None] = {}
    at = column.find(PREFIX)
    while at >= 0:
        end = column.index(b"\0", at)
        found[column[column.rfind(b"\0", 0, at) + 1 : end]] = None
        at = column.find(PREFIX, end)
    return list(found)


def _name(path: bytes) -> bytes:
    return path[path.rfind(b"/") + 1 :]


def _order(path: bytes) -> bytes:
    """Sorts by the names of a path's parts, as dive walks."""
    return path.replace(b"/", b"\0")
