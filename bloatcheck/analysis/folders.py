"""What an image's folders hold, small enough to be drawn: large files by name, small ones added up.

Sizes are those of files that can be seen in the image, hard links counted once. Nothing is lost: whatever is
smaller than the floor is part of the rest of the nearest folder that is not smaller itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bloatcheck.analysis.inventory import Inventory
from bloatcheck.image.layer_index import unicode_text

MOST_ITEMS = 40_000
_DEEPEST = 24
"""Folders in folders; what lies deeper is told with its path below."""
_LONGEST_NAME = 200
_NO_PACKAGE = -1
_FILES_OF_ALL = (90, 75, 60, 45, 30, 15, 5, 1)
"""How many percent of the items may be files, one try after the other."""


class PackageId(NamedTuple):
    """A package, by the words of its manager."""

    manager: str
    name: str
    version: str


class Item(NamedTuple):
    """One file, or the rest of a folder: its `files` that are too small to be told.

    `folder` is a path from the root without slashes at its ends, `name` is empty for the rest. `layer` counts
    from 0; `package` is a position in `Folders.packages`, or -1 for no package's. `size` is in bytes.
    """

    folder: str
    name: str
    layer: int
    package: int
    size: int
    files: int


@dataclass(frozen=True, slots=True)
class Folders:
    """All of an image's bytes that can be seen. `floor`: every file of that size or more is told by name."""

    items: tuple[Item, ...]
    packages: tuple[PackageId, ...]
    floor: int = 0

    @property
    def size(self) -> int:
        """Bytes of all items."""
        return sum(item.size for item in self.items)


def fold(inventory: Inventory, *, most: int = MOST_ITEMS) -> Folders:
    """The folders of an image, in `most` items or few more: the largest files, and the rests."""
    numbers: dict[int, int] = {}
    packages: list[PackageId] = []
    items = []
    shown: dict[bytes, str] = {}
    for path, layer, size in inventory.tree.files():
        if not size:
            continue
        owner = inventory.owners.get(path)
        number = _NO_PACKAGE
        if owner is not None:
            number = numbers.setdefault(id(owner), len(packages))
            if number == len(packages):
                packages.append(PackageId(owner.manager, owner.name, owner.version))
        folder, name = _split(path, shown)
        items.append(Item(folder, name, layer, number, size, 1))
    folded, floor = _within(items, most)
    return Folders(folded, tuple(packages), floor)


def smaller(folders: Folders, *, most: int) -> Folders:
    """The same bytes in `most` items or few more."""
    if len(folders.items) <= most:
        return folders
    items, floor = folders.items, folders.floor
    for floor in _floors(folders.items, most, above=folders.floor):
        items = _folded(folders.items, floor, _large_folders(folders.items, floor))
        if len(items) <= most:
            break
    return Folders(items, folders.packages, floor)


def align(before: Folders, after: Folders, *, most: int = MOST_ITEMS) -> tuple[Folders, Folders]:
    """Both, folded alike: what is told by name in one is not in a rest of the other, but for the very small.

    Both together have `most` different items, or few more.
    """
    lowest = max(before.floor, after.floor)
    old, new = before.items, after.items
    for floor in (lowest, *_floors((*old, *new), most, above=lowest)):
        kept = _large_folders(before.items, floor) | _large_folders(after.items, floor)
        old, new = _folded(before.items, floor, kept), _folded(after.items, floor, kept)
        if len({(item.folder, item.name) for item in (*old, *new)}) <= most:
            break
    return Folders(old, before.packages, floor), Folders(new, after.packages, floor)


def _split(path: bytes, shown: dict[bytes, str]) -> tuple[str, str]:
    """Folder and name for people: without what isn't Unicode, neither deep nor long without end.

    `shown` has the folders that were met before.
    """
    parent, _, name = path.rpartition(b"/")
    if parent.count(b"/") >= _DEEPEST:
        *parents, name = path.split(b"/", _DEEPEST)
        parent = b"/".join(parents)
    folder = shown.get(parent)
    if folder is None:
        folder = shown[parent] = "/".join(map(_shown, parent.split(b"/")))
    return folder, _shown(name)


def _shown(part: bytes) -> str:
    shown = unicode_text(part[: 4 * _LONGEST_NAME])
    return shown if len(shown) <= _LONGEST_NAME else shown[: _LONGEST_NAME - 1] + "…"


def _within(items: Sequence[Item], most: int) -> tuple[tuple[Item, ...], int]:
    folded = _folded(items, 0, frozenset())
    if len(folded) <= most:
        return folded, 0
    for floor in _floors(items, most):
        folded = _folded(items, floor, _large_folders(items, floor))
        if len(folded) <= most:
            break
    return folded, floor


def _floors(items: Iterable[Item], most: int, *, above: int = 0) -> Iterator[int]:
    """Sizes to try as the floor, the lowest first: the rests need room, too, and nobody knows how much."""
    sizes = sorted((item.size for item in items if item.name), reverse=True)
    for percent in _FILES_OF_ALL:
        position = most * percent // 100
        if position < len(sizes) and sizes[position] >= above:
            yield sizes[position] + 1
    yield max(above, sum(sizes)) + 1


def _large_folders(items: Iterable[Item], floor: int) -> frozenset[str]:
    """The folders with so many bytes in and below them; the root is always one."""
    direct: Counter[str] = Counter()
    for item in items:
        direct[item.folder] += item.size
    sums = Counter(direct)
    for folder, size in direct.items():
        above = folder
        while above:
            above = above.rpartition("/")[0]
            sums[above] += size
    return frozenset(folder for folder, size in sums.items() if size >= floor)


def _folded(items: Iterable[Item], floor: int, kept: frozenset[str]) -> tuple[Item, ...]:
    sums: dict[tuple[str, str, int, int], tuple[int, int]] = {}
    for folder, name, layer, package, size, files in items:
        key = (folder, name, layer, package)
        if floor and (not name or size < floor):
            place = folder
            while place and place not in kept:
                place = place.rpartition("/")[0]
            key = (place, "", layer, package)
        old = sums.get(key, (0, 0))
        sums[key] = (old[0] + size, old[1] + files)
    return tuple(Item(*key, *sums[key]) for key in sorted(sums))
