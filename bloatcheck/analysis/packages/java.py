"""Java archives: who they are, by their manifest, Maven's properties, or else the name of the file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO

from bloatcheck.analysis.packages.installed_files import InstalledFiles
from bloatcheck.analysis.packages.model import MAX_PACKAGES, InstalledPackage, Part
from bloatcheck.analysis.packages.text import label
from bloatcheck.analysis.packages.zip_directory import content, members, read_directory
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.capture import Captured, OnlyIf

KIND = "java"
"""Of what is kept: JSON of `manifest`, `poms` and `nested`."""

_ENDINGS = (b".jar", b".war", b".ear")
_MANIFEST = b"META-INF/MANIFEST.MF"
_POM = re.compile(rb"META-INF/maven/[^/]+/[^/]+/pom\.properties")
_LOOKED_FOR = (_MANIFEST, b"/pom.properties", *_ENDINGS)
_MAX_ARCHIVE = 2 << 30
_MAX_MANIFEST = 64 << 10
_MAX_POM = 4 << 10
_MOST_MEMBERS = 500
_VERSIONS = ("Implementation-Version", "Bundle-Version", "Specification-Version")
_MANIFEST_FIELD = re.compile(rb"^(%s):(.*)$" % "|".join(_VERSIONS).encode(), re.MULTILINE)
_POM_FIELDS = ("groupId", "artifactId", "version")
_POM_FIELD = re.compile(rb"^[ \t]*(%s)[ \t]*=(.*)$" % "|".join(_POM_FIELDS).encode(), re.MULTILINE)
_VERSION_IN_NAME = re.compile(r"-(?=[0-9])")


class Java:
    """Reads the facts that `extract_java` kept."""

    name = "java"
    beginnings = ()
    endings = _ENDINGS

    def captures(self, path: bytes, size: int) -> bool:
        """Every archive of classes."""
        return path.endswith(_ENDINGS) and 0 < size <= _MAX_ARCHIVE

    def installed(
        self, tree: Tree, databases: Sequence[bytes], files: InstalledFiles
    ) -> Iterable[InstalledPackage]:
        """Each archive is a package; what it has within, its parts."""
        del files
        for path in islice(databases, MAX_PACKAGES):
            captured = tree.captured(path)
            if captured is None or captured.kind != KIND:
                continue
            facts = json.loads(captured.content)
            name, version, main = _identity(path, facts)
            yield InstalledPackage(
                manager=self.name,
                name=name,
                version=version,
                files=(path,),
                parts=tuple(_parts(facts, main)),
            )


def extract_java(file: BinaryIO, size: int) -> Captured | None:
    """What tells who an archive is, and what archives it has within; None where it isn't one.

    Of the archive, its directory is read and the beginnings of a few members.
    """
    manifest: dict[str, str] | None = None
    poms: list[list[str]] = []
    nested: list[tuple[str, int]] = []
    directory = read_directory(file, size)
    if directory is None:
        return None
    for member in members(directory, _LOOKED_FOR):
        name = member.name
        if name == _MANIFEST:
            if manifest is None:
                manifest = _fields(content(file, member, _MAX_MANIFEST), _MANIFEST_FIELD)
        elif len(nested) < _MOST_MEMBERS and name.endswith(_ENDINGS):
            nested.append((label(name.rpartition(b"/")[2]), member.size))
        elif len(poms) < _MOST_MEMBERS and _POM.fullmatch(name):
            fields = _fields(content(file, member, _MAX_POM), _POM_FIELD)
            poms.append([fields.get(key, "") for key in _POM_FIELDS])
    facts = {"manifest": manifest or {}, "poms": poms, "nested": nested}
    return Captured(KIND, json.dumps(facts, separators=(",", ":")).encode())


EXTRACT = OnlyIf((b"PK", b"#!"), extract_java)
"""An archive may have a shell script in front that starts it."""


def _fields(written: bytes, field: re.Pattern[bytes]) -> dict[str, str]:
    """The fields that are used, the first of each name. Long lines of a manifest go on after a space."""
    fields: dict[str, str] = {}
    for found in field.finditer(written.replace(b"\r\n", b"\n").replace(b"\n ", b"")):
        fields.setdefault(found[1].decode(), label(found[2]))
    return fields


def _identity(path: bytes, facts: Mapping[str, Any]) -> tuple[str, str, Sequence[str] | None]:
    """(name, version, Maven's properties of the archive itself).

    An archive that took in others has their properties too: its own are those that the file is named for.
    """
    stem = label(path.rpartition(b"/")[2].rpartition(b".")[0])
    named, *rest = _VERSION_IN_NAME.split(stem, maxsplit=1)
    manifest, poms = facts["manifest"], facts["poms"]
    own = [pom for pom in poms if pom[1] and (stem == pom[1] or stem.startswith(f"{pom[1]}-"))]
    main = max(own, key=lambda pom: len(pom[1]), default=poms[0] if len(poms) == 1 and poms[0][1] else None)
    if main:
        return main[1], main[2] or "".join(rest), main
    version = "".join(rest) or next((manifest[key] for key in _VERSIONS if manifest.get(key)), "")
    return named, version, None


def _parts(facts: Mapping[str, Any], main: Sequence[str] | None) -> Iterator[Part]:
    for name, size in facts["nested"]:
        named, *version = _VERSION_IN_NAME.split(name.rpartition(".")[0], maxsplit=1)
        yield Part(named, "".join(version), size)
    for pom in facts["poms"]:
        if pom is not main and pom[1]:
            yield Part(pom[1], pom[2])
