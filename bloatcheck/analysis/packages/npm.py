"""Packages of npm, yarn and pnpm: whatever lies in a `node_modules` folder with its `package.json`."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from bloatcheck.analysis.packages.dependencies import Wishes, reasons
from bloatcheck.analysis.packages.installed_files import InstalledFiles
from bloatcheck.analysis.packages.model import MAX_PACKAGES, InstalledPackage
from bloatcheck.analysis.packages.text import label
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.layer_index import text

_MODULES = b"node_modules"
_MANIFEST = b"package.json"
_LOCK = b"node_modules/.package-lock.json"
"""npm's own list of what it put beside it; says what only developers need."""
_STORED = re.compile(rb"/\.pnpm/@?[^/@]{1,256}@([^/@_(]{1,256})")
"""How pnpm calls the folder of a package, whose files may be links to ones that have no names."""
_MAX_MANIFEST = 1 << 20
_MAX_LOCK = 8 << 20
_NEEDS = ("dependencies", "optionalDependencies", "peerDependencies")
_PROJECT_NEEDS = (*_NEEDS, "devDependencies")
_MOST_NEEDS = 2_000
_DEEPEST = 64
"""Folders above one where a dependency is looked for."""
_MOST_LOOKUPS = 3_000_000
"""Folders in which the dependencies of all packages together are looked for."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Package:
    """What is used of a manifest. The rest isn't kept: as objects JSON can take thirty times its bytes.

    `needs` are names by the kind of the need. `is_described`: it has a manifest.
    """

    folder: bytes
    name: str
    version: str
    needs: Mapping[str, Sequence[bytes]]
    is_described: bool

    @classmethod
    def of(cls, folder: bytes, manifest: Json) -> _Package:
        """By the manifest, or else by how the folder is called."""
        stored = _STORED.search(folder)
        return cls(
            folder,
            name=label(manifest.get("name")) or label(_folder_name(folder)),
            version=label(manifest.get("version")) or label(stored[1] if stored else b""),
            needs={kind: _names(manifest.get(kind)) for kind in _PROJECT_NEEDS if kind in manifest},
            is_described=bool(manifest),
        )


class Npm:
    """Reads the manifests of installed packages."""

    name = "npm"
    beginnings = ()
    endings = (_MANIFEST, _LOCK)

    def captures(self, path: bytes, size: int) -> bool:
        """The manifests of packages and of the projects that use them, not those deep within a package."""
        if path == _LOCK or path.endswith(b"/" + _LOCK):
            return size <= _MAX_LOCK
        if path != _MANIFEST and not path.endswith(b"/" + _MANIFEST):
            return False
        folder = path[: -len(_MANIFEST)].rstrip(b"/")
        return size <= _MAX_MANIFEST and (not _within_modules(folder) or _folder_name(folder) is not None)

    def installed(
        self, tree: Tree, databases: Sequence[bytes], files: InstalledFiles
    ) -> Iterable[InstalledPackage]:
        """Every package, nested ones too, each where it lies."""
        del files
        packages: dict[bytes, _Package] = {}
        projects: list[_Package] = []
        development: dict[bytes, bool] = {}
        for path in islice(databases, 2 * MAX_PACKAGES):
            document = _document(tree, path)
            if path.endswith(_LOCK):
                development.update(_development(path[: -len(_LOCK)], document))
                continue
            found = _Package.of(path[: -len(_MANIFEST)].rstrip(b"/"), document)
            if _within_modules(found.folder):
                packages[found.folder] = found
            else:
                projects.append(found)
        finder = _Finder(tree, packages)
        asked_for = {folder for project in projects for folder in finder.needs(project, _PROJECT_NEEDS)}
        ordered = list(islice(packages.values(), MAX_PACKAGES))
        asked = [_asked_for(package.folder, asked_for) for package in ordered]
        wishes = [
            Wishes(
                package.name,
                wanted,
                provides=(_key(package.folder),),
                depends=[_key(folder) for folder in finder.needs(package, _NEEDS)],
            )
            for package, wanted in zip(ordered, asked, strict=True)
        ]
        for package, wanted, reason in zip(ordered, asked, reasons(wishes), strict=True):
            yield InstalledPackage(
                manager=self.name,
                name=package.name,
                version=package.version,
                files=(package.folder + b"/" + _MANIFEST,),
                folders=(package.folder,),
                asked_for=wanted,
                needed_by=reason.needed_by,
                development=development.get(package.folder),
            )


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds the package that a name means to one package, as Node does: in its own folder, then above."""

    tree: Tree
    packages: Mapping[bytes, _Package]
    _lookups: Iterator[int] = field(default_factory=lambda: iter(range(_MOST_LOOKUPS)))

    def needs(self, package: _Package, kinds: Sequence[str]) -> Iterator[bytes]:
        """The folders of the packages that it depends on."""
        for name in islice(self._named(package, kinds), _MOST_NEEDS):
            folder = self._find(package.folder, name)
            if folder is not None and folder != package.folder:
                yield folder

    def _named(self, package: _Package, kinds: Sequence[str]) -> Iterator[bytes]:
        """What the manifest names; without one, what pnpm linked beside the package."""
        for kind in kinds:
            yield from package.needs.get(kind, ())
        if not package.is_described and _STORED.search(package.folder):
            modules = package.folder[: package.folder.rfind(_MODULES) + len(_MODULES)]
            for name in self.tree.children(modules):
                if name.startswith(b"@"):
                    scoped = self.tree.children(modules + b"/" + name)
                    yield from (name + b"/" + each for each in scoped)
                else:
                    yield name

    def _find(self, folder: bytes, name: bytes) -> bytes | None:
        for _ in zip(range(_DEEPEST), self._lookups, strict=False):
            if folder.rpartition(b"/")[2] != _MODULES:
                at = b"/".join(part for part in (folder, _MODULES, name) if part)
                if at in self.packages:
                    return at
                if at in self.tree:
                    # pnpm links each package's dependencies beside it
                    real = self.tree.resolve(at)
                    return real if real in self.packages else None
            if not folder:
                return None
            folder = folder.rpartition(b"/")[0]
        return None


