"""Python's installed distributions: `*.dist-info` (PEP 376, PEP 627) and the older `*.egg-info`."""

from __future__ import annotations

import csv
import io
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from bloatcheck.analysis.packages.dependencies import Wishes, reasons
from bloatcheck.analysis.packages.installed_files import InstalledFiles
from bloatcheck.analysis.packages.model import MAX_PACKAGES, InstalledPackage
from bloatcheck.analysis.packages.text import label
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.layer_index import text

_KEPT = {
    b".dist-info": (b"METADATA", b"RECORD", b"INSTALLER", b"top_level.txt"),
    b".egg-info": (b"PKG-INFO", b"installed-files.txt", b"top_level.txt"),
}
_MAX_RECORD = 8 << 20
_MAX_OTHER = 1 << 20
_MOST_FIELDS = 5_000
_MOST_REQUIREMENTS = 2_000
_LONGEST_REQUIREMENT = 256
_NOTES_REQUESTED = (b"pip",)
"""Installers that leave a file REQUESTED with what was asked for, and with nothing else (PEP 376)."""
_FIELD = re.compile(r"^(Name|Version|Requires-Dist):[ \t]*(.*)$", re.MULTILINE | re.IGNORECASE)
_REQUIREMENT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_EXTRA = re.compile(r"\bextra\b")
_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True)
class _Distribution:
    """One that was found. `at` is its folder of metadata, or for old ones the single file."""

    at: bytes
    site: bytes
    name: str
    version: str
    requires: Sequence[str]


class PythonDist:
    """Reads what pip and its like leave beside the modules."""

    name = "python"
    beginnings = ()
    endings = (
        *(b"-info/" + name for names in _KEPT.values() for name in names),
        b".egg-info",
    )

    def captures(self, path: bytes, size: int) -> bool:
        """The metadata and the lists of files."""
        folder, _, name = path.rpartition(b"/")
        if name.endswith(b".egg-info"):
            return size <= _MAX_OTHER
        kept = _KEPT.get(folder[folder.rfind(b".") :], ())
        return name in kept and size <= (
            _MAX_RECORD if name in (b"RECORD", b"installed-files.txt") else _MAX_OTHER
        )

    def installed(
        self, tree: Tree, databases: Sequence[bytes], files: InstalledFiles
    ) -> Iterable[InstalledPackage]:
        """Every distribution, in every place that has them."""
        found = list(islice(_distributions(tree, databases), MAX_PACKAGES))
        asked_for = [_asked_for(tree, each) for each in found]
        wishes = [
            Wishes(_normal(each.name), asked, depends=each.requires)
            for each, asked in zip(found, asked_for, strict=True)
        ]
        for each, asked, reason in zip(found, asked_for, reasons(wishes), strict=True):
            listed, folders = _contents(tree, each, files)
            yield InstalledPackage(
                manager=self.name,
                name=each.name,
                version=each.version,
                files=listed,
                folders=folders,
                asked_for=asked,
                needed_by=reason.needed_by,
            )


def _distributions(tree: Tree, databases: Sequence[bytes]) -> Iterator[_Distribution]:
    for path in databases:
        folder, _, name = path.rpartition(b"/")
        if name in (b"METADATA", b"PKG-INFO"):
            at = folder
        elif name.endswith(b".egg-info"):
            at = path
        elif name == b"RECORD" and folder + b"/METADATA" not in tree:
            at = folder
        else:
            continue
        yield _distribution(at, _text(tree, path) if name != b"RECORD" else "")


def _distribution(at: bytes, metadata: str) -> _Distribution:
    """From the head of the metadata, or else from what the folder is called."""
    head = metadata.partition("\n\n")[0].replace("\r\n", "\n")
    fields: dict[str, list[str]] = {}
    for field in islice(_FIELD.finditer(head), _MOST_FIELDS):
        fields.setdefault(field[1].lower(), []).append(field[2].strip())
    site, _, folder = at.rpartition(b"/")
    # name-version.dist-info, name-version-py3.11.egg-info, name.egg-info
    stem = [label(part) for part in folder.rpartition(b".")[0].split(b"-", 2)]
    named = label(next(iter(fields.get("name", ())), "")) or stem[0]
    version = label(next(iter(fields.get("version", ())), "")) or "".join(stem[1:2])
    requires = [
        _normal(found[0])
        for requirement in fields.get("requires-dist", ())[:_MOST_REQUIREMENTS]
        if (found := _REQUIREMENT.match(requirement[:_LONGEST_REQUIREMENT]))
        and not _EXTRA.search(requirement.partition(";")[2])
    ]
    return _Distribution(at, site, named, version, requires)


def _asked_for(tree: Tree, each: _Distribution) -> bool | None:
    if _text(tree, each.at + b"/INSTALLER").strip().encode() not in _NOTES_REQUESTED:
        return None
    return each.at + b"/REQUESTED" in tree


def _contents(
    tree: Tree, each: _Distribution, files: InstalledFiles
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The files that are listed, and the folders: without a list those that the modules' names tell."""
    if each.at in tree and not tree.is_folder(each.at):
        metadata, folders = [each.at], []
    else:
        metadata = [each.at + b"/" + name for name in tree.children(each.at)]
        folders = [each.at]
    listed = _recorded(tree, each)
    if listed is None:
        modules, packages = _guessed(tree, each)
        return files.find((*metadata, *modules)), (*folders, *packages)
    return files.find(chain(metadata, listed)), tuple(folders)


def _recorded(tree: Tree, each: _Distribution) -> Iterator[bytes] | None:
    """What RECORD or `installed-files.txt` lists, relative to the root; None where neither is there."""
    record = tree.captured(each.at + b"/RECORD")
    if record:
        rows = csv.reader(io.StringIO(text(record.content), newline=""))
        return (_joined(each.site, path) for path in _first_cells(rows))
    lines = tree.captured(each.at + b"/installed-files.txt")
    if lines:
        return (_joined(each.at, path) for path in text(lines.content).split("\n") if path)
    return None


def _first_cells(rows: Iterator[list[str]]) -> Iterator[str]:
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            continue
        if row:
            yield row[0]


def _joined(folder: bytes, path: str) -> bytes:
    """A path in a list, relative to the root; absolute ones stay what they are."""
    joined = posixpath.join(b"/" + folder, path.encode("utf-8", "surrogateescape"))
    return posixpath.normpath(joined).lstrip(b"/") if b"/." in joined else joined.lstrip(b"/")


def _guessed(tree: Tree, each: _Distribution) -> tuple[list[bytes], list[bytes]]:
    """Modules and packages by the names in `top_level.txt`, or else by the distribution's own."""
    named = _text(tree, each.at + b"/top_level.txt").split()[:100] or [_normal(each.name).replace("-", "_")]
    modules, packages = [], []
    for name in named:
        start = each.site + b"/" + name.encode("utf-8", "surrogateescape") if each.site else name.encode()
        modules.append(start + b".py")
        if "/" not in name and tree.is_folder(start):
            packages.append(start)
    return modules, packages


def _text(tree: Tree, path: bytes) -> str:
    captured = tree.captured(path)
    return captured.content.decode("utf-8", "replace") if captured else ""


def _normal(name: str) -> str:
    """The name by which two spellings are the same (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()
