"""containerd's content store: every document and every layer's blob, named by its digest."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import PurePosixPath

from bloatcheck.errors import ReadError
from bloatcheck.image.capture import Capture
from bloatcheck.image.docker_daemon.files import Files, read_document
from bloatcheck.image.docker_daemon.layer_listing import LayerListing
from bloatcheck.image.docker_daemon.stored_layer import StoredLayer
from bloatcheck.image.layer_index import LayerIndex
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
        """As many at once as there are processors: expanding is most of the work, outside Python's lock."""
        largest_first = sorted(layers, key=lambda layer: layer.blob.size if layer.blob else 0, reverse=True)
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
            pending = [workers.submit(self._index_layer, layer, capture) for layer in largest_first]
            try:
                for done in as_completed(pending):
                    yield done.result()
            finally:
                workers.shutdown(wait=False, cancel_futures=True)

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