def _names(needs: object) -> Sequence[bytes]:
    names = islice(needs, _MOST_NEEDS) if isinstance(needs, dict) else ()
    return tuple(name.encode("utf-8", "surrogatepass") for name in names)


def _within_modules(folder: bytes) -> bool:
    return folder.startswith(_MODULES + b"/") or b"/" + _MODULES + b"/" in folder


def _folder_name(folder: bytes) -> bytes | None:
    """`name` or `@scope/name` of a package's folder; None for a folder within or around packages."""
    above, _, name = (b"/" + folder).rpartition(b"/" + _MODULES + b"/")
    parts = name.split(b"/")
    scoped = name.startswith(b"@")
    plain = not parts[0].startswith(b".") and len(parts) == 1 + scoped
    return name if plain and (above or folder.startswith(_MODULES)) else None


def _document(tree: Tree, path: bytes) -> Json:
    captured = tree.captured(path)
    try:
        document = json.loads(captured.content) if captured else {}
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _development(project: bytes, lock: Json) -> Iterator[tuple[bytes, bool]]:
    """Whether only developers need a package, by its folder."""
    entries = lock.get("packages")
    for at, entry in entries.items() if isinstance(entries, dict) else ():
        if isinstance(entry, dict):
            folder = project + at.encode("utf-8", "surrogatepass")
            yield folder, entry.get("dev") is True or entry.get("devOptional") is True


def _asked_for(folder: bytes, asked_for: set[bytes]) -> bool | None:
    """Known where some project says what it wants; a package within another one's folder came along."""
    nested = (b"/" + folder).count(b"/" + _MODULES + b"/") > 1
    if not asked_for and not nested:
        return None
    return folder in asked_for


def _key(folder: bytes) -> str:
    """A package's place as a name that no package has."""
    return posixpath.join("/", text(folder))
