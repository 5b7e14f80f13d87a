"""Takes stock of an image: replays its layers, and gives every byte its cause, every file its owner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import TypeVar

from bloatcheck.analysis.contents import (
    Cause,
    Contents,
    FileSize,
    HiddenFile,
    LayerContents,
    PackageSize,
    shares_of,
)
from bloatcheck.analysis.instruction import MAX_INSTRUCTION
from bloatcheck.analysis.noise import is_noise
from bloatcheck.analysis.packages import changes_packages, databases, installed
from bloatcheck.analysis.packages.model import InstalledPackage
from bloatcheck.analysis.packages.owners import Claims
from bloatcheck.analysis.tree import Hidden, Hiding, Tree
from bloatcheck.image.layer_index import LayerIndex, unicode_text

MAX_PACKAGES = 500
MAX_FILES = 60
MAX_HIDDEN = 40
_FILES_OF_LAYER = 5
"""So many of each layer's own files are told, however small beside those of others."""
_LONGEST_PATH = 1024
_MOST_READINGS = 128
"""Layers after which the package databases are read; overlay2 takes no more layers. Beyond, they count as
what they were, but for the last one."""
_MOST_READ = 512 << 20
"""Bytes of package databases, those that are read again counted again; likewise. A minute for the slowest."""

_Key = tuple[Cause, "str | None"]
_T = TypeVar("_T")
_OWN: _Key = (Cause.OWN, None)
_BASE: _Key = (Cause.BASE, None)


@dataclass(frozen=True, slots=True)
class Inventory:
    """An image, taken apart. `tree` is the whole image's; `owners` has each visible file's package."""

    tree: Tree
    packages: tuple[InstalledPackage, ...]
    owners: Mapping[bytes, InstalledPackage]
    contents: Contents


def take_inventory(layers: Sequence[LayerIndex], *, base_layers: int = 0) -> Inventory:
    """The inventory of an image; `layers` run from base to top, and were listed with their contents.

    The first `base_layers` are the base image's. A file above them is owned by a package if the databases say
    so as of its own layer: what a later layer removes from a database stays what it was.
    """
    tree = Tree()
    packages: tuple[InstalledPackage, ...] = ()
    claims = Claims(())
    candidates: set[bytes] = set()
    readings = read = 0
    sums: list[tuple[Counter[_Key], Counter[_Key]]] = []
    for number, layer in enumerate(layers):
        tree.apply(layer)
        candidates |= databases(tree.paths_of(number))
        if number < base_layers:
            sums.append((Counter({_BASE: layer.content_size}), Counter()))
            continue
        is_time = (readings < _MOST_READINGS and read < _MOST_READ) or number == len(layers) - 1
        if number == base_layers or (is_time and changes_packages(layer)):
            readings += 1
            read += sum(len(kept.content) for path in candidates if (kept := tree.captured(path)))
            packages = installed(tree, candidates)
            claims = Claims(packages)
        # also where no package changed: what a layer puts into the folder of one is that one's
        sums.append(_sums_of(layer, tree.paths_of(number), claims.owners_in(number, tree)))
    if len(layers) <= base_layers:
        packages = installed(tree, candidates)
        claims = Claims(packages)
    owned = claims.owners(tree, tree)
    hidden = tree.hidden()
    return Inventory(tree, packages, owned, _contents(tree, sums, hidden, packages, owned, base_layers))


def _sums_of(
    layer: LayerIndex, paths: Sequence[bytes], owned: Mapping[bytes, InstalledPackage]
) -> tuple[Counter[_Key], Counter[_Key]]:
    """Bytes by cause, and of those what is noise."""
    records = layer.records
    sizes: Counter[_Key] = Counter()
    noise: Counter[_Key] = Counter()
    own = 0
    managers: dict[str, _Key] = {}
    for path, size in zip(paths, records.sizes, strict=True):
        if not size:
            continue
        package = owned.get(path)
        if package is None:
            own += size
            key = _OWN
        else:
            key = managers.setdefault(package.manager, (Cause.PACKAGE, package.manager))
            sizes[key] += size
        if is_noise(path):
            noise[key] += size
    sizes[_OWN] += own
    return sizes, noise


