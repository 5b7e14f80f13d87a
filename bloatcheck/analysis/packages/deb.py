"""Debian's packages: dpkg's database (dpkg(1), deb-control(5)), apt's notes, and distroless' `status.d`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from bloatcheck.analysis.packages.dependencies import Wishes, reasons
from bloatcheck.analysis.packages.installed_files import InstalledFiles
from bloatcheck.analysis.packages.model import MAX_PACKAGES, InstalledPackage
from bloatcheck.analysis.packages.text import label
from bloatcheck.analysis.tree import Tree

_DPKG = b"var/lib/dpkg/"
_STATUS = _DPKG + b"status"
_PARTS = _DPKG + b"status.d/"
"""Distroless has a file for each package here, and beside it a list of checksums."""
_INFO = _DPKG + b"info/"
_DIVERSIONS = _DPKG + b"diversions"
_EXTENDED_STATES = b"var/lib/apt/extended_states"
_CHECKSUMS = b".md5sums"
_LIST = b".list"
_MAX_DATABASE = 16 << 20
_MAX_LIST = 8 << 20
_MAX_REMEMBERED = 1 << 20
"""Bytes of a database that is remembered; Debian's with a thousand packages have as many."""

_THERE = {"installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"}
"""States in which a package's files are there (the third word of `Status`)."""
_FIELD = re.compile(
    rb"^(Package|Version|Architecture|Status|Essential|Important|Protected|Multi-Arch|Provides|Pre-Depends|"
    rb"Depends|Recommends|Auto-Installed):[ \t]*(.*)$",
    re.MULTILINE | re.IGNORECASE,
)
_DEPENDENCY = re.compile(rb"[A-Za-z0-9][A-Za-z0-9.+_-]*")
_MOST_RELATIONS = 5_000
"""In one field; the longest of Debian's have some hundreds."""


@dataclass(frozen=True, slots=True)
class _Stanza:
    """One package of the database; `file` is that of a `status.d`."""

    name: str
    architecture: str
    fields: Mapping[bytes, bytes]
    file: bytes = b""


class Deb:
    """Reads what dpkg and apt know."""

    name = "deb"
    beginnings = (_DPKG, _EXTENDED_STATES)
    endings = ()

    def captures(self, path: bytes, size: int) -> bool:
        """The status, the lists of files, diversions, and who was asked for."""
        if path in (_STATUS, _EXTENDED_STATES):
            return size <= _MAX_DATABASE
        return size <= _MAX_LIST and (
            path == _DIVERSIONS
            or (path.startswith(_INFO) and path.endswith(_LIST))
            or path.startswith(_PARTS)
        )

    def installed(
        self, tree: Tree, databases: Sequence[bytes], files: InstalledFiles
    ) -> Iterable[InstalledPackage]:
        """Every package whose files are there."""
        stanzas = list(islice(_stanzas(tree, databases), MAX_PACKAGES))
        if not stanzas:
            return
        native = _native_architecture(stanzas)
        names = Counter(stanza.name for stanza in stanzas)
        automatic = _automatic(tree, native)
        wishes = [_wishes(stanza, automatic, native) for stanza in stanzas]
        database = _database_by_package(tree)
        diverted = _diversions(tree)
        for stanza, wish, reason in zip(stanzas, wishes, reasons(wishes), strict=True):
            foreign = names[stanza.name] > 1 and stanza.architecture not in (native, "all")
            own, paths = _listed(tree, stanza, database)
            if not diverted.keys().isdisjoint(paths):
                paths = [_diverted_to(path, stanza.name, diverted) for path in paths]
            yield InstalledPackage(
                manager=self.name,
                name=f"{stanza.name}:{stanza.architecture}" if foreign else stanza.name,
                version=label(stanza.fields.get(b"version")),
                files=files.find(paths),
                database=tuple(own),
                asked_for=wish.asked_for,
                needed_by=reason.needed_by,
                recommended_by=reason.recommended_by,
                only_recommended=reason.only_recommended,
            )


def _stanzas(tree: Tree, databases: Sequence[bytes]) -> Iterator[_Stanza]:
    for stanza in _parse(_content(tree, _STATUS)):
        words = stanza.fields.get(b"status", b"").decode("ascii", "replace").split()
        if words[2:3] and words[2] in _THERE:
            yield stanza
    for path in databases:
        if path.startswith(_PARTS) and not path.endswith(_CHECKSUMS):
            for stanza in islice(_parse(_content(tree, path)), 1):
                yield _Stanza(stanza.name, stanza.architecture, stanza.fields, path)


def _parse(content: bytes) -> Iterable[_Stanza]:
    """The paragraphs of a control file that name a package, with the fields used here."""
    return _remembered(content) if len(content) <= _MAX_REMEMBERED else _parsed(content)


