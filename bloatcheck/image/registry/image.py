"""An image in a registry. Its sizes are known from its documents; layers are downloaded only to list them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from bloatcheck.errors import ReadError
from bloatcheck.image.capture import Capture
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.layer_stream import LayerStream, layer_label
from bloatcheck.image.model import ClosedAtEnd, LayerDescriptor, Source
from bloatcheck.image.registry.client import RegistryClient
from bloatcheck.log import Log
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.image_config import ImageConfig
from bloatcheck.oci.manifest import Descriptor, Manifest
from bloatcheck.oci.provenance import Material
from bloatcheck.units import format_bytes

_DOWNLOADS = 3
"""At once, as many as docker's own default. Measured with six layers, 32 MB in all, at 10 MB/s a connection:
one at a time 4.1 s, two 2.0 s, three 1.5 s, four 1.4 s. Where the processor is the limit (a registry on the
same two cores) no gain was seen; the machine was too busy to tell whether there is a cost."""


class RegistryImage(ClosedAtEnd):
    """Satisfies `bloatcheck.image.model.Image`.

    Args:
        client: of its repository; closed with the image.
        manifest: of one platform.
        config: its configuration, with as many diff_ids as the manifest has layers.
        digest: of what the reference names: the index where there is one, else the manifest.
        materials: asks what the builder says of the images that it used.
        log: told what is downloaded, as details.
    """

    def __init__(
        self,
        client: RegistryClient,
        manifest: Manifest,
        config: ImageConfig,
        *,
        digest: Digest,
        materials: Callable[[], tuple[Material, ...]] = tuple,
        log: Log | None = None,
    ) -> None:
        self.reference = f"docker://{client.reference}"
        self.image_id = manifest.config.digest
        self.config = config
        self.digest = digest
        self.materials = materials
        self.source = Source("docker")
        self._client = client
        self._log = log
        self._blobs: dict[Digest, tuple[LayerDescriptor, Descriptor]] = {}
        self._layers = tuple(
            LayerDescriptor(
                diff_id=diff_id,
                media_type=blob.media_type,
                digest=blob.digest,
                compressed_size=blob.size,
            )
            for diff_id, blob in zip(config.diff_ids, manifest.layers, strict=True)
        )
        for layer, blob in zip(self._layers, manifest.layers, strict=True):
            self._blobs.setdefault(layer.diff_id, (layer, blob))

    @property
    def layers(self) -> Sequence[LayerDescriptor]:
        """See `Image`."""
        return self._layers

    def index_layers(
        self, diff_ids: Collection[Digest], capture: Capture | None = None
    ) -> Iterator[LayerIndex]:
        """See `Image`. Nothing is kept on disk; blob digest, size and diff_id of each are checked."""
        unknown = set(diff_ids) - self._blobs.keys()
        if unknown:
            raise ReadError(f"{self.reference}: it has no layer {min(unknown)}")
        # the largest first, so that no thread is left alone with it at the end
        wanted = sorted((self._blobs[diff_id] for diff_id in set(diff_ids)), key=lambda one: -one[1].size)
        if self._log and wanted:
            self._log.detail(
                f"{self.reference}: downloading {len(wanted)} of {len(self._layers)} layers, "
                f"{format_bytes(sum(blob.size for _, blob in wanted))}"
            )
        stopped = threading.Event()
        pool = ThreadPoolExecutor(_DOWNLOADS)
        try:
            tasks = [pool.submit(self._index, layer, blob, capture, stopped) for layer, blob in wanted]
            for task in as_completed(tasks):
                yield task.result()
        finally:
            stopped.set()
            pool.shutdown(cancel_futures=True)

    def close(self) -> None:
        """See `Image`."""
        self._client.close()

    def _index(
        self, layer: LayerDescriptor, blob: Descriptor, capture: Capture | None, stopped: threading.Event
    ) -> LayerIndex:
        stream = LayerStream(layer, image=self.reference, capture=capture)
        try:
            for piece in self._client.blob(blob):
                if stopped.is_set():
                    break  # nobody wants the index any more, nor the error that it is incomplete
                stream.feed(piece)
            stream.close()
        except ReadError as error:
            if blob.is_foreign:
                # Its `urls` could name any host: who wrote the image must not choose whom we talk to.
                raise ReadError(
                    f"{layer_label(layer, self.reference)}: {error.message}",
                    hint="such layers (Windows base images, for example) are often not in the registry",
                ) from None
            raise
        return stream.index()