def _contents(  # noqa: PLR0917 - everything is counted in one place
    tree: Tree,
    sums: Sequence[tuple[Counter[_Key], Counter[_Key]]],
    hidden: Sequence[Hidden],
    packages: Sequence[InstalledPackage],
    owned: Mapping[bytes, InstalledPackage],
    base_layers: int,
) -> Contents:
    wasted: list[Counter[Hiding]] = [Counter() for _ in sums]
    for file in hidden:
        wasted[file.layer][file.how] += file.size
    by_package: dict[int, Counter[int]] = {}
    own: list[tuple[bytes, int, int]] = []
    for path, layer, size in tree.files():
        package = owned.get(path)
        if package is not None:
            by_package.setdefault(id(package), Counter())[layer] += size
        elif layer >= base_layers and size:
            own.append((path, layer, size))
    sized = [_package(package, by_package.get(id(package)), base_layers) for package in packages]
    listed, packages_floor = _largest(sized, MAX_PACKAGES, lambda package: package.size)
    files, files_floor = _files(own)
    return Contents(
        shares=shares_of(_total(sizes for sizes, _ in sums), _total(noise for _, noise in sums)),
        wasted=sum(file.size for file in hidden),
        packages=listed,
        packages_floor=packages_floor,
        files=files,
        files_floor=files_floor,
        hidden=tuple(
            HiddenFile(path=_shown(file.path), size=file.size, layer=file.layer, by=file.by, how=file.how)
            for file in nlargest(MAX_HIDDEN, hidden, key=lambda file: file.size)
            if file.size
        ),
        layers=tuple(
            LayerContents(
                shares=shares_of(sizes, noise),
                overwritten=lost[Hiding.OVERWRITTEN],
                deleted=lost[Hiding.DELETED],
                metadata=lost[Hiding.METADATA],
            )
            for (sizes, noise), lost in zip(sums, wasted, strict=True)
        ),
    )


def _total(counters: Iterable[Counter[_Key]]) -> Counter[_Key]:
    total: Counter[_Key] = Counter()
    for counter in counters:
        total.update(counter)
    return total


def _package(package: InstalledPackage, layers: Counter[int] | None, base_layers: int) -> PackageSize:
    layer = max(layers, key=lambda number: (layers[number], -number)) if layers else None
    return PackageSize(
        manager=package.manager,
        name=package.name,
        version=package.version,
        size=sum(layers.values()) if layers else 0,
        layer=layer,
        base=layer is not None and layer < base_layers,
        asked_for=package.asked_for,
        needed_by=package.needed_by,
    )


def _files(own: Sequence[tuple[bytes, int, int]]) -> tuple[tuple[FileSize, ...], int]:
    """The largest of the image, and the largest of each layer besides; and what may be missing below."""
    listed, floor = _largest(own, MAX_FILES, lambda file: file[2])
    by_layer: dict[int, list[tuple[bytes, int, int]]] = {}
    for file in own:
        by_layer.setdefault(file[1], []).append(file)
    for files in by_layer.values():
        listed += tuple(nlargest(_FILES_OF_LAYER, files, key=lambda file: file[2]))
    unique = sorted(set(listed), key=lambda file: (-file[2], file[0]))
    return tuple(FileSize(path=_shown(path), size=size, layer=layer) for path, layer, size in unique), floor


def _largest(items: Sequence[_T], most: int, size: Callable[[_T], int]) -> tuple[tuple[_T, ...], int]:
    """The largest items, and the size from which on all are there."""
    if len(items) <= most:
        return tuple(sorted(items, key=size, reverse=True)), 0
    largest = nlargest(most, items, key=size)
    return tuple(largest), size(largest[-1]) + 1


def _shown(path: bytes) -> str:
    """For people and JSON: a path's text, without what isn't Unicode, and not endlessly long."""
    shown = unicode_text(path[: 4 * MAX_INSTRUCTION])
    return shown if len(shown) <= _LONGEST_PATH else shown[: _LONGEST_PATH - 1] + "…"
