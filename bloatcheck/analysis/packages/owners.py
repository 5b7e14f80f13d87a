"""Whose every file is: at most one package's, the one that names it most closely."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bloatcheck.analysis.packages.model import InstalledPackage
from bloatcheck.analysis.tree import Tree

_SYSTEM = ("deb", "apk", "rpm")
"""Their databases say who put a file there, whatever the file says of itself."""
_COMPILED = re.compile(
    rb"\A(?P<folder>.*)__pycache__/(?P<module>[^/.]+)\.[^/.]+(?:\.opt-[^/.]+)?\.pyc\Z", re.DOTALL
)


def owners(packages: Sequence[InstalledPackage], tree: Tree) -> Mapping[bytes, InstalledPackage]:
    """The package of each file that has one; of several that lay claim to a file, exactly one.

    Files that a database lists come first, those of the system's package manager before those of a
    language's, then what a manager keeps about one package, then folders, the deepest first; and compiled
    Python goes with its source. Where two have the same claim, the first in the order given has it.
    """
    owned: dict[bytes, InstalledPackage] = {}
    for package in _by_weight(packages):
        for path in package.files:
            owned.setdefault(path, package)
    for package in packages:
        for path in package.database:
            owned.setdefault(path, package)
    folders: dict[bytes, InstalledPackage] = {}
    for package in packages:
        for folder in package.folders:
            folders.setdefault(folder + b"/", package)
    rest = [path for path in tree if path not in owned]
    if folders:
        owned.update(_within(rest, folders))
    owned.update(_compiled(rest, owned))
    return owned


def without_carried(packages: Iterable[InstalledPackage]) -> Iterator[InstalledPackage]:
    """The packages but for those that are wholly part of one of the system's, as python3-yaml has PyYAML."""
    listed = list(packages)
    system = {path for package in listed if package.manager in _SYSTEM for path in package.files}
    for package in listed:
        if package.manager in _SYSTEM or not package.files or not system.issuperset(package.files):
            yield package


def _by_weight(packages: Iterable[InstalledPackage]) -> list[InstalledPackage]:
    return sorted(packages, key=lambda package: package.manager not in _SYSTEM)


def _within(
    paths: Iterable[bytes], folders: Mapping[bytes, InstalledPackage]
) -> Iterator[tuple[bytes, InstalledPackage]]:
    """Each path that lies in a folder, with the package of the deepest such folder; one pass in order."""
    ordered = sorted(folders)
    position = 0
    around: list[bytes] = []
    for path in sorted(paths):
        while position < len(ordered) and ordered[position] <= path:
            around.append(ordered[position])
            position += 1
        while around and not path.startswith(around[-1]):
            around.pop()
        if around:
            yield path, folders[around[-1]]


def _compiled(
    paths: Iterable[bytes], owned: Mapping[bytes, InstalledPackage]
) -> Iterator[tuple[bytes, InstalledPackage]]:
    """Compiled modules that nobody lists, with the package of their source (PEP 3147)."""
    for path in paths:
        if path.endswith(b".pyc") and path not in owned:
            found = _COMPILED.match(path)
            package = owned.get(found["folder"] + found["module"] + b".py") if found else None
            if package:
                yield path, package
