"""Which contents are kept while a layer is listed: package databases, and facts of executables.

A layer is read once. What is needed of a file's content later is taken on the way, and kept with the layer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Captured:
    """What was kept of one file's content.

    `kind` is `whole` for the content itself; anything else names who made these bytes of it.
    """

    kind: str
    content: bytes


Extract = Callable[[BinaryIO, int], "Captured | None"]
"""Given a file that can be sought in, at its start, and its size in bytes: what to keep of it."""


@dataclass(frozen=True, slots=True)
class OnlyIf:
    """An `Extract` for contents that begin with one of these; others aren't even gathered for it.

    An empty tuple is never begun with.
    """

    beginnings: tuple[bytes, ...]
    extract: Extract

    def __call__(self, file: BinaryIO, size: int) -> Captured | None:
        """See `Extract`."""
        return self.extract(file, size)


class Capture(Protocol):
    """Chooses what is kept. It may be asked from several threads at once."""

    @property
    def version(self) -> str:
        """Names what is chosen and how it is written; another one makes what was kept worthless."""
        ...

    def wants(self, path: bytes, size: int, mode: int) -> Extract | None:
        """What to do with a regular file at this clean path; None to pass it over."""
        ...
