"""Finds in an image what may not be there: paths and packages that the configuration forbids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from re import compile as compile_pattern

from bloatcheck.analysis.advice.paths import PathPatterns
from bloatcheck.analysis.advice.shown import shown
from bloatcheck.analysis.inventory import Inventory

MOST = 50


@dataclass(frozen=True, slots=True)
class ForbiddenThing:
    """A path or package that is in the image. `size` is in bytes, `layer` counts from 0."""

    subject: str
    size: int
    layer: int | None


def find_forbidden(
    inventory: Inventory, *, paths: Sequence[str] = (), packages: Sequence[str] = ()
) -> tuple[ForbiddenThing, ...]:
    """What is forbidden and there, the largest first, at most `MOST`.

    Args:
        inventory: the image.
        paths: patterns as `.gitignore` writes them; files and links that can be seen, those of the base too.
            A folder that fits is one thing, with all in it.
        packages: shell patterns of names (`gcc*`), or of `manager:name`.
    """
    found = [*_paths(inventory, paths), *_packages(inventory, packages)]
    return tuple(sorted(found, key=lambda thing: (-thing.size, thing.subject))[:MOST])


def _paths(inventory: Inventory, patterns: Sequence[str]) -> Iterator[ForbiddenThing]:
    """Files one by one, but a folder that is forbidden itself as one thing with all in it."""
    if not patterns:
        return
    chosen = PathPatterns(patterns)
    folders: dict[bytes, bytes | None] = {b"": None}
    found: dict[bytes, Counter[int]] = {}
    for path in inventory.tree.not_folders():
        node = inventory.tree.get(path)
        if node and path in chosen:
            top = _highest(path.rpartition(b"/")[0], chosen, folders)
            found.setdefault(path if top is None else top, Counter())[node.layer] += node.size
    for path, sizes in found.items():
        yield _thing(shown(path), sizes)


def _highest(folder: bytes, chosen: PathPatterns, known: dict[bytes, bytes | None]) -> bytes | None:
    """The highest chosen folder among a folder and those above; `known` are the answers so far."""
    asked = []
    while folder not in known:
        asked.append(folder)
        folder = folder.rpartition(b"/")[0]
    highest = known[folder]
    for below in reversed(asked):
        if highest is None and below in chosen:
            highest = below
        known[below] = highest
    return highest


def _packages(inventory: Inventory, patterns: Sequence[str]) -> Iterator[ForbiddenThing]:
    if not patterns:
        return
    chosen = compile_pattern("|".join(translate(pattern) for pattern in patterns))
    found = {
        id(package): (package, Counter[int]())
        for package in inventory.packages
        if chosen.match(package.name) or chosen.match(f"{package.manager}:{package.name}")
    }
    for path, layer, size in inventory.tree.files() if found else ():
        owner = inventory.owners.get(path)
        if owner is not None and id(owner) in found:
            found[id(owner)][1][layer] += size
    for package, sizes in found.values():
        yield _thing(f"{package.name} {package.version} ({package.manager})", sizes)


def _thing(subject: str, sizes: Counter[int]) -> ForbiddenThing:
    """By the layer that has most of it."""
    layer = max(sizes, key=lambda number: (sizes[number], -number), default=None)
    return ForbiddenThing(subject, sum(sizes.values()), layer)
