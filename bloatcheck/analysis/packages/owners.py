"""Whose every file is: at most one package's, the one that names it most closely."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bloatcheck.analysis.packages.model import InstalledPackage
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.layer_index import Kind

_SYSTEM = ("deb", "apk", "rpm")
"""Their databases say who put a file there, whatever the file says of itself."""
_COMPILED = re.compile(
    rb"\A(?P<folder>.*)__pycache__/(?P<module>[^/.]+)\.[^/.]+(?:\.opt-[^/.]+)?\.pyc\Z", re.DOTALL
)


def owners(packages: Sequence[InstalledPackage], tree: Tree) -> Mapping[bytes, InstalledPackage]:
    """The package of each file that has one; of several that lay claim to a file, exactly one.

    Files that a database lists come first, those of the system's package manager before those of a
    language's, then what a manager keeps about one package, then folders, the deepest first; compiled Python
    goes with its source, and a file of several names with the package that has one of them. Where two have
    the same claim, the first in the order given has it.
    """
    return Claims(packages).owners(tree, tree)


class Claims:
    """What packages lay claim to; for asking about one layer after the other."""

    def __init__(self, packages: Sequence[InstalledPackage]) -> None:
        self._listed: dict[bytes, InstalledPackage] = {}
        self._folders: dict[bytes, InstalledPackage] = {}
        for package in _by_weight(packages):
            for path in package.files:
                self._listed.setdefault(path, package)
        for package in packages:
            for path in package.database:
                self._listed.setdefault(path, package)
            for folder in package.folders:
                self._folders.setdefault(folder + b"/", package)

    def owners_in(self, layer: int, tree: Tree) -> Mapping[bytes, InstalledPackage]:
        """Of what a layer wrote and can be seen; no work for what lies in others."""
        return self.owners(tree, [path for path in tree.paths_of(layer) if path in tree])

    def owners(self, tree: Tree, paths: Iterable[bytes]) -> Mapping[bytes, InstalledPackage]:
        """Of these visible paths, as `owners` tells it for all."""
        listed = self._listed
        owned: dict[bytes, InstalledPackage] = {}
        rest: list[bytes] = []
        for path in paths:
            if path in listed:
                owned[path] = listed[path]
            else:
                rest.append(path)
        if self._folders:
            owned.update(_within(rest, self._folders))
        owned.update(_compiled(rest, owned, listed))
        if any(Kind.HARD_LINK in layer.records.kinds for layer in tree.layers):
            owned.update(dict(_linked(tree, owned, listed)))
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


def _linked(
    tree: Tree, owned: Mapping[bytes, InstalledPackage], listed: Mapping[bytes, InstalledPackage]
) -> Iterator[tuple[bytes, InstalledPackage]]:
    """Files that nobody has under their own name, with the package that has a hard link to them.

    uv and pnpm link what they install to their cache, and an archive may have the cache first.
    """
    for path, package in owned.items():
        file = tree.file_of(path) if tree.is_hard_link(path) else None
        if file and file[0] not in owned and file[0] not in listed and tree.file_of(file[0]) == file:
            yield file[0], package


def _compiled(
    paths: Iterable[bytes],
    owned: Mapping[bytes, InstalledPackage],
    listed: Mapping[bytes, InstalledPackage],
) -> Iterator[tuple[bytes, InstalledPackage]]:
    """Compiled modules that nobody lists, with the package of their source (PEP 3147)."""
    for path in paths:
        if path.endswith(b".pyc") and path not in owned:
            found = _COMPILED.match(path)
            source = found["folder"] + found["module"] + b".py" if found else b""
            package = owned.get(source) or listed.get(source)
            if package:
                yield path, package