@lru_cache(maxsize=8)
def _remembered(content: bytes) -> tuple[_Stanza, ...]:
    """Hundreds of images may have the same base, one after the other."""
    return tuple(_parsed(content))


def _parsed(content: bytes) -> Iterator[_Stanza]:
    unfolded = content.replace(b"\n ", b" ").replace(b"\n\t", b" ")
    for paragraph in unfolded.split(b"\n\n"):
        if len(paragraph) <= len(b"Package:"):
            continue  # nothing but empty lines has millions of paragraphs
        fields = {found[1].lower(): found[2].strip() for found in _FIELD.finditer(paragraph)}
        name = label(fields.get(b"package"))
        if name:
            yield _Stanza(name, label(fields.get(b"architecture")), fields)


def _content(tree: Tree, path: bytes) -> bytes:
    captured = tree.captured(path)
    return captured.content if captured else b""


def _native_architecture(stanzas: Sequence[_Stanza]) -> str:
    """That of dpkg itself; where it isn't there, that of most packages."""
    own = [stanza.architecture for stanza in stanzas if stanza.name == "dpkg"]
    counted = Counter(stanza.architecture for stanza in stanzas if stanza.architecture != "all")
    return own[0] if own else min(counted, key=lambda name: (-counted[name], name), default="")


def _automatic(tree: Tree, native: str) -> set[tuple[str, str]] | None:
    """(name, architecture) of what apt installed for the sake of others; None where apt didn't note it."""
    if tree.captured(_EXTENDED_STATES) is None:
        return None
    return {
        (stanza.name, stanza.architecture or native)
        for stanza in _parse(_content(tree, _EXTENDED_STATES))
        if stanza.fields.get(b"auto-installed") == b"1"
    }


def _wishes(stanza: _Stanza, automatic: set[tuple[str, str]] | None, native: str) -> Wishes:
    fields = stanza.fields
    asked_for = None
    if automatic is not None:
        # apt notes packages for all architectures under the machine's own
        architecture = native if stanza.architecture in ("", "all") else stanza.architecture
        asked_for = not {(stanza.name, architecture), (stanza.name, "all")} & automatic
    return Wishes(
        stanza.name,
        asked_for,
        provides=_names(fields, b"provides"),
        depends=(*_names(fields, b"pre-depends"), *_names(fields, b"depends")),
        recommends=_names(fields, b"recommends"),
        essential=any(
            fields.get(name, b"").lower() == b"yes" for name in (b"essential", b"important", b"protected")
        ),
    )


def _names(fields: Mapping[bytes, bytes], field: bytes) -> list[str]:
    """The packages named in a relationship field: every alternative, without versions and architectures."""
    relations = re.split(rb"[,|]", fields.get(field, b""), maxsplit=_MOST_RELATIONS)[:_MOST_RELATIONS]
    found = (_DEPENDENCY.match(relation.lstrip()) for relation in relations)
    return [label(name[0]) for name in found if name]


def _database_by_package(tree: Tree) -> dict[str, list[bytes]]:
    """The files that dpkg keeps about each package, by `name` or `name:architecture`."""
    by_package: dict[str, list[bytes]] = {}
    for path in tree:
        if path.startswith(_INFO):
            package = path[len(_INFO) :].rpartition(b".")[0]
            by_package.setdefault(label(package), []).append(path)
    return by_package


def _listed(
    tree: Tree, stanza: _Stanza, database: MutableMapping[str, list[bytes]]
) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """The files that dpkg keeps about a package, and the paths that they say are its.

    Takes them out of `database`: of two packages of one name, the second doesn't have them too.
    """
    if stanza.file:
        checksums = stanza.file + _CHECKSUMS
        lines = _content(tree, checksums).split(b"\n")
        own = [path for path in (stanza.file, checksums) if path in tree]
        return own, [line.partition(b"  ")[2].removeprefix(b"./") for line in lines]
    for key in (f"{stanza.name}:{stanza.architecture}", stanza.name):
        if key in database:
            own = sorted(database.pop(key))
            lists = [path for path in own if path.endswith(_LIST)]
            return own, [path for each in lists for path in _content(tree, each).split(b"\n")]
    return (), ()


def _diversions(tree: Tree) -> Mapping[bytes, tuple[bytes, str]]:
    """Path -> (where it was moved to, the package whose own file may stay there); dpkg-divert(1)."""
    lines = _content(tree, _DIVERSIONS).split(b"\n")
    return {
        path: (moved_to, label(package))
        for path, moved_to, package in zip(lines[::3], lines[1::3], lines[2::3], strict=False)
    }


def _diverted_to(path: bytes, package: str, diverted: Mapping[bytes, tuple[bytes, str]]) -> bytes:
    moved_to, stays = diverted.get(path, (path, package))
    return path if stays == package else moved_to
