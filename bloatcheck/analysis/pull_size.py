"""What a pull downloads: exact where a manifest says it, else estimated by a fast compressor.

Engines push with gzip at about 30 MB/s. ISA-L's fast level takes a sixteenth of that time and leaves a little
more; how much more depends on how well the content compresses, and little on anything else. So each block is
compressed fast, its size is corrected by a curve that was fitted once against what `docker push` stored, and
the blocks are summed up.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bloatcheck.analysis.layer_cache import LayerCache
from bloatcheck.analysis.progress import telling_progress
from bloatcheck.analysis.pull_size_cache import PullSizeCache
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.errors import ReadError
from bloatcheck.image.decompress import SNIFFED, Compression, sniff
from bloatcheck.image.model import Image, LayerDescriptor
from bloatcheck.image.sink import Buffer, Meter
from bloatcheck.image.verify import HasBlobs
from bloatcheck.image.watching import was_read
from bloatcheck.oci.digest import Digest, algorithm

if TYPE_CHECKING:
    from bloatcheck.image.docker_daemon import DockerDaemonImage

VERSION = 1
"""Raised with every change of the compressor, the correction or `BLOCK`."""
ESTIMATOR = f"isal-2 corrected/{VERSION}"
"""The compressor's name where any size is an estimate."""
EXACT = "registry"
"""The compressor's name where manifests say every size."""
BLOCK = 256 << 10
"""Bytes that are compressed, and corrected, at a time."""

_LEVEL = 2
_THREADS = 2
_WAITING = 4
"""Blocks of one layer that may wait for a thread; this bounds the memory."""
_FRAME = 18
"""Bytes of a gzip member's header and trailer (RFC 1952, section 2.3)."""

_SAMPLE = 16 << 10
"""Bytes of a block of which the digits are counted."""
_DIGITS = b"0123456789"

_CURVE: tuple[tuple[float, float], ...] = (
    (0.0, 0.9412),
    (0.1, 0.6761),
    (0.2, 0.8083),
    (0.3, 0.8548),
    (0.45, 0.9082),
    (0.6, 0.9637),
    (0.8, 1.0),
    (1.0, 1.0),
)
"""The part of a block that ISA-L leaves, and what the engine leaves of that; straight in between."""
_DIGITS_WEIGH = 1.12
"""How much of that gain is lost per share of digits."""


@dataclass(frozen=True, slots=True)
class LayerPullSize:
    """One layer's compressed size in bytes, and whether it is an estimate."""

    size: int
    estimated: bool


@dataclass(frozen=True, slots=True)
class PullSize:
    """An image's layers, base first."""

    layers: tuple[LayerPullSize, ...]

    @property
    def size(self) -> int:
        """Bytes of all layers."""
        return sum(layer.size for layer in self.layers)

    @property
    def estimated(self) -> bool:
        """Whether any of them is an estimate, and so the sum."""
        return any(layer.estimated for layer in self.layers)

    @property
    def compressor(self) -> str:
        """For the fingerprint: how the sizes came about."""
        return ESTIMATOR if self.estimated else EXACT


def corrected_size(compressed: int, length: int, digits: float = 0.0) -> float:
    """What the engine makes of a block, in bytes.

    Args:
        compressed: bytes that ISA-L makes of it.
        length: bytes of the block.
        digits: the share of decimal digits in it, 0 to 1.
    """
    factor = _factor(compressed / length) if length else 1.0
    return compressed * (factor + (1 - factor) * min(1.0, _DIGITS_WEIGH * digits))


def digit_share(block: bytes) -> float:
    """The share of decimal digits in the beginning of a block, 0 to 1."""
    sample = block[:_SAMPLE]
    return 1 - len(sample.translate(None, _DIGITS)) / len(sample) if sample else 0.0


def _factor(part: float) -> float:
    at = bisect_right(_CURVE, (part, 2.0))
    if at == len(_CURVE):
        return _CURVE[-1][1]
    (from_, low), (to, high) = _CURVE[at - 1], _CURVE[at]
    return low + (high - low) * (part - from_) / (to - from_)


class PullSizeSink:
    """Takes a layer's blob as it is stored, in constant memory.

    One that is compressed already is only counted: nothing compresses it again.

    Args:
        label: what is read, for error messages.
        pool: compresses blocks beside the reading; None for in between.
    """

    def __init__(self, label: str, pool: Executor | None = None) -> None:
        self._label = label
        self._pool = pool
        self._compress = _compressor()
        self._buffer = bytearray()
        self._compression: Compression | None = None
        self._length = 0
        self._sum = float(_FRAME)
        self._waiting: deque[Future[float]] = deque()
        self._closed = False

    def feed(self, data: Buffer, /) -> None:
        """The next piece.

        Raises:
            ReadError: it is compressed in a way that isn't supported.
        """
        self._length += len(data)
        was_read(len(data))
        if self._compression not in (None, Compression.NONE):
            return
        self._buffer += data
        if self._compression is None and len(self._buffer) >= SNIFFED:
            self._begin()
        if len(self._buffer) >= BLOCK:
            whole = len(self._buffer) // BLOCK * BLOCK
            with memoryview(self._buffer) as view:
                for start in range(0, whole, BLOCK):
                    self._take(bytes(view[start : start + BLOCK]))
            del self._buffer[:whole]

    def close(self) -> None:
        """The blob was complete."""
        if self._compression is None:
            self._begin()
        if self._buffer:
            self._take(bytes(self._buffer))
            self._buffer.clear()
        while self._waiting:
            self._collect()
        self._closed = True

    def result(self) -> LayerPullSize:
        """The size, once the blob was closed.

        Raises:
            ReadError: it never came.
        """
        if not self._closed:
            raise ReadError(
                f"{self._label}: it is missing", hint="the image is damaged; pull or save it again"
            )
        if self._compression is not Compression.NONE:
            return LayerPullSize(self._length, estimated=False)
        return LayerPullSize(round(self._sum), estimated=True)

    def _begin(self) -> None:
        try:
            self._compression = sniff(bytes(self._buffer[:SNIFFED]))
        except ValueError as error:
            raise ReadError(f"{self._label}: {error}") from error
        if self._compression is not Compression.NONE:
            self._buffer.clear()

    def _take(self, block: bytes) -> None:
        if self._pool is None:
            self._sum += self._estimate(block)
            return
        if len(self._waiting) >= _WAITING:
            self._collect()
        self._waiting.append(self._pool.submit(self._estimate, block))

    def _collect(self) -> None:
        self._sum += self._waiting.popleft().result()

    def _estimate(self, block: bytes) -> float:
        return corrected_size(self._compress(block), len(block), digit_share(block))


