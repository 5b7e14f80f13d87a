"""Recomputes what an image says of itself: the digest and size of each blob, each diff_id, each size.

Readers believe nothing that they can check at no cost; this checks everything, and costs a pass over every
byte.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bloatcheck.errors import ReadError
from bloatcheck.image.decompress import Decompressor
from bloatcheck.image.layer_index import LayerIndex, LayerRecords
from bloatcheck.image.model import Image, LayerDescriptor
from bloatcheck.image.sink import Buffer, Counter, Meter, Sink
from bloatcheck.image.tar_scanner import TarScanner
from bloatcheck.image.watching import was_read
from bloatcheck.oci.digest import Digest, algorithm


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCheck:
    """One layer, recomputed.

    Sizes are in bytes, None where the layer couldn't be read so far; `problems` is empty if all matches.
    """

    diff_id: Digest
    content_size: int | None = None
    uncompressed_size: int | None = None
    blob_size: int | None = None
    problems: tuple[str, ...] = ()


@runtime_checkable
class HasBlobs(Protocol):
    """An image that hands out its layers as they are stored."""

    def feed_layers(self, sinks: Mapping[Digest, Sink]) -> None:
        """Hands the blobs of these layers to their sinks, each whole.

        Raises:
            ReadError: one is missing or unreadable.
        """
        ...


@runtime_checkable
class HasSavedLayers(Protocol):
    """An engine's image, whose layers are named at the end of the stream that they come in."""

    def feed_saved_layers(
        self,
        diff_ids: Collection[Digest],
        make: Callable[[str], _Probe],
        *,
        lengths_of_others: Collection[int],
    ) -> dict[Digest, _Probe]:
        """Hands the blobs of these layers to sinks that `make` makes, and says which is whose.

        Raises:
            ReadError: one is missing or damaged.
        """
        ...


def verify_image(image: Image) -> tuple[LayerCheck, ...]:
    """Recomputes every layer, base first; the image's documents were checked when it was opened.

    Of an engine's image the stream that `docker save` gives is recomputed, and compared with what the
    engine's storage says where that is read. Where a reader hands out no blobs (a registry's), its own
    checks while reading have to do: it recomputes digests and diff_ids as it goes.

    Raises:
        ReadError: an engine's stream can't be read to its end.
    """
    layers = tuple({layer.diff_id: layer for layer in image.layers}.values())
    if layers and isinstance(image, HasSavedLayers):  # what has no layers can't be saved
        saved = image.feed_saved_layers([layer.diff_id for layer in layers], _Probe, lengths_of_others=())
        return tuple(_compared(image, layer, saved[layer.diff_id]) for layer in layers)
    if not isinstance(image, HasBlobs):
        return tuple(_listed(image, layer) for layer in layers)
    probes = {layer.diff_id: _Probe.of(layer) for layer in layers}
    with suppress(ReadError):
        image.feed_layers(probes)
    return tuple(_probed(image, image, layer, probes[layer.diff_id]) for layer in layers)


def _listed(image: Image, layer: LayerDescriptor) -> LayerCheck:
    try:
        index = _index(image, layer)
    except ReadError as error:
        return LayerCheck(diff_id=layer.diff_id, problems=(error.message,))
    return LayerCheck(
        diff_id=layer.diff_id, content_size=index.content_size, uncompressed_size=index.uncompressed_size
    )


def _probed(image: Image, blobs: HasBlobs, layer: LayerDescriptor, probe: _Probe) -> LayerCheck:
    try:
        if not probe.closed:
            # another layer ended the common pass; this one is asked for alone
            probe = _Probe.of(layer)
            blobs.feed_layers({layer.diff_id: probe})
    except ReadError as error:
        return LayerCheck(diff_id=layer.diff_id, problems=(error.message,))
    return _compared(image, layer, probe)


def _compared(image: Image, layer: LayerDescriptor, probe: _Probe) -> LayerCheck:
    try:
        records, problems = probe.result(layer)
        if records:
            problems += _differences(_index(image, layer), records, probe.stream.size)
    except ReadError as error:
        return LayerCheck(diff_id=layer.diff_id, problems=(error.message,))
    return LayerCheck(
        diff_id=layer.diff_id,
        content_size=records.content_size if records else None,
        uncompressed_size=probe.stream.size,
        blob_size=probe.blob.size,
        problems=problems,
    )


def _index(image: Image, layer: LayerDescriptor) -> LayerIndex:
    for index in image.index_layers([layer.diff_id]):
        return index
    raise ReadError(f"{image.reference}: layer {layer.diff_id} is missing")


def _differences(index: LayerIndex, records: LayerRecords, size: int) -> tuple[str, ...]:
    """What the reader's own way to list a layer makes of it, against the whole stream."""
    problems = []
    if index.uncompressed_size not in (None, size):
        problems.append(f"it was read as {index.uncompressed_size} bytes long, but is {size}")
    if index.records != records:
        problems.append("it was listed differently than its whole stream is")
    return tuple(problems)


class _Tolerant:
    """Notes the first error of a sink and goes on without it, so that what stands before it sees the end."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.error: ReadError | None = None

    def feed(self, data: Buffer, /) -> None:
        """The next piece."""
        if self.error is None:
            try:
                self._sink.feed(data)
            except ReadError as error:
                self.error = error

    def close(self) -> None:
        """The stream was complete."""
        if self.error is None:
            try:
                self._sink.close()
            except ReadError as error:
                self.error = error


class _Probe:
    """Takes a layer's blob and compares all that can be computed with what is said of it."""

    def __init__(self, label: str, *, stream_hash: str = "sha256", blob_hash: str | None = None) -> None:
        self._scanner = TarScanner(label)
        self._listing = _Tolerant(self._scanner)
        self.stream = Meter(self._listing, name=stream_hash)
        self._expanding = _Tolerant(Decompressor(self.stream, label=label))
        self.blob = Meter(self._expanding, name=blob_hash) if blob_hash else Counter(self._expanding)
        self.closed = False

    @classmethod
    def of(cls, layer: LayerDescriptor) -> _Probe:
        """For a layer that is known before its blob comes."""
        return cls(
            str(layer.diff_id),
            stream_hash=algorithm(layer.diff_id),
            blob_hash=algorithm(layer.digest) if layer.digest else None,
        )

    def feed(self, data: Buffer, /) -> None:
        """The next piece."""
        self.blob.feed(data)
        was_read(len(data))

    def close(self) -> None:
        """The blob was complete."""
        self.blob.close()
        self.closed = True

    def result(self, layer: LayerDescriptor) -> tuple[LayerRecords | None, tuple[str, ...]]:
        """The records, None if they can't be listed, and what of the layer doesn't match."""
        records = None
        problems = []
        if layer.compressed_size not in (None, self.blob.size):
            problems.append(f"size is {self.blob.size}, not {layer.compressed_size}")
        if isinstance(self.blob, Meter) and self.blob.digest != layer.digest:
            problems.append(f"digest is {self.blob.digest}, not {layer.digest}")
        if self._expanding.error:
            problems.append(self._expanding.error.message)
        elif self.stream.digest != layer.diff_id:
            problems.append(f"diff_id is {self.stream.digest}, not {layer.diff_id}")
        if self._listing.error:
            problems.append(self._listing.error.message)
        elif not self._expanding.error:
            try:
                records = self._scanner.records()
            except ReadError as error:
                problems.append(error.message)
        return records, tuple(problems)
