"""What files of test images are filled with."""

from __future__ import annotations

from uuid import uuid4

_RUN = uuid4().hex.encode()


def filler(letter: bytes, size: int) -> bytes:
    """So many bytes, the same all through this process and no other: no other one builds such a layer."""
    return (_RUN + letter * size)[:size]
