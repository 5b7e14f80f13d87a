"""Captures for tests: what is kept, and by whom it was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from bloatcheck.image.capture import Captured, Extract


def whole(file: BinaryIO, size: int) -> Captured:
    """Keeps the content."""
    content = file.read()
    assert len(content) == size
    return Captured("whole", content)


@dataclass
class Capturing:
    """Captures what `choose` says; everything whole, unless told otherwise.

    `asked` are the paths, sizes and modes it was asked for.
    """

    choose: Callable[[bytes], Extract | None] = lambda _path: whole
    version: str = "test 1"
    asked: list[tuple[bytes, int, int]] = field(default_factory=list)

    def wants(self, path: bytes, size: int, mode: int) -> Extract | None:
        """See `Capture`."""
        self.asked.append((path, size, mode))
        return self.choose(path)


NOTHING = Capturing(lambda _path: None)
"""Only digests."""
EVERYTHING = Capturing()
