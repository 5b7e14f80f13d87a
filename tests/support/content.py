"""What files of test images are filled with."""

from __future__ import annotations

from uuid import uuid4

_RUN = uuid4().hex.encode()


def filler(letter: bytes, size: int) -> bytes:
    """So many bytes, the same all through this process and no other.

    The legacy builder fails with `unable to find image` where another process takes away an image whose
    layers it has just found to be the ones that it needs.
    """
    return (_RUN + letter * size)[:size]
