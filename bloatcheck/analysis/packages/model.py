"""What is said of an installed package, and what every package manager's reader offers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bloatcheck.analysis.packages.installed_files import InstalledFiles
from bloatcheck.analysis.tree import Tree

MAX_PACKAGES = 50_000
"""Packages that one manager may name in one image; the largest real images have some thousands."""
MAX_NAMED = 16
"""Packages that are named as the reason for another."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a package has within one of its files: a module of a Go binary, an archive within an archive.

    `size` is in bytes as they lie in that file; None where it can't be told.
    """

    name: str
    version: str
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledPackage:
    """One package as its manager's database has it; its texts are printable and bounded.

    Paths are those of the tree, without symbolic links on their way. `files` are the files and links that
    the database names and that are there; none of them a directory. `folders` are those in which
    everything is the package's, but for what belongs to another more closely. `database` are the files that
    the manager keeps about this very package.

    `asked_for` tells a package that somebody wanted from one that came along; None where the database
    doesn't say. `needed_by` and `recommended_by` name the installed packages that depend on this one or
    recommend it, at most `MAX_NAMED` each, nearest first to one that was asked for. `only_recommended`: it
    came along, and without recommendations it wouldn't have.
    `development`: it is there only for those who develop the image's own program; None where unknown.
    """

    manager: str
    name: str
    version: str
    files: tuple[bytes, ...] = field(default=(), hash=False)
    folders: tuple[bytes, ...] = field(default=(), hash=False)
    database: tuple[bytes, ...] = field(default=(), hash=False)
    asked_for: bool | None = None
    needed_by: tuple[str, ...] = ()
    recommended_by: tuple[str, ...] = ()
    only_recommended: bool = False
    development: bool | None = None
    parts: tuple[Part, ...] = field(default=(), hash=False)


class PackageManager(Protocol):
    """Reads one kind of package database out of the root file system.

    `beginnings` and `endings`: every path that it reads has one of them; so most paths are passed over at
    once. Databases are hostile: what is damaged or too large is skipped, never an exception.
    """

    @property
    def name(self) -> str:
        """The word for it, as in `InstalledPackage.manager`."""
        ...

    @property
    def beginnings(self) -> tuple[bytes, ...]:
        """Of paths that it reads."""
        ...

    @property
    def endings(self) -> tuple[bytes, ...]:
        """Of paths that it reads."""
        ...

    def captures(self, path: bytes, size: int) -> bool:
        """Whether the content of this file must be kept for `installed`."""
        ...

    def installed(
        self, tree: Tree, databases: Sequence[bytes], files: InstalledFiles
    ) -> Iterable[InstalledPackage]:
        """The packages of this manager.

        Args:
            tree: the root file system.
            databases: the visible paths that it captures, in order.
            files: finds what is listed.
        """
        ...
