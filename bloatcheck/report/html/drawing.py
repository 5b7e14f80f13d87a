"""An image as the drawing takes it: one tree of folders with both sizes, in columns.

Where nobody listed the files, the tree is made of what the report has: packages, the largest files, and the
rest of each layer.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypedDict

from bloatcheck.analysis.contents import Contents, LayerContents
from bloatcheck.analysis.folders import Folders, PackageId, align, smaller
from bloatcheck.analysis.snapshot import ImageSnapshot, LayerSnapshot
from bloatcheck.diff.model import ImageDiff
from bloatcheck.oci.digest import Digest
from bloatcheck.report.html.model import Sight
from bloatcheck.report.plain import harmless

_NOBODY = -1


class Drawing(TypedDict):
    """One tree, each column with one item a node, every folder before what is in it.

    `depth` counts from 0 for what is at the top. Folders have `files` 0; one file has 1; the rest of a
    folder, with an empty `name`, more, or -1 where nobody counted. `size` is in bytes, `layer` a position in
    the image's layers as shown, `package` one in `packages` or -1. `was` has the sizes before that differ, as
    pairs of position and bytes; None where before isn't known. `floor`: below it files may be part of a rest.
    `listed` is False where the tree isn't one of folders.
    """

    depth: list[int]
    name: list[str]
    size: list[int]
    layer: list[int]
    package: list[int]
    files: list[int]
    was: list[tuple[int, int]] | None
    packages: list[tuple[str, str, str]]
    floor: int
    listed: bool


class _Leaf(NamedTuple):
    folder: str
    name: str
    layer: int
    package: PackageId | None
    files: int


@dataclass(frozen=True, slots=True)
class LayerNumbers:
    """Where the layers of an image before and after stand among those that are shown, with the removed."""

    before: Sequence[int]
    after: Sequence[int]


def layer_numbers(diff: ImageDiff) -> LayerNumbers:
    """Of the paired layers; where there are no pairs, the layers after are shown, or else those before."""
    if not diff.layers:
        count = max(len(side.layers) if side else 0 for side in (diff.before, diff.after))
        return LayerNumbers(range(count), range(count))
    return LayerNumbers(
        _places(diff.before, [pair.before for pair in diff.layers]),
        _places(diff.after, [pair.after for pair in diff.layers]),
    )


def _places(side: ImageSnapshot | None, shown: Sequence[LayerSnapshot | None]) -> list[int]:
    places: defaultdict[Digest, deque[int]] = defaultdict(deque)
    for number, layer in enumerate(shown):
        if layer:
            places[layer.diff_id].append(number)
    return [
        places[layer.diff_id].popleft() if places[layer.diff_id] else _NOBODY
        for layer in (side.layers if side else ())
    ]


def draw(diff: ImageDiff, sight: Sight, *, most: int) -> Drawing | None:
    """The image after, or the one before where it is gone; None where nobody looked into it."""
    numbers = layer_numbers(diff)
    before, after = sight.before, sight.after
    if after is None:
        return _from_report(diff, numbers)
    if before is None or diff.delta is None:
        after = smaller(after, most=most)
        return _columns(_leaves(after, numbers.after), None, floor=after.floor, listed=True)
    before, after = align(before, after, most=most)
    return _columns(
        _leaves(after, numbers.after), _leaves(before, numbers.before), floor=after.floor, listed=True
    )


def _leaves(folders: Folders, numbers: Sequence[int]) -> dict[_Leaf, int]:
    found: dict[_Leaf, int] = {}
    for item in folders.items:
        package = folders.packages[item.package] if item.package >= 0 else None
        layer = numbers[item.layer] if item.layer < len(numbers) else _NOBODY
        found[_Leaf(item.folder, item.name, layer, package, item.files)] = item.size
    return found


def _from_report(diff: ImageDiff, numbers: LayerNumbers) -> Drawing | None:
    side = diff.after or diff.before
    if side is None or side.contents is None or not side.contents.layers:
        return None
    places = numbers.after if diff.after else numbers.before
    after = dict(_told(side, side.contents, places))
    before = None
    if diff.delta is not None and diff.before and diff.before.contents and diff.before.contents.layers:
        before = dict(_told(diff.before, diff.before.contents, numbers.before))
    return _columns(after, before, floor=side.contents.files_floor, listed=False)


def _told(side: ImageSnapshot, contents: Contents, numbers: Sequence[int]) -> Iterator[tuple[_Leaf, int]]:
    """Packages and files, and of each layer and manager what they leave of what can be seen."""
    left = [_visible_shares(layer) for layer in contents.layers[: len(side.layers)]]
    for package in contents.packages:
        layer = package.layer if package.layer is not None else len(left)
        manager = None if package.base else package.manager
        # the rest of its layer has what other layers have of the package
        size = min(package.size, left[layer].get(manager, 0)) if layer < len(left) else 0
        if size:
            left[layer][manager] -= size
            owner = PackageId(package.manager, package.name, package.version)
            yield _Leaf("", f"{package.name} {package.version}", numbers[layer], owner, -1), size
    for file in contents.files:
        layer = file.layer if file.layer is not None else len(left)
        if layer < len(left) and 0 < file.size <= left[layer].get(None, 0):
            left[layer][None] -= file.size
            folder, _, name = file.path.rpartition("/")
            yield _Leaf(folder, name, numbers[layer], None, 1), file.size
    for layer, sizes in enumerate(left):
        for manager, size in sizes.items():
            others = PackageId(manager, "other packages", "") if manager else None
            if size:
                yield _Leaf("", "", numbers[layer], others, -1), size


def _visible_shares(layer: LayerContents) -> dict[str | None, int]:
    """Bytes by manager, and those of nobody's; what is hidden is taken from the latter first."""
    sizes: dict[str | None, int] = {None: 0}
    for share in layer.shares:
        sizes[share.manager] = sizes.get(share.manager, 0) + share.size
    hidden = layer.wasted
    for manager, size in sizes.items():
        taken = min(hidden, size)
        sizes[manager] = size - taken
        hidden -= taken
    return sizes


