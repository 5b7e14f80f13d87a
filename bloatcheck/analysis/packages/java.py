"""Java archives: who they are, by their manifest, Maven's properties, or else the name of the file."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO

from bloatcheck.analysis.packages.installed_files import InstalledFiles
from bloatcheck.analysis.packages.model import MAX_PACKAGES, InstalledPackage, Part
from bloatcheck.analysis.packages.text import label
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.capture import Captured, OnlyIf

KIND = "java"
"""Of what is kept: JSON of `manifest`, `poms` and `nested`."""

_ENDINGS = (b".jar", b".war", b".ear")
_MANIFEST = "META-INF/MANIFEST.MF"
_POM = re.compile(r"META-INF/maven/[^/]+/[^/]+/pom\.properties")
_MAX_ARCHIVE = 2 << 30
_MAX_READ = 16 << 20
"""Read at once: the directory of an archive of two hundred thousand files."""
_MAX_MEMBER = 64 << 10
_MOST_MEMBERS = 500
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    ValueError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    OverflowError,
    LookupError,
)
"""What zipfile raises on archives that nobody should make."""
_VERSIONS = ("Implementation-Version", "Bundle-Version", "Specification-Version")
_POM_FIELDS = ("groupId", "artifactId", "version")
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

    Few and small members are read, and those only where they are stored or deflated.
    """
    del size
    facts: dict[str, Any] = {"manifest": {}, "poms": [], "nested": []}
    try:
        with zipfile.ZipFile(_Frugal(file)) as archive:
            for member in archive.infolist():
                _take(archive, member, facts)
    except _DAMAGE:
        if not any(facts.values()):
            return None
    return Captured(KIND, json.dumps(facts, separators=(",", ":")).encode())


EXTRACT = OnlyIf((b"PK", b"#!"), extract_java)
"""An archive may have a shell script in front that starts it."""


class _Frugal:
    """A file that is never read in large pieces, such as the directory of a million members."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        """As of a file.

        Raises:
            zipfile.BadZipFile: too much at once.
        """
        content = self._file.read(size if 0 <= size <= _MAX_READ else _MAX_READ + 1)
        if len(content) > _MAX_READ:
            raise zipfile.BadZipFile
        return content

    def seekable(self) -> bool:
        """It is."""
        return True


def _take(archive: zipfile.ZipFile, member: zipfile.ZipInfo, facts: dict[str, Any]) -> None:
    name = member.filename
    if name.endswith((".jar", ".war")):
        if len(facts["nested"]) < _MOST_MEMBERS:
            facts["nested"].append([label(name.rpartition("/")[2]), member.compress_size])
    elif name == _MANIFEST:
        fields = _fields(_read(archive, member), ":")
        facts["manifest"] = {key: fields[key] for key in _VERSIONS if key in fields}
    elif len(facts["poms"]) < _MOST_MEMBERS and _POM.fullmatch(name):
        fields = _fields(_read(archive, member), "=")
        facts["poms"].append([fields.get(key, "") for key in _POM_FIELDS])


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    if member.compress_type not in _METHODS:
        return ""
    with archive.open(member) as content:
        return content.read(_MAX_MEMBER).decode("utf-8", "replace")


def _fields(content: str, separator: str) -> dict[str, str]:
    """`name<separator>value` a line. Long lines of a manifest go on after a space."""
    fields: dict[str, str] = {}
    for line in content.replace("\r\n", "\n").replace("\n ", "").split("\n"):
        name, found, value = line.partition(separator)
        if found:
            fields.setdefault(name.strip(), label(value))
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