def read_pull_size(image: Image, *, layers: LayerCache, estimates: PullSizeCache) -> PullSize:
    """Every layer's compressed size. Only layers that no manifest and no earlier run knows are read, once.

    Args:
        image: opened.
        layers: tells the lengths of known layers, which an engine's stream may pass over.
        estimates: what is known, and is kept there.

    Raises:
        ReadError: a layer is damaged or missing.
    """
    engine = _engine_image(image)
    found = {layer.diff_id: exact for layer in image.layers if (exact := _told(image, layer))}
    if engine:
        # it pushes as they are those that it keeps compressed
        found |= {
            diff_id: LayerPullSize(size, estimated=False)
            for diff_id, size in engine.compressed_blobs().items()
        }
    unknown: dict[Digest, LayerDescriptor] = {}
    for layer in image.layers:
        if layer.diff_id in found:
            continue
        if size := estimates.get(layer):
            found[layer.diff_id] = LayerPullSize(size, estimated=True)
        else:
            unknown[layer.diff_id] = layer
    if unknown:
        with telling_progress(layers.log), _threads() as pool:
            if engine:
                others = (layers.get(layer) for layer in image.layers if layer.diff_id not in unknown)
                lengths = {index.uncompressed_size or 0 for index in others if index}
                read = _from_engine(engine, unknown, lengths, pool)
            else:
                read = _from_files(image, unknown, pool)
        for diff_id, (size_read, proven) in read.items():
            found[diff_id] = size_read
            if size_read.estimated:
                estimates.put(unknown[diff_id], size_read.size, proven=proven)
        estimates.trim()
    return PullSize(tuple(found[layer.diff_id] for layer in image.layers))


def with_pull_size(snapshot: ImageSnapshot, pull: PullSize) -> ImageSnapshot:
    """The snapshot with compressed sizes, and the compressor in its fingerprint."""
    return replace(
        snapshot,
        layers=tuple(
            replace(layer, compressed_size=its.size)
            for layer, its in zip(snapshot.layers, pull.layers, strict=True)
        ),
        measure=replace(snapshot.measure, compressor=pull.compressor),
    )


_Read = dict[Digest, tuple[LayerPullSize, bool]]
"""What was read of layers, and whether their diff_ids are proven."""


def _told(image: Image, layer: LayerDescriptor) -> LayerPullSize | None:
    """What the manifest says. Outside a registry a plain layer is one that a push will compress."""
    if layer.compressed_size is None:
        return None
    plain = (layer.media_type or "").endswith(".tar") and image.source.transport != "docker"
    return None if plain else LayerPullSize(layer.compressed_size, estimated=False)


def _from_files(image: Image, wanted: Collection[Digest], pool: Executor) -> _Read:
    if not isinstance(image, HasBlobs):
        raise ReadError(f"{image.reference}: its manifest lacks the size of layer {min(wanted)}")
    descriptors = {layer.diff_id: layer for layer in image.layers if layer.diff_id in wanted}
    sinks = {diff_id: PullSizeSink(f"{image.reference}: layer {diff_id}", pool) for diff_id in descriptors}
    # what an identity names needs no proof; see `LayerDescriptor`
    hashed = {
        diff_id: Meter(sinks[diff_id], name=algorithm(diff_id))
        for diff_id, layer in descriptors.items()
        if not layer.identity
    }
    image.feed_layers({**sinks, **hashed})
    return {
        diff_id: (sink.result(), diff_id in hashed and hashed[diff_id].digest == diff_id)
        for diff_id, sink in sinks.items()
    }


def _from_engine(
    image: DockerDaemonImage,
    wanted: Collection[Digest],
    known: Collection[int],
    pool: Executor,
) -> _Read:
    """The engine proved the diff_ids when the layers came in."""
    sinks = image.feed_saved_layers(
        wanted,
        lambda path: PullSizeSink(f"{image.reference}: {path[:200]!r}", pool),
        lengths_of_others=known,
    )
    return {diff_id: (sink.result(), True) for diff_id, sink in sinks.items()}


def _engine_image(image: Image) -> DockerDaemonImage | None:
    if image.source.transport != "docker-daemon":
        return None
    from bloatcheck.image.docker_daemon import DockerDaemonImage  # noqa: PLC0415 - imports docker

    return image if isinstance(image, DockerDaemonImage) else None


@contextmanager
def _threads() -> Iterator[Executor]:
    pool = ThreadPoolExecutor(min(os.cpu_count() or 1, _THREADS))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _compressor() -> Callable[[bytes], int]:
    from isal import igzip_lib  # noqa: PLC0415 - not everything that imports this compresses

    def compress(block: bytes) -> int:
        return len(igzip_lib.compress(block, level=_LEVEL, flag=igzip_lib.COMP_DEFLATE))

    return compress
