"""Docker's own image store: configurations in `imagedb`, tar-split records of layers in `layerdb`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import PurePosixPath

from bloatcheck.errors import ReadError
from bloatcheck.image.capture import Capture
from bloatcheck.image.docker_daemon.files import Files, read_document
from bloatcheck.image.docker_daemon.stored_layer import StoredLayer
from bloatcheck.image.docker_daemon.tar_split import index_tar_split
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.side_by_side import side_by_side
from bloatcheck.oci.digest import Digest, algorithm, encoded

OVERLAY_DRIVERS = frozenset(("overlay", "overlay2", "fuse-overlayfs"))
"""Those that keep each layer's own files in a folder `diff`."""

_CACHE_ID = re.compile(r"[0-9A-Za-z]{1,128}")
_MAX_WORD = 256


class GraphdriverStorage:
    """The same for every driver; only contents are read from what a driver itself keeps.

    Args:
        files: opens them.
        root: of the engine.
        driver: its name.
    """

    def __init__(self, files: Files, root: PurePosixPath, driver: str) -> None:
        self._files = files
        self._root = root / "image" / driver
        self._unpacked = root / driver if driver in OVERLAY_DRIVERS else None

    @property
    def description(self) -> str:
        """For people."""
        return f"tar-split records in {self._root}"

    def document(self, digest: Digest) -> bytes | None:
        """A configuration."""
        return read_document(
            self._files, self._root / "imagedb/content" / algorithm(digest) / encoded(digest)
        )

    def index_layers(self, layers: Sequence[StoredLayer], capture: Capture | None) -> Iterator[LayerIndex]:
        """One layer after the other, but contents of several at once."""
        if capture is None:
            yield from (self._index_layer(layer, None) for layer in layers)
            return
        yield from side_by_side([(0, partial(self._index_layer, layer, capture)) for layer in layers])

    def _index_layer(self, layer: StoredLayer, capture: Capture | None) -> LayerIndex:
        folder = self._root / "layerdb" / algorithm(layer.chain_id) / encoded(layer.chain_id)
        if self._word(folder / "diff") != layer.diff_id:
            raise ReadError(f"{folder} is not the layer {layer.diff_id}")
        with ExitStack() as opened:
            unpacked = None
            if capture and self._unpacked:
                name = self._word(folder / "cache-id")
                if not _CACHE_ID.fullmatch(name):
                    raise ReadError(f"{folder} doesn't say where the layer lies")
                unpacked = self._files.folder(self._unpacked / name / "diff")
            if unpacked:
                opened.enter_context(unpacked)
            records = opened.enter_context(self._files.open(folder / "tar-split.json.gz"))
            return index_tar_split(records, layer.diff_id, capture=capture, folder=unpacked)

    def _word(self, path: PurePosixPath) -> str:
        with self._files.open(path) as file:
            return file.read(_MAX_WORD).decode("ascii", "replace").strip()
