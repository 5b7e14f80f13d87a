"""Packages of the Red Hat and SUSE families: rpm's database in SQLite, which rpm writes since 4.16."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from bloatcheck.analysis.packages import rpm_header
from bloatcheck.analysis.packages.dependencies import Wishes, reasons
from bloatcheck.analysis.packages.installed_files import InstalledFiles
from bloatcheck.analysis.packages.model import MAX_PACKAGES, InstalledPackage
from bloatcheck.analysis.packages.rpm_database import package_headers
from bloatcheck.analysis.packages.text import label
from bloatcheck.analysis.tree import Tree

_DATABASES = (b"var/lib/rpm/rpmdb.sqlite", b"usr/lib/sysimage/rpm/rpmdb.sqlite")
_MAX_DATABASE = 128 << 20
_MOST_WISHES = 2_000
_MOST_VALUES = 5_000_000
"""Files and relations of all packages; a large system has half a million."""
_KEY = "gpg-pubkey"
"""A key that packages are signed with is kept like a package, but is none."""
_ANY_ARCHITECTURE = "noarch"


@dataclass(frozen=True, slots=True)
class _Installed:
    name: str
    version: str
    architecture: str
    files: tuple[bytes, ...]
    wishes: Wishes


class Rpm:
    """Reads what rpm knows. Who was asked for, rpm doesn't."""

    name = "rpm"
    beginnings = _DATABASES
    endings = ()

    def captures(self, path: bytes, size: int) -> bool:
        """The database."""
        return path in _DATABASES and size <= _MAX_DATABASE

    def installed(
        self, tree: Tree, databases: Sequence[bytes], files: InstalledFiles
    ) -> Iterable[InstalledPackage]:
        """Every package."""
        for path in databases:
            captured = tree.captured(path)
            if captured:
                yield from self._packages(list(islice(_read(captured.content, files), MAX_PACKAGES)))

    def _packages(self, packages: Sequence[_Installed]) -> Iterator[InstalledPackage]:
        names = Counter(package.name for package in packages)
        native = Counter(each.architecture for each in packages if each.architecture != _ANY_ARCHITECTURE)
        usual = min(native, key=lambda name: (-native[name], name), default="")
        why = reasons([package.wishes for package in packages])
        for package, reason in zip(packages, why, strict=True):
            foreign = names[package.name] > 1 and package.architecture not in (usual, _ANY_ARCHITECTURE)
            yield InstalledPackage(
                manager=self.name,
                name=f"{package.name}.{package.architecture}" if foreign else package.name,
                version=package.version,
                files=package.files,
                needed_by=reason.needed_by,
                recommended_by=reason.recommended_by,
            )


def _read(database: bytes, files: InstalledFiles) -> Iterator[_Installed]:
    left = _MOST_VALUES
    for blob in package_headers(database):
        header = rpm_header.Header(blob)
        left -= len(header)
        if left < 0:
            return
        name = label(header.text(rpm_header.NAME))
        if not name or name == _KEY:
            continue
        yield _Installed(
            name,
            label(header.version),
            label(header.text(rpm_header.ARCH)),
            files.find(folder + name for folder, name in header.files()),
            Wishes(
                name,
                provides=_names(header, rpm_header.PROVIDES),
                depends=_names(header, rpm_header.REQUIRES),
                recommends=_names(header, rpm_header.RECOMMENDS),
            ),
        )


def _names(header: rpm_header.Header, tag: int) -> list[str]:
    """Each name once, without the conditions on versions, which stand in another entry."""
    names = dict.fromkeys(header.texts(tag)[:_MOST_WISHES])
    return [label(name) for name in names if not name.startswith(b"rpmlib(")]
