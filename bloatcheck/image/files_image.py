"""An image whose files are on disk, whichever layout says which of them are its layers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bloatcheck.errors import ReadError
from bloatcheck.image.capture import Capture
from bloatcheck.image.decompress import Compression
from bloatcheck.image.files import Files, Region, feed_region, region_compression
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.layer_stream import LayerStream, layer_label
from bloatcheck.image.model import ClosedAtEnd, LayerDescriptor, Source
from bloatcheck.image.side_by_side import side_by_side
from bloatcheck.image.sink import Sink
from bloatcheck.image.tar_scanner import scan_file
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.image_config import ImageConfig
from bloatcheck.oci.provenance import Material


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A layer and where its blob lies; `path` is None for one that the image doesn't carry."""

    descriptor: LayerDescriptor
    path: str | None


class FilesImage(ClosedAtEnd):
    """Satisfies `bloatcheck.image.model.Image`.

    Args:
        reference: with its transport.
        image_id: the digest of the configuration, checked.
        config: the configuration.
        layers: one per diff_id, base first.
        files: where they lie; closed with the image.
        transport: for `source`.
        materials: reads what the builder says of the images that it used.
    """

    def __init__(
        self,
        *,
        reference: str,
        image_id: Digest,
        config: ImageConfig,
        layers: Sequence[LayerFile],
        files: Files,
        transport: str,
        materials: Callable[[], tuple[Material, ...]] = tuple,
    ) -> None:
        self.reference = reference
        self.image_id = image_id
        self.config = config
        self.source = Source(transport)
        self._files = files
        self.materials = materials
        self._layers = tuple(
            LayerFile(replace(layer.descriptor, identity=_identity(files, layer.path)), layer.path)
            for layer in layers
        )

    @property
    def layers(self) -> Sequence[LayerDescriptor]:
        """See `Image`."""
        return [layer.descriptor for layer in self._layers]

    def index_layers(
        self, diff_ids: Collection[Digest], capture: Capture | None = None
    ) -> Iterator[LayerIndex]:
        """See `Image`. Plain layers that lie in place are listed without being hashed, and so not proven.

        Where contents are wanted, all of a layer is read anyway, so it is proven too: what was read of it
        is then known of every other image that has it.
        """
        streamed: list[tuple[int, Callable[[], LayerIndex]]] = []
        fed: dict[str, LayerStream] = {}
        for layer, path in self._wanted(diff_ids):
            region = self._files.region(path)
            if region is None:
                fed[path] = LayerStream(layer, image=self.reference, capture=capture)
            elif capture is None and self._is_plain(layer, region):
                yield self._scan(layer, region)
            else:
                streamed.append((region.size, partial(self._read, layer, region, capture)))
        yield from side_by_side(streamed)
        if fed:
            self._files.feed(fed)
            for stream in fed.values():
                yield stream.index()

    def feed_layers(self, sinks: Mapping[Digest, Sink]) -> None:
        """Hands the blobs of these layers to their sinks as they are stored, each whole.

        Raises:
            ReadError: one is missing or unreadable, or its sink says so.
        """
        self._files.feed({path: sinks[layer.diff_id] for layer, path in self._wanted(sinks)})

    def close(self) -> None:
        """See `Image`."""
        self._files.close()

    def _wanted(self, diff_ids: Iterable[Digest]) -> Iterator[tuple[LayerDescriptor, str]]:
        """These layers, each once, in the image's order."""
        left = set(diff_ids)
        paths: set[str] = set()
        for layer in self._layers:
            if layer.descriptor.diff_id not in left:
                continue
            left.remove(layer.descriptor.diff_id)
            if layer.path is None:
                raise ReadError(
                    f"{layer_label(layer.descriptor, self.reference)}: the image doesn't carry it",
                    hint="it may not be distributed with images (a Windows base layer, for example), or the "
                    "image was saved without it",
                )
            if layer.path in paths:
                raise ReadError(
                    f"{layer_label(layer.descriptor, self.reference)}: another layer has the same file",
                    hint="the image is damaged; save it again",
                )
            paths.add(layer.path)
            yield layer.descriptor, layer.path
        if left:
            raise ReadError(f"{self.reference}: it has no layer {min(left)}")

    def _is_plain(self, layer: LayerDescriptor, region: Region) -> bool:
        return region_compression(region, layer_label(layer, self.reference)) is Compression.NONE

    def _scan(self, layer: LayerDescriptor, region: Region) -> LayerIndex:
        label = layer_label(layer, self.reference)
        if layer.compressed_size not in (None, region.size):
            raise ReadError(
                f"{label}: it has {region.size} bytes, not {layer.compressed_size}",
                hint="the image was cut off or damaged; save it again",
            )
        records = scan_file(region.file, region.offset, region.size, label=label)
        return LayerIndex(
            diff_id=layer.diff_id, records=records, uncompressed_size=region.size, verified=False
        )

    def _read(self, layer: LayerDescriptor, region: Region, capture: Capture | None) -> LayerIndex:
        stream = LayerStream(layer, image=self.reference, capture=capture)
        feed_region(region, stream, layer_label(layer, self.reference))
        return stream.index()


def _identity(files: Files, path: str | None) -> str | None:
    """A layer that isn't there, or can't be opened, is complained of when it is read."""
    if path is None or files.size(path) is None:
        return None
    region = files.region(path)
    return region.identity if region else None
