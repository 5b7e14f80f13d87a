"""From a layer's blob, as it comes, to its proven index."""

from __future__ import annotations

from bloatcheck.errors import ReadError
from bloatcheck.image.capture import Capture
from bloatcheck.image.contents import Contents, layer_index
from bloatcheck.image.decompress import Decompressor
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.model import LayerDescriptor
from bloatcheck.image.sink import Buffer, Counter, Meter
from bloatcheck.image.tar_scanner import TarScanner
from bloatcheck.image.watching import was_read
from bloatcheck.oci.digest import algorithm


class LayerStream:
    """Takes a layer's blob, compressed or not; lists its records and checks its digests and size.

    Args:
        layer: what the manifest and the configuration say about it.
        image: the image's reference, for error messages.
        capture: what to keep of the contents; None leaves them out, digests too.
    """

    def __init__(self, layer: LayerDescriptor, *, image: str, capture: Capture | None = None) -> None:
        self.layer = layer
        self._label = layer_label(layer, image)
        self._contents = Contents(capture) if capture else None
        self._scanner = TarScanner(self._label, contents=self._contents)
        self._stream = Meter(self._scanner, name=algorithm(layer.diff_id))
        blob = Decompressor(self._stream, label=self._label)
        # a plain layer's digest is its diff_id, hashed once
        own_digest = layer.digest if layer.digest != layer.diff_id else None
        self._hashed = Meter(blob, name=algorithm(own_digest)) if own_digest else None
        self._blob = self._hashed or Counter(blob)
        self._closed = False

    def feed(self, data: Buffer, /) -> None:
        """The next piece of the blob.

        Raises:
            ReadError: it is damaged or hostile.
        """
        self._blob.feed(data)
        was_read(len(data))

    def close(self) -> None:
        """The blob was complete.

        Raises:
            ReadError: it is not what the manifest and the configuration say.
        """
        self._blob.close()
        self._closed = True
        layer = self.layer
        if layer.compressed_size is not None and self._blob.size != layer.compressed_size:
            raise self._mismatch("size", f"{self._blob.size} bytes", f"{layer.compressed_size} bytes")
        if self._hashed and self._hashed.digest != layer.digest:
            raise self._mismatch("digest", self._hashed.digest, layer.digest)
        if self._stream.digest != layer.diff_id:
            raise self._mismatch("diff_id", self._stream.digest, layer.diff_id)

    def index(self) -> LayerIndex:
        """The layer's index, once the blob was closed.

        Raises:
            ReadError: a path lies outside the root, or the blob never came.
        """
        if not self._closed:
            raise ReadError(
                f"{self._label}: it is missing", hint="the image is damaged; pull or save it again"
            )
        return layer_index(
            self.layer.diff_id,
            self._scanner.records(),
            self._contents,
            uncompressed_size=self._stream.size,
            verified=True,
        )

    def _mismatch(self, what: str, actual: str, expected: str | None) -> ReadError:
        return ReadError(
            f"{self._label}: its {what} is {actual}, not {expected}",
            hint="the image is damaged or was tampered with; pull, save or build it again",
        )


def layer_label(layer: LayerDescriptor, image: str) -> str:
    """Names a layer in messages."""
    return f"{image}: layer {layer.diff_id}"
