"""What an image holds, summed up: by cause, by package, by file. Stored, compared and reported with it.

Every regular-file record of every layer has exactly one cause, hidden ones too; so the shares add up to
`content_size`, of each layer and of the image. Packages and files are those that can be seen in the image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from annotated_types import Ge, MaxLen

from bloatcheck.analysis.tree import Hiding
from bloatcheck.errors import Place

Bytes = Annotated[int, Ge(0)]
"""A size in bytes."""
_Text = Annotated[str, MaxLen(4096)]


class Cause(str, Enum):
    """Whose the bytes are."""

    BASE = "base"
    """They came with the base image."""
    PACKAGE = "package"
    """A package manager's database has the file, above the base."""
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One cause's part of a `content_size`. `manager` is set for packages alone: `deb`, `npm`, …

    `noise` are those of its bytes that come and go by themselves: caches, logs, compiled Python, package
    databases. It isn't counted in the base image.
    """

    cause: Cause
    manager: _Text | None = None
    size: Bytes
    noise: Bytes = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSize:
    """A package, with the bytes of its files that can be seen in the image.

    `layer` has most of them, counted from 0; None where that isn't kept. `base`: that is the base image's.
    `asked_for` is False for one that came along with those named in `needed_by`; None where nobody says.
    """

    manager: _Text
    name: _Text
    version: _Text
    size: Bytes
    layer: Annotated[int, Ge(0)] | None = None
    base: bool = False
    asked_for: bool | None = None
    needed_by: Annotated[tuple[_Text, ...], MaxLen(16)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSize:
    """A file that can be seen, and that neither the base image nor a package brought.

    `made_at` is the line of another stage that made it, where `COPY --from` brought it and that is certain.
    """

    path: _Text
    size: Bytes
    layer: Annotated[int, Ge(0)] | None = None
    made_at: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenFile:
    """A file whose bytes are in `layer` and can't be seen since layer `by`; both count from 0."""

    path: _Text
    size: Bytes
    layer: Annotated[int, Ge(0)]
    by: Annotated[int, Ge(0)]
    how: Hiding


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerContents:
    """One layer: its shares, and how many of its bytes later layers hide, and how."""

    shares: tuple[Share, ...]
    overwritten: Bytes = 0
    deleted: Bytes = 0
    metadata: Bytes = 0
    """Overwritten by the same content, to change mode, owner or times."""

    @property
    def wasted(self) -> int:
        """Bytes of this layer that can't be seen in the image."""
        return self.overwritten + self.deleted + self.metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """One image.

    The lists are bounded, the largest first; a package or file smaller than its floor may be missing.
    `layers` has one item a layer; it is empty where only the sums are kept, as in a baseline.
    """

    shares: tuple[Share, ...]
    wasted: Bytes
    packages: tuple[PackageSize, ...] = ()
    packages_floor: Bytes = 0
    files: tuple[FileSize, ...] = ()
    files_floor: Bytes = 0
    hidden: tuple[HiddenFile, ...] = ()
    layers: tuple[LayerContents, ...] = ()

    def size_of(self, cause: Cause) -> int:
        """Bytes of one cause, those of all managers together."""
        return sum(share.size for share in self.shares if share.cause is cause)


def shares_of(
    sizes: Mapping[tuple[Cause, str | None], int], noise: Mapping[tuple[Cause, str | None], int]
) -> tuple[Share, ...]:
    """The shares in a fixed order: base, packages by manager, own; without those of nothing."""
    order = list(Cause)
    return tuple(
        Share(cause=cause, manager=manager, size=size, noise=noise.get((cause, manager), 0))
        for (cause, manager), size in sorted(
            sizes.items(), key=lambda item: (order.index(item[0][0]), item[0][1] or "")
        )
        if size
    )
