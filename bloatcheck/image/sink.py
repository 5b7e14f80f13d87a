"""What takes a stream piece by piece."""

from __future__ import annotations

import hashlib
from typing import Protocol, TypeAlias, Union

from bloatcheck.oci.digest import Digest

Buffer: TypeAlias = Union[bytes, bytearray, memoryview]  # noqa: UP007 - evaluated, and Python 3.10 can't


class Sink(Protocol):
    """Takes a stream. A piece is only good until `feed` returns: it may be a view of a buffer used again."""

    def feed(self, data: Buffer, /) -> None:
        """The next piece, of any length."""
        ...

    def close(self) -> None:
        """The stream was complete."""
        ...


class Counter:
    """Counts what passes through: `size` in bytes.

    Args:
        sink: what takes the stream; None lets it end here.
    """

    def __init__(self, sink: Sink | None = None) -> None:
        self._sink = sink
        self.size = 0

    def feed(self, data: Buffer, /) -> None:
        """The next piece."""
        self.size += len(data)
        if self._sink:
            self._sink.feed(data)

    def close(self) -> None:
        """The stream was complete."""
        if self._sink:
            self._sink.close()


class Meter(Counter):
    """Counts and hashes what passes through.

    Args:
        sink: what takes the stream; None lets it end here.
        name: the hash, a name `hashlib.new` knows.
    """

    def __init__(self, sink: Sink | None = None, *, name: str = "sha256") -> None:
        super().__init__(sink)
        self._name = name
        self._hasher = hashlib.new(name)

    def feed(self, data: Buffer, /) -> None:
        """The next piece."""
        self._hasher.update(data)
        super().feed(data)

    @property
    def digest(self) -> Digest:
        """The digest of what has passed."""
        return Digest(f"{self._name}:{self._hasher.hexdigest()}")
