"""How far reading has come: whoever wants to tell a person hears of every piece of a layer that was read.

A reader is asked for layers and gives them whole, after what may be minutes. So those who feed a layer's
bytes say so here. Nobody listens unless asked to, and what is read is the same either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LISTENERS: list[Callable[[int], None]] = []


@contextmanager
def watching(listener: Callable[[int], None]) -> Iterator[None]:
    """Tells the listener of bytes as they are read, from whichever thread reads them."""
    _LISTENERS.append(listener)
    try:
        yield
    finally:
        _LISTENERS.remove(listener)


def was_read(size: int) -> None:
    """So many more bytes of a layer, as it is stored, were read."""
    for listener in tuple(_LISTENERS):
        listener(size)
