"""Finds in an image what may not be there: paths and packages that the configuration forbids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from re import compile as compile_pattern

from bloatcheck.analysis.advice.paths import PathPatterns
from bloatcheck.analysis.advice.shown import shown
from bloatcheck.analysis.inventory import Inventory
from bloatcheck.image.layer_index import Kind

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
        packages: shell patterns of names (`gcc*`), or of `manager:name`.
    """
    found = [*_paths(inventory, paths), *_packages(inventory, packages)]
    return tuple(sorted(found, key=lambda thing: (-thing.size, thing.subject))[:MOST])


def _paths(inventory: Inventory, patterns: Sequence[str]) -> Iterator[ForbiddenThing]:
    if not patterns:
        return
    chosen = PathPatterns(patterns)
    for path in inventory.tree:
        if path not in chosen:
            continue
        node = inventory.tree.get(path)
        if node and node.kind != Kind.DIRECTORY:
            yield ForbiddenThing(shown(path), node.size, node.layer)


def _packages(inventory: Inventory, patterns: Sequence[str]) -> Iterator[ForbiddenThing]:
    if not patterns:
        return
    chosen = compile_pattern("|".join(translate(pattern) for pattern in patterns))
    sizes = {
        (package.manager, package.name, package.version): package for package in inventory.contents.packages
    }
    for package in inventory.packages:
        if chosen.match(package.name) or chosen.match(f"{package.manager}:{package.name}"):
            known = sizes.get((package.manager, package.name, package.version))
            yield ForbiddenThing(
                f"{package.name} {package.version} ({package.manager})",
                known.size if known else 0,
                known.layer if known else None,
            )
