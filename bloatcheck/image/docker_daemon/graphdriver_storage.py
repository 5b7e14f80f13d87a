"""Docker's own image store: configurations in `imagedb`, tar-split records of layers in `layerdb`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from bloatcheck.errors import ReadError
from bloatcheck.image.docker_daemon.files import Files, read_document
from bloatcheck.image.docker_daemon.stored_layer import StoredLayer
from bloatcheck.image.docker_daemon.tar_split import index_tar_split
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.oci.digest import Digest, algorithm, encoded


class GraphdriverStorage:
    """The same for every driver: what a driver keeps, the unpacked layers, isn't needed."""

    def __init__(self, files: Files, root: PurePosixPath) -> None:
        self._files = files
        self._root = root

    @property
    def description(self) -> str:
        """For people."""
        return f"tar-split records in {self._root}"

    def document(self, digest: Digest) -> bytes | None:
        """A configuration."""
        return read_document(
            self._files, self._root / "imagedb/content" / algorithm(digest) / encoded(digest)
        )

    def index_layers(self, layers: Sequence[StoredLayer]) -> Iterator[LayerIndex]:
        """One layer after the other."""
        for layer in layers:
            folder = self._root / "layerdb" / algorithm(layer.chain_id) / encoded(layer.chain_id)
            with self._files.open(folder / "diff") as file:
                diff_id = file.read(len(layer.diff_id) + 1)
            if diff_id.strip() != layer.diff_id.encode():
                raise ReadError(f"{folder} is not the layer {layer.diff_id}")
            with self._files.open(folder / "tar-split.json.gz") as file:
                index = index_tar_split(file, layer.diff_id)
            yield index
