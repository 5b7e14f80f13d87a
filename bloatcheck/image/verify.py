"""Recomputes what an image says of itself: the digest and size of each blob, each diff_id, each size.

Readers believe nothing that they can check at no cost; this checks everything, and costs a pass over every
byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bloatcheck.errors import ReadError
from bloatcheck.image.decompress import Decompressor
from bloatcheck.image.layer_index import LayerIndex, LayerRecords
from bloatcheck.image.model import Image, LayerDescriptor
from bloatcheck.image.sink import Buffer, Counter, Meter, Sink
from bloatcheck.image.tar_scanner import TarScanner
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


def verify_image(image: Image) -> tuple[LayerCheck, ...]:
    """Recomputes every layer, base first; the image's documents were checked when it was opened.

    Where an image hands out no blobs (an engine's), its reader's own checks while listing have to do.
    """
    layers = tuple({layer.diff_id: layer for layer in image.layers}.values())
    if not isinstance(image, HasBlobs):
        return tuple(_listed(image, layer) for layer in layers)
    probes = {layer.diff_id: _Probe(layer) for layer in layers}
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
            probe = _Probe(layer)
            blobs.feed_layers({layer.diff_id: probe})
        records, problems = probe.result()
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

    def __init__(self, layer: LayerDescriptor) -> None:
        self._layer = layer
        self._scanner = TarScanner(str(layer.diff_id))
        self._listing = _Tolerant(self._scanner)
        self.stream = Meter(self._listing, name=algorithm(layer.diff_id))
        self._expanding = _Tolerant(Decompressor(self.stream, label=layer.diff_id))
        self.blob = (
            Meter(self._expanding, name=algorithm(layer.digest)) if layer.digest else Counter(self._expanding)
        )
        self.closed = False

    def feed(self, data: Buffer, /) -> None:
        """The next piece."""
        self.blob.feed(data)

    def close(self) -> None:
        """The blob was complete."""
        self.blob.close()
        self.closed = True

    def result(self) -> tuple[LayerRecords | None, tuple[str, ...]]:
        """The records, None if they can't be listed, and what doesn't match."""
        layer, records = self._layer, None
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
