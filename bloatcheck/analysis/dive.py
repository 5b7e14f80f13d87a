"""dive's figures, by dive's own definitions, for those who have limits in a `.dive-ci` file.

They are not ours. dive counts a path that stands in several layers with all its copies as wasted, also the
one that is still visible. Of a deleted directory it counts what the layers before left below it, of a deleted
file nothing. Only paths with nothing below them in their layer count at all. And at a whiteout of what isn't
there it gives up on the rest of the layer, in the order of names.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from bloatcheck.image.layer_index import Kind, LayerIndex
from bloatcheck.oci.whiteout import PREFIX, hidden_path

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
    """Path -> bytes in all layers together; of those in several layers, also the least in one."""
    least: dict[bytes, int] = {}
    missing: set[bytes] = set()
    stack = _Stack()
    for layer in layers:
        branch = _Branch(layer)
        ends, removed, unknown = branch.visited(stack)
        for path in total.keys() & ends.keys():
            least[path] = min(least.get(path, total[path]), ends[path])
            ends[path] += total[path]
        total.update(ends)
        for path, size in removed:
            if path in total:
                least[path] = min(least.get(path, total[path]), size)
            total[path] = total.get(path, 0) + size
        if unknown is not None:
            missing.add(unknown)
        stack.add(branch)
    discovered = sum(total.values())
    wasted = sum(map(total.__getitem__, least))
    own = sum(layer.content_size for layer in layers[1:])
    # of what wasn't there, dive's least size stays at the -1 that it starts with
    kept = discovered - wasted + sum(least.values()) - len(missing - total.keys())
    return DiveFigures(
        efficiency=kept / discovered if discovered else 1.0,
        wasted_bytes=wasted,
        user_wasted=wasted / own if own else None,
    )


class _Branch:
    """One layer as dive's tree has it: path -> bytes, and what it deletes."""

    def __init__(self, layer: LayerIndex) -> None:
        records = layer.records
        paths = records.path_list()
        self.sizes: dict[bytes, int] = dict(zip(paths, records.sizes, strict=True))
        self.whiteouts: list[bytes] = []
        """As they are named, with their prefix."""
        self.marker_sizes: dict[bytes, int] = {}
        self._kinds = dict(zip(paths, records.kinds, strict=True))
        self.sizes.pop(b"", None)
        if PREFIX in records.paths:
            self._set_markers_apart()

    def visited(self, stack: _Stack) -> tuple[dict[bytes, int], list[tuple[bytes, int]], bytes | None]:
        """Path -> bytes of what has nothing below it; (path, bytes below it) of what is deleted; and what
        was to be deleted and isn't there, where dive gives up on the layer.
        """
        ends = self._ends()
        removed: list[tuple[bytes, int]] = []
        for whiteout in sorted(self.whiteouts, key=_order):
            path = hidden_path(whiteout)
            size = stack.size_of(path, self)
            if size is None:
                last = _order(whiteout)
                return {path: size for path, size in ends.items() if _order(path) < last}, removed, path
            removed.append((path, size))
        return ends, removed, None

    def is_directory(self, path: bytes) -> bool:
        """Whether it is one by its own record."""
        return self._kinds.get(path) == Kind.DIRECTORY

    def _ends(self) -> dict[bytes, int]:
        """What has nothing below it: in dive's order, what lies below a path comes right after it."""
        ordered = sorted(map(_order, (*self.sizes, *self.whiteouts)))
        following = [*ordered[1:], b""]
        found = [
            order.replace(b"\0", b"/")
            for order, after in zip(ordered, following, strict=False)
            if not after.startswith(order + b"\0")
        ]
        return {path: self.sizes[path] for path in found if path in self.sizes}

    def _set_markers_apart(self) -> None:
        for path in [path for path in self.sizes if PREFIX in path]:
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
        self._sums: list[int] = []
        """The bytes of all before each in that order, and of all; empty where the order isn't known."""

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
            self._sizes.update(first.marker_sizes)
        for branch in self._waiting:
            self._put(branch, whiteouts=True)
        self._waiting.clear()
        start, end = self._range_below(path)
        if path in self._directories:
            return self._sums[end] - self._sums[start]
        return 0 if path in self._sizes or start < end else None

    def _put(self, branch: _Branch, *, whiteouts: bool) -> None:
        gone = [hidden_path(path) for path in branch.whiteouts] if whiteouts else []
        later = [path for path in gone if _name(path) < PREFIX]
        self._remove(path for path in gone if _name(path) >= PREFIX)
        self._sizes.update(branch.sizes)
        for path in branch.sizes:
            if branch.is_directory(path):
                self._directories.add(path)
            else:
                self._directories.discard(path)
        for folder in {path.rpartition(b"/")[0] for path in branch.whiteouts} - {b""}:
            self._sizes.setdefault(folder, 0)
        self._ordered, self._sums = [], []
        self._remove(later)

    def _remove(self, paths: Iterable[bytes]) -> None:
        gone: list[bytes] = []
        done = b""
        for path in sorted(paths, key=_order):
            if done and path.startswith(done):
                continue
            done = path + b"/"
            start, end = self._range_below(path)
            gone += (path, *self._ordered[start:end])
        for path in gone:
            self._sizes.pop(path, None)
            self._directories.discard(path)
        if gone:
            self._ordered, self._sums = [], []

    def _range_below(self, path: bytes) -> tuple[int, int]:
        """Where in the order what is below a path begins and ends."""
        if not self._sums:
            self._ordered = sorted(self._sizes)
            self._sums = [*accumulate(map(self._sizes.__getitem__, self._ordered), initial=0)]
        # the letter after the slash is the zero
        start = bisect_left(self._ordered, path + b"/")
        return start, bisect_left(self._ordered, path + b"0", start)


def _name(path: bytes) -> bytes:
    return path[path.rfind(b"/") + 1 :]


def _order(path: bytes) -> bytes:
    """Sorts by the names of a path's parts, as dive walks."""
    return path.replace(b"/", b"\0")
