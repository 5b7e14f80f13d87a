"""Which packages are installed, and whose every file is. One reader a package manager, all of them here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import BinaryIO

from bloatcheck.analysis.packages.apk import Apk
from bloatcheck.analysis.packages.deb import Deb
from bloatcheck.analysis.packages.gem import Gem
from bloatcheck.analysis.packages.go import Go, tells_of_go
from bloatcheck.analysis.packages.installed_files import InstalledFiles
from bloatcheck.analysis.packages.java import EXTRACT as EXTRACT_JAVA
from bloatcheck.analysis.packages.java import Java
from bloatcheck.analysis.packages.model import InstalledPackage, PackageManager, Part
from bloatcheck.analysis.packages.npm import Npm
from bloatcheck.analysis.packages.owners import owners, without_carried
from bloatcheck.analysis.packages.python_dist import PythonDist
from bloatcheck.analysis.packages.rpm import Rpm
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.capture import Captured, Extract
from bloatcheck.image.layer_index import LayerIndex

__all__ = [
    "MANAGERS",
    "VERSION",
    "InstalledPackage",
    "PackageManager",
    "Part",
    "captures",
    "changes_packages",
    "databases",
    "extract",
    "installed",
    "owners",
]

VERSION = "1"
"""Of what is captured; to be raised with every change of it."""

MANAGERS: tuple[PackageManager, ...] = (Deb(), Apk(), Rpm(), PythonDist(), Npm(), Gem(), Java(), Go())

_BEGINNINGS = tuple(beginning for manager in MANAGERS for beginning in manager.beginnings)
_ENDINGS = tuple(ending for manager in MANAGERS for ending in manager.endings)
_CACHE = b"/.cache/"
"""uv and yarn keep packages unpacked in there."""


def captures(path: bytes, size: int) -> bool:
    """Whether the content of this file tells of packages."""
    return (path.endswith(_ENDINGS) or path.startswith(_BEGINNINGS)) and any(
        manager.captures(path, size) for manager in MANAGERS
    )


def extract(path: bytes, size: int) -> Extract | None:
    """What to keep of the file at this clean path; None where it tells nothing of packages."""
    if not captures(path, size):
        return None
    return EXTRACT_JAVA if Java().captures(path, size) else _whole


def changes_packages(layer: LayerIndex) -> bool:
    """Whether a layer tells anything of packages, so that with it others may be there than before."""
    return any(
        captures(path, 1) or tells_of_go(captured) for path, captured in (layer.captured or {}).items()
    )


def databases(paths: Iterable[bytes]) -> set[bytes]:
    """Those of the paths at which a package may be told of."""
    return {
        path
        for path in paths
        if (path.endswith(_ENDINGS) and _CACHE not in path) or path.startswith(_BEGINNINGS)
    }


def installed(tree: Tree, candidates: Collection[bytes] | None = None) -> tuple[InstalledPackage, ...]:
    """Every package, manager by manager, in an order that is the same for the same image.

    `candidates` are the `databases` of all layers, for who asks after each of them.

    A language's package that came wholly with one of the system's isn't told again, and what lies in a
    cache isn't installed.
    """
    known = databases(tree) if candidates is None else candidates
    there = sorted(path for path in known if path in tree)
    files = InstalledFiles(tree)
    found: list[InstalledPackage] = []
    for manager in MANAGERS:
        found += sorted(manager.installed(tree, _own(manager, there), files), key=_order)
    return tuple(without_carried(found))


def _own(manager: PackageManager, candidates: Sequence[bytes]) -> list[bytes]:
    return [
        path
        for path in candidates
        if (path.endswith(manager.endings) or path.startswith(manager.beginnings))
        # whatever was too large wasn't kept
        and manager.captures(path, 1)
    ]


def _order(package: InstalledPackage) -> tuple[str, str, bytes]:
    return package.name, package.version, min(package.files, default=b"")


def _whole(file: BinaryIO, size: int) -> Captured:
    return Captured("whole", file.read(size))
