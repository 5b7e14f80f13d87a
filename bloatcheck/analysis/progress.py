"""Tells a person how far the reading of layers has come."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from bloatcheck.image.watching import watching
from bloatcheck.log import Log
from bloatcheck.units import count, format_bytes, format_duration

_EVERY = 0.2
"""Seconds between two words; pieces come thousands of times as often."""
_FORESEEABLE = 2.0
"""Seconds of reading from which on its speed tells how long it takes."""
T = TypeVar("T")


class Progress:
    """Layers and bytes so far, of so many layers; or bytes only, where layers come to their end together.

    Where `size` is known, all the bytes that are to be read, the time left is told too. It may be told of
    pieces by several threads.
    """

    def __init__(self, log: Log | None, layers: int | None, size: int | None = None) -> None:
        self._log = log
        self._layers = layers
        self._size = size
        self._read = 0
        self._bytes = 0
        self._began = self._told_at = time.monotonic()

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
            told.append(format_bytes(self._bytes) + (f" of {format_bytes(self._size)}" if self._size else ""))
        if (left := self._left()) is not None:
            told.append(f"about {format_duration(left)} left")
        self._log.status(f"reading: {', '.join(told)}")

    def _left(self) -> float | None:
        took = self._told_at - self._began
        if not self._size or not 0 < self._bytes < self._size or took < _FORESEEABLE:
            return None
        return took * (self._size - self._bytes) / self._bytes


@contextmanager
def telling_progress(
    log: Log | None, layers: int | None = None, size: int | None = None
) -> Iterator[Progress]:
    """While this lasts, what is read is told, where there is somebody to tell and something to read."""
    progress = Progress(log, layers, size)
    if log is None or layers == 0:
        yield progress
        return
    try:
        with watching(progress.piece):
            yield progress
    finally:
        log.status(None)
