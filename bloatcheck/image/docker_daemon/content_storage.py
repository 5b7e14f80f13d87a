"""containerd's content store: every document and every layer's blob, named by its digest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath

from bloatcheck.errors import ReadError
from bloatcheck.image.capture import Capture
from bloatcheck.image.docker_daemon.files import Files, read_document
from bloatcheck.image.docker_daemon.layer_listing import LayerListing
from bloatcheck.image.docker_daemon.stored_layer import StoredLayer
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.side_by_side import side_by_side
from bloatcheck.oci.digest import Digest, algorithm, encoded

_CHUNK = 256 << 10


class ContentStorage:
    """The content store in a containerd's root directory."""

    def __init__(self, files: Files, containerd: PurePosixPath) -> None:
        self._files = files
        self._blobs = containerd / "io.containerd.content.v1.content/blobs"

    @property
    def description(self) -> str:
        """For people."""
        return f"blobs in {self._blobs}"

    def document(self, digest: Digest) -> bytes | None:
        """A configuration, manifest or index."""
        return read_document(self._files, self._path(digest))

    def index_layers(self, layers: Sequence[StoredLayer], capture: Capture | None) -> Iterator[LayerIndex]:
        """Several at once: expanding is most of the work."""
        yield from side_by_side(
            [
                (layer.blob.size if layer.blob else 0, partial(self._index_layer, layer, capture))
                for layer in layers
            ]
        )

    def _index_layer(self, layer: StoredLayer, capture: Capture | None) -> LayerIndex:
        if layer.blob is None:
            raise ReadError(f"no manifest tells which blob is the layer {layer.diff_id}")
        listing = LayerListing(f"layer {layer.diff_id}", capture)
        with self._files.open(self._path(layer.blob.digest)) as file:
            while chunk := file.read(_CHUNK):
                listing.feed(chunk)
        listing.close()
        return listing.index(layer.diff_id)

    def _path(self, digest: Digest) -> PurePosixPath:
        return self._blobs / algorithm(digest) / encoded(digest)