class _Both(NamedTuple):
    leaf: _Leaf
    size: int
    was: int


def _joined(after: Mapping[_Leaf, int], before: Mapping[_Leaf, int]) -> Iterator[_Both]:
    """Each leaf once: a file by its path, a package by its name, a rest by layer and package."""
    old: dict[object, tuple[_Leaf, int]] = {}
    for leaf, size in before.items():
        key = _identity(leaf)
        old[key] = (leaf, size + (old[key][1] if key in old else 0))
    for leaf, size in after.items():
        known = old.pop(_identity(leaf), None)
        yield _Both(leaf, size, known[1] if known else 0)
    for leaf, size in old.values():
        yield _Both(leaf, 0, size)


def _identity(leaf: _Leaf) -> object:
    package = leaf.package[:2] if leaf.package else None
    if not leaf.name:
        return leaf.folder, None, leaf.layer, package
    if leaf.package and leaf.files < 0:
        return package
    return leaf.folder, leaf.name


def _columns(
    after: Mapping[_Leaf, int], before: Mapping[_Leaf, int] | None, *, floor: int, listed: bool
) -> Drawing:
    if before is None:
        both: Iterable[_Both] = (_Both(leaf, size, size) for leaf, size in after.items())
    else:
        both = _joined(after, before)
    drawing = Drawing(
        depth=[],
        name=[],
        size=[],
        layer=[],
        package=[],
        files=[],
        was=None,
        packages=[],
        floor=floor,
        listed=listed,
    )
    was: list[tuple[int, int]] = []
    owners: dict[PackageId, int] = {}
    above: list[str] = []
    for leaf, size, old in sorted(both, key=_in_order):
        folders = leaf.folder.split("/") if leaf.folder else []
        common = 0
        while common < min(len(folders), len(above)) and folders[common] == above[common]:
            common += 1
        for depth in range(common, len(folders)):
            _add(drawing, depth, folders[depth], files=0)
        above = folders
        package = _NOBODY
        if leaf.package:
            package = owners.setdefault(leaf.package, len(owners))
        if size != old:
            was.append((len(drawing["depth"]), old))
        _add(drawing, len(folders), leaf.name, files=leaf.files, size=size, layer=leaf.layer, package=package)
    drawing["packages"] = [
        (harmless(owner.manager), harmless(owner.name), harmless(owner.version)) for owner in owners
    ]
    drawing["was"] = None if before is None else was
    return drawing


def _in_order(both: _Both) -> tuple[list[str], str, int]:
    return both.leaf.folder.split("/") if both.leaf.folder else [], both.leaf.name, both.leaf.layer


def _add(
    drawing: Drawing,
    depth: int,
    name: str,
    *,
    files: int,
    size: int = 0,
    layer: int = _NOBODY,
    package: int = _NOBODY,
) -> None:
    drawing["depth"].append(depth)
    drawing["name"].append(harmless(name))
    drawing["files"].append(files)
    drawing["size"].append(size)
    drawing["layer"].append(layer)
    drawing["package"].append(package)
