"""One layer as the engine stores it, compressed or not: its records, and how long its tar stream is."""

from __future__ import annotations

from bloatcheck.image.capture import Capture
from bloatcheck.image.contents import Contents, layer_index
from bloatcheck.image.decompress import Decompressor
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.sink import Buffer
from bloatcheck.image.tar_scanner import TarScanner
from bloatcheck.image.watching import was_read
from bloatcheck.oci.digest import Digest


class LayerListing:
    """Takes a layer's blob.

    The stream isn't hashed: the engine did that when the layer came in, and hashing costs as much again as
    expanding.
    """

    def __init__(self, label: str, capture: Capture | None) -> None:
        self._contents = Contents(capture) if capture else None
        self._scanner = TarScanner(label, contents=self._contents)
        self._counter = _Counter(self._scanner)
        self._blob = Decompressor(self._counter, label=label)

    def feed(self, data: Buffer, /) -> None:
        """The next piece of the blob.

        Raises:
            ReadError: damaged.
        """
        self._blob.feed(data)
        was_read(len(data))

    def close(self) -> None:
        """The blob was complete.

        Raises:
            ReadError: it ended too early.
        """
        self._blob.close()

    def index(self, diff_id: Digest) -> LayerIndex:
        """What was listed, under the name that the engine gives the layer; `close` comes first."""
        return layer_index(
            diff_id,
            self._scanner.records(),
            self._contents,
            uncompressed_size=self._counter.size,
            verified=True,
        )


class _Counter:
    def __init__(self, scanner: TarScanner) -> None:
        self._scanner = scanner
        self.size = 0

    def feed(self, data: Buffer, /) -> None:
        self.size += len(data)
        self._scanner.feed(data)

    def close(self) -> None:
        self._scanner.close()
