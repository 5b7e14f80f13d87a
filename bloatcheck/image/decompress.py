"""Expands compressed layers piece by piece, in constant memory.

Which compression it is, the first bytes say, as they do for engines; a media type that promises another one
is not believed.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Protocol, cast

from bloatcheck.errors import ReadError
from bloatcheck.image.sink import Buffer, Sink

MAX_EXPANDED = 64 << 30
"""Bytes that one layer may expand to."""
FREE_EXPANDED = 4 << 30
"""Bytes that it may expand to whatever the ratio: a file of zeros is bloat to be reported, not an attack."""
MAX_RATIO = 200
"""Bytes that a compressed byte may expand to from there on; of real layers, few reach 20."""
MAX_MEMBERS = 1_000_000
"""Gzip members or zstd frames of one layer; formats that can be read lazily have one per file."""

_OUTPUT = 256 << 10
_LONGEST_SLICE = 64 << 10
_SHORTEST_SLICE = 512
_WINDOW_LOG = 27
"""128 MiB of zstd window, what the reference decoder allows unless told otherwise."""


class Compression(Enum):
    """How a layer's blob is compressed."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


SNIFFED = 6
"""Bytes that tell the compression."""
_ZSTD_SKIPPABLE = tuple(bytes((low, 0x2A, 0x4D, 0x18)) for low in range(0x50, 0x60))
_MAGICS = (
    (Compression.GZIP, (b"\x1f\x8b\x08",)),
    (Compression.ZSTD, (b"\x28\xb5\x2f\xfd", *_ZSTD_SKIPPABLE)),
)
_UNSUPPORTED = {b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x1f\x9d": "compress", b"\x04\x22\x4d\x18": "lz4"}


def sniff(beginning: bytes) -> Compression:
    """Tells the compression by a blob's first `SNIFFED` bytes, fewer if it has no more.

    Raises:
        ValueError: one that isn't supported.
    """
    for compression, magics in _MAGICS:
        if beginning.startswith(magics):
            return compression
    for magic, name in _UNSUPPORTED.items():
        if beginning.startswith(magic):
            raise ValueError(f"it is compressed with {name}, which is not supported")
    return Compression.NONE


class _Decoder(Protocol):
    """One gzip member or zstd frame, as the libraries' decoders see it."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: Buffer, max_length: int = ...) -> bytes: ...


def _decoder(compression: Compression) -> tuple[Callable[[], _Decoder], type[Exception]]:
    """What makes a decoder, and the error it raises. Imported when needed: many layers aren't compressed."""
    if compression is Compression.GZIP:
        from isal import igzip_lib  # noqa: PLC0415 - see above

        # its stub calls the class an instance
        error = cast("type[Exception]", igzip_lib.error)
        return lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP), error

    from bloatcheck.image.zstd import zstd  # noqa: PLC0415 - see above

    options = {int(zstd.DecompressionParameter.window_log_max): _WINDOW_LOG}
    return lambda: zstd.ZstdDecompressor(options=options), zstd.ZstdError


class Decompressor:
    """Takes a blob and hands on what it expands to; one that isn't compressed passes as it is.

    Args:
        sink: what takes the expanded bytes; closed when the blob ends.
        label: what is being read, for error messages.
    """

    def __init__(self, sink: Sink, *, label: str) -> None:
        self._sink = sink
        self._label = label
        self._beginning = b""
        self._members: _Members | None = None
        self._compression: Compression | None = None

    def feed(self, data: Buffer, /) -> None:
        """The next piece of the blob.

        Raises:
            ReadError: damaged, a bomb, or of a compression that isn't supported.
        """
        if self._compression is None:
            self._beginning += bytes(data)
            if len(self._beginning) < SNIFFED:
                return
            data, self._beginning = self._beginning, b""
            self._begin(data)
        self._pass(data)

    def close(self) -> None:
        """The blob has ended.

        Raises:
            ReadError: it ended too early.
        """
        if self._compression is None:
            self._begin(self._beginning)
            self._pass(self._beginning)
        if self._members and not self._members.complete:
            raise self._error("it was cut off")
        self._sink.close()

    def _begin(self, beginning: bytes) -> None:
        try:
            self._compression = sniff(beginning)
        except ValueError as error:
            raise self._error(str(error)) from error
        if self._compression is not Compression.NONE:
            self._members = _Members(self._compression, self._sink)

    def _pass(self, data: Buffer) -> None:
        if self._members is None:
            self._sink.feed(data)
            return
        try:
            self._members.feed(data)
        except _DamagedError as error:
            raise self._error(str(error)) from error

    def _error(self, what: str) -> ReadError:
        return ReadError(f"{self._label}: {what}", hint="the layer is damaged; pull, save or build it again")


class _DamagedError(Exception):
    """Says what is wrong with the compressed stream."""


class _Members:
    """Gzip members or zstd frames, one after the other.

    Input goes in slices that grow and shrink with the members: what a decoder leaves unused it copies, and
    a blob of tiny members (eStargz has one per file) must not cost their number times its length.
    """

    def __init__(self, compression: Compression, sink: Sink) -> None:
        self._compression = compression
        self._sink = sink
        self._make, self._error = _decoder(compression)
        self._decoder = self._make()
        self._count = 1
        self._padding = False
        self._slice = _LONGEST_SLICE
        self._taken = self._given = 0

    @property
    def complete(self) -> bool:
        """Whether the stream may end here."""
        return self._decoder.eof

    def feed(self, data: Buffer) -> None:
        """The next piece."""
        left = memoryview(data)
        self._taken += len(left)
        while left:
            if self._decoder.eof and not self._next(left[0]):
                if any(left):
                    raise _DamagedError(f"{self._compression.value} data is followed by something else")
                return
            try:
                left = left[self._expand(left[: self._slice]) :]
            except self._error as error:
                raise _DamagedError(f"its {self._compression.value} data is damaged: {error}") from error

    def _next(self, first: int) -> bool:
        """Begins another member; False for the zero bytes that may pad a gzip file."""
        self._padding = self._padding or (self._compression is Compression.GZIP and first == 0)
        if not self._padding:
            self._count += 1
            if self._count > MAX_MEMBERS:
                raise _DamagedError(f"it has more than {MAX_MEMBERS} {self._compression.value} members")
            self._decoder = self._make()
        return not self._padding

    def _expand(self, piece: memoryview) -> int:
        """Expands one slice and returns how much of it belonged to the member."""
        decoder = self._decoder
        expanded = decoder.decompress(piece, _OUTPUT)
        while True:
            self._give(expanded)
            if decoder.eof:
                used = len(piece) - len(decoder.unused_data)
                self._slice = min(max(2 * used, _SHORTEST_SLICE), _LONGEST_SLICE)
                return used
            if decoder.needs_input:
                self._slice = min(2 * self._slice, _LONGEST_SLICE)
                return len(piece)
            expanded = decoder.decompress(b"", _OUTPUT)

    def _give(self, expanded: bytes) -> None:
        self._given += len(expanded)
        if self._given > FREE_EXPANDED and (
            self._given > MAX_EXPANDED or self._given > MAX_RATIO * self._taken
        ):
            raise _DamagedError(f"{self._taken} bytes of it expand to {self._given} and more")
        if expanded:
            self._sink.feed(expanded)
