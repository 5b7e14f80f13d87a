"""Alpine's packages: apk's database of what is installed, and its world (apk-installed(5), apk-world(5))."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from bloatcheck.analysis.packages.dependencies import Wishes, reasons
from bloatcheck.analysis.packages.installed_files import InstalledFiles
from bloatcheck.analysis.packages.model import MAX_PACKAGES, InstalledPackage
from bloatcheck.analysis.packages.text import label
from bloatcheck.analysis.tree import Tree

_FOLDERS = (b"lib/apk/db/", b"usr/lib/apk/db/")
_INSTALLED, _WORLD = b"installed", b"world"
_MAX_DATABASE = 16 << 20
_MOST_RELATIONS = 50_000
"""In one field, or asked for; the longest of Alpine's have some hundreds."""
_VERSION = re.compile(r"[<>=~@].*", re.DOTALL)
"""What follows a name in a dependency: a version, or the repository that it is pinned to."""


@dataclass(slots=True)
class _Entry:
    """One package: its one-letter fields, and its files by the folder they are in."""

    fields: dict[bytes, bytes] = field(default_factory=dict)
    files: list[bytes] = field(default_factory=list)


class Apk:
    """Reads what apk knows."""

    name = "apk"
    beginnings = _FOLDERS
    endings = ()

    def captures(self, path: bytes, size: int) -> bool:
        """The list of what is installed, and what was asked for."""
        folder, slash, name = path.rpartition(b"/")
        return folder + slash in _FOLDERS and name in (_INSTALLED, _WORLD) and size <= _MAX_DATABASE

    def installed(
        self, tree: Tree, databases: Sequence[bytes], files: InstalledFiles
    ) -> Iterable[InstalledPackage]:
        """Every package."""
        for path in databases:
            folder, _, name = path.rpartition(b"/")
            if name == _INSTALLED:
                yield from self._in_database(tree, path, folder + b"/" + _WORLD, files)

    def _in_database(
        self, tree: Tree, path: bytes, world: bytes, files: InstalledFiles
    ) -> Iterator[InstalledPackage]:
        captured = tree.captured(path)
        entries = list(islice(_entries(captured.content, files) if captured else (), MAX_PACKAGES))
        asked_for = _world(tree, world)
        wishes = [_wishes(entry.fields, asked_for) for entry in entries]
        for entry, wish, reason in zip(entries, wishes, reasons(wishes), strict=True):
            yield InstalledPackage(
                manager=self.name,
                name=wish.name,
                version=label(entry.fields.get(b"V")),
                files=tuple(entry.files),
                asked_for=wish.asked_for,
                needed_by=reason.needed_by,
                recommended_by=reason.recommended_by,
                only_recommended=reason.only_recommended,
            )


def _entries(content: bytes, files: InstalledFiles) -> Iterator[_Entry]:
    """The packages; an empty line ends each. `F:` names a folder, the `R:` after it the files in it."""
    for paragraph in content.split(b"\n\n"):
        if b"P:" not in paragraph:
            continue  # nothing but empty lines has millions of paragraphs
        entry = _Entry()
        folder: bytes | None = None
        names: list[bytes] = []
        for line in paragraph.split(b"\n"):
            letter, value = line[:1], line[2:]
            if line[1:2] != b":":
                continue
            if letter == b"F":
                _add(entry, files, folder, names)
                folder, names = value, []
            elif letter == b"R":
                names.append(value)
            elif letter not in (b"M", b"a", b"Z"):
                entry.fields.setdefault(letter, value)
        _add(entry, files, folder, names)
        if label(entry.fields.get(b"P")):
            yield entry


def _add(entry: _Entry, files: InstalledFiles, folder: bytes | None, names: Sequence[bytes]) -> None:
    # a folder that isn't there is asked for once, not for each of its files
    if names and folder is not None and files.folder(folder.strip(b"/")) is not None:
        entry.files += files.find(folder + b"/" + name for name in names)


def _world(tree: Tree, path: bytes) -> set[str] | None:
    """The packages that were asked for; None where nobody noted that."""
    captured = tree.captured(path)
    if captured is None:
        return None
    return set(_names(captured.content))


def _wishes(fields: Mapping[bytes, bytes], asked_for: set[str] | None) -> Wishes:
    name = label(fields.get(b"P"))
    provides = _names(fields.get(b"p", b""))
    return Wishes(
        name,
        None if asked_for is None else name in asked_for or not asked_for.isdisjoint(provides),
        provides=provides,
        depends=_names(fields.get(b"D", b"")),
        recommends=(),
    )


def _names(relations: bytes) -> list[str]:
    """Names without versions; what must not be there (`!name`) is left out."""
    words = (label(word) for word in relations.split(maxsplit=_MOST_RELATIONS)[:_MOST_RELATIONS])
    return [_VERSION.sub("", word) for word in words if not word.startswith("!")]
