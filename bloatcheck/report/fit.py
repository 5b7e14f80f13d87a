"""Fitting a text into a limit by dropping detail from its least important end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bloatcheck.report.escape import Markdown


@dataclass(slots=True)
class Piece:
    """A part of a document that can be told at less length.

    `versions` run from the fullest to the shortest; the shortest may be empty. A piece of lower `importance`
    is shortened, down to its shortest, before one of higher importance is touched.
    """

    importance: tuple[int, ...]
    versions: tuple[Markdown, ...]
    _chosen: int = field(default=0, init=False)

    @property
    def text(self) -> Markdown:
        """The version that fitted."""
        return self.versions[self._chosen]

    @property
    def is_cut(self) -> bool:
        """Something was left out."""
        return self._chosen > 0

    @property
    def is_gone(self) -> bool:
        """Nothing is left."""
        return not self.text

    @property
    def can_shorten(self) -> bool:
        """There is a shorter version."""
        return self._chosen + 1 < len(self.versions)

    def shorten(self) -> int:
        """Steps to the next shorter version. Returns the bytes won."""
        before = size(self.text)
        self._chosen += 1
        return before - size(self.text)


def size(text: str) -> int:
    """Bytes as UTF-8: never fewer than the characters or UTF-16 units that a platform may count."""
    return len(text.encode("utf-8", "replace"))


def shorten(pieces: Iterable[Piece], excess: int) -> bool:
    """Shortens pieces, the least important first, until they are at least `excess` bytes smaller.

    Of equally important ones the last goes first.

    Returns:
        False where there was nothing left to shorten.
    """
    won = False
    for _, piece in sorted(enumerate(pieces), key=lambda each: (each[1].importance, -each[0])):
        while excess > 0 and piece.can_shorten:
            excess -= piece.shorten()
            won = True
    return won
