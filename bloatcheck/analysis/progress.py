"""Tells a person how far the reading of layers has come."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from bloatcheck.image.watching import watching
from bloatcheck.log import Log
from bloatcheck.units import count, format_bytes

_EVERY = 0.2
"""Seconds between two words; pieces come thousands of times as often."""
T = TypeVar("T")


class Progress:
    """Layers and bytes so far, of so many layers; or bytes only, where layers come to their end together.

    It may be told of pieces by several threads.
    """

    def __init__(self, log: Log | None, layers: int | None) -> None:
        self._log = log
        self._layers = layers
        self._read = 0
        self._bytes = 0
        self._told_at = time.monotonic()

    def piece(self, size: int) -> None:
        """So many more bytes."""
        self._bytes += size
        if time.monotonic() - self._told_at >= _EVERY:
            self._tell()

    def over(self, layers: Iterable[T]) -> Iterator[T]:
        """The same, counted."""
        for layer in layers:
            self._read += 1
            self._tell()
            yield layer

    def _tell(self) -> None:
        self._told_at = time.monotonic()
        if self._log is None:
            return
        told = [] if self._layers is None else [f"{self._read:,} of {count(self._layers, 'layer')}"]
        if self._bytes:
            told.append(format_bytes(self._bytes))
        self._log.status(f"reading: {', '.join(told)}")


@contextmanager
def telling_progress(log: Log | None, layers: int | None = None) -> Iterator[Progress]:
    """While this lasts, what is read is told, where there is somebody to tell and something to read."""
    progress = Progress(log, layers)
    if log is None or layers == 0:
        yield progress
        return
    try:
        with watching(progress.piece):
            yield progress
    finally:
        log.status(None)
