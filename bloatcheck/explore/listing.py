"""A file system in order, with what changed in it: sizes of folders in no time, children on demand.

Rows lie in columns, sorted so that what is below a folder follows it; sums run along. So a folder's size,
its files and its changes are differences of two numbers, and nothing is made for a folder nobody opens.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from enum import Enum
from heapq import nlargest
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from bloatcheck.image.layer_index import Kind


class Change(str, Enum):
    """What happened to a path; the value is the letter that stands for it. Two images alone have grown."""

    ADDED = "A"
    MODIFIED = "M"
    GROWN = "G"
    SHRUNK = "S"
    REMOVED = "R"
    UNMODIFIED = " "


_DIRECTORY = Kind.DIRECTORY
_CAME_OR_WENT = (Change.ADDED, Change.REMOVED)
MODIFICATIONS = (Change.MODIFIED, Change.GROWN, Change.SHRUNK)


class Row(NamedTuple):
    """One path before it is put in order. `kind` is a `Kind`; sizes are bytes that can be seen."""

    path: bytes
    kind: int
    change: Change
    size: int
    before: int


class Item(NamedTuple):
    """What stands at a path, with all below it.

    `size` are the bytes seen after, `before` those seen before. `files` counts whatever is no directory.
    `is_folder`: it can be opened. `kind` is 0 where no record stands, only others below.
    """

    path: bytes
    kind: int
    change: Change
    size: int
    before: int
    files: int
    is_folder: bool

    @property
    def name(self) -> bytes:
        """The last part of the path; empty for the root."""
        return self.path[self.path.rfind(b"/") + 1 :]

    @property
    def delta(self) -> int:
        """Growth in bytes."""
        return self.size - self.before

    @property
    def told_size(self) -> int:
        """Bytes to tell: of what is gone, those that it had."""
        return self.size or self.before


class Order(str, Enum):
    """How the entries of a folder are sorted."""

    SIZE = "size"
    GROWTH = "growth"
    NAME = "name"


_SORT_KEYS: dict[Order, Callable[[Item], tuple[object, ...]]] = {
    Order.SIZE: lambda item: (-item.told_size, item.path),
    Order.GROWTH: lambda item: (-item.delta, -item.told_size, item.path),
    Order.NAME: lambda item: (not item.is_folder, item.path),
}


class Listing:
    """The rows of one view. It never changes; `chosen` and `of` make others.

    Args:
        rows: each path once, in any order.
        compares: whether two images are compared, so that folders grow and shrink.
        whole: what the rows were chosen from, in its order. A folder that wasn't chosen itself came or went
            only if it did there.
    """

    def __init__(self, rows: Iterable[Row], *, compares: bool = False, whole: Listing | None = None) -> None:
        # the zero byte sorts first, so that what is below a folder follows it at once
        keyed = [(row.path.replace(b"/", b"\0"), row) for row in rows]
        if whole is None:
            keyed.sort(key=itemgetter(0))
        self._keys = [key for key, _ in keyed]
        self._rows = [row for _, row in keyed]
        self.compares = compares
        self._whole = whole
        _, kinds, changes, sizes, befores = zip(*self._rows, strict=True) if self._rows else ((),) * 5
        self._sizes = _sums(sizes)
        self._befores = _sums(befores)
        self._files = _sums([kind != _DIRECTORY for kind in kinds])
        self._changed = _sums([change is not Change.UNMODIFIED for change in changes])
        self._added = _sums([change is Change.ADDED for change in changes])
        self._removed = _sums([change is Change.REMOVED for change in changes])
        self._children: dict[bytes, list[Item]] = {}

    def __len__(self) -> int:
        """How many rows."""
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        """The rows in order."""
        return iter(self._rows)

    @property
    def root(self) -> Item:
        """All of it; its path is empty."""
        return self._item(b"", None, 0, len(self._rows))

    def item(self, path: bytes) -> Item | None:
        """What stands at a path; None for nothing."""
        if not path:
            return self.root
        key = path.replace(b"/", b"\0")
        at = bisect_left(self._keys, key)
        own = at if at < len(self._keys) and self._keys[at] == key else None
        start, end = self._below(key)
        return None if own is None and start == end else self._item(path, own, start, end)

    def children(self, folder: bytes, order: Order) -> Sequence[Item]:
        """What is in a folder; the root's path is empty."""
        found = self._children.get(folder)
        if found is None:
            found = self._children[folder] = list(self._walk(folder))
        return sorted(found, key=_SORT_KEYS[order])

    def counts(self) -> dict[Change, int]:
        """How many files, not directories, of each change."""
        found = dict.fromkeys(Change, 0)
        for row in self._rows:
            if row.kind != _DIRECTORY:
                found[row.change] += 1
        return found

    def biggest(self, most: int, *, order: Order) -> list[bytes]:
        """The paths of the largest files, or of those that have grown most."""
        if order is Order.GROWTH:
            grown = ((row.size - row.before, row.path) for row in self._rows)
            return [path for size, path in nlargest(most, grown) if size > 0]
        sizes = ((row.size or row.before, row.path) for row in self._rows)
        return [path for size, path in nlargest(most, sizes) if size]

    def chosen(self, changes: Collection[Change], fits: Callable[[bytes], bool] | None = None) -> Listing:
        """Only rows of these changes whose path fits; itself where that is all of them."""
        if fits is None and len(changes) == len(Change):
            return self
        rows = (row for row in self if row.change in changes and (fits is None or fits(row.path)))
        return self.of(rows)

    def of(self, rows: Iterable[Row]) -> Listing:
        """Some of its rows, in its order."""
        return Listing(rows, compares=self.compares, whole=self._whole or self)

    def _below(self, key: bytes) -> tuple[int, int]:
        start = bisect_left(self._keys, key + b"\0")
        return start, bisect_left(self._keys, key + b"\1", start)

    def _walk(self, folder: bytes) -> Iterator[Item]:
        key = folder.replace(b"/", b"\0")
        at, end = self._below(key) if folder else (0, len(self._keys))
        skipped = len(key) + 1 if folder else 0
        while at < end:
            name, deeper, _ = self._keys[at][skipped:].partition(b"\0")
            path = folder + b"/" + name if folder else name
            own = None if deeper else at
            start = at if deeper else at + 1
            beyond = bisect_left(self._keys, self._keys[at][:skipped] + name + b"\1", start, end)
            yield self._item(path, own, start, beyond)
            at = beyond

    def _item(self, path: bytes, own: int | None, start: int, end: int) -> Item:
        first = start if own is None else own
        row = None if own is None else self._rows[own]
        kind = row.kind if row else 0
        size = self._sizes[end] - self._sizes[first]
        before = self._befores[end] - self._befores[first]
        return Item(
            path,
            kind,
            self._change(path, row, first, start, end),
            size,
            before,
            self._files[end] - self._files[first],
            start < end or kind == _DIRECTORY or not path,
        )

    def _change(self, path: bytes, row: Row | None, first: int, start: int, end: int) -> Change:
        """A folder's own, where it came or went; else what happened below it."""
        if row is not None and (start == end or row.change in _CAME_OR_WENT):
            return row.change
        if self._changed[end] == self._changed[first]:
            return Change.UNMODIFIED
        if row is None and self._whole is not None and path:
            whole = self._whole.item(path)
            if whole and whole.change in _CAME_OR_WENT:
                return whole.change
        elif row is None:
            for change, sums in ((Change.ADDED, self._added), (Change.REMOVED, self._removed)):
                if sums[end] - sums[first] == end - first:
                    return change
        delta = self._sizes[end] - self._sizes[first] - self._befores[end] + self._befores[first]
        if self.compares and delta:
            return Change.GROWN if delta > 0 else Change.SHRUNK
        return Change.MODIFIED


def _sums(numbers: Iterable[int]) -> list[int]:
    return [*accumulate(numbers, initial=0)]
