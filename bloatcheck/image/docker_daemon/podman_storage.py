"""Podman's and buildah's store (containers/storage): configurations, and tar-split records of layers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import PurePosixPath

from bloatcheck.errors import ReadError
from bloatcheck.image.capture import Capture
from bloatcheck.image.docker_daemon.files import Files, read_document
from bloatcheck.image.docker_daemon.graphdriver_storage import OVERLAY_DRIVERS
from bloatcheck.image.docker_daemon.stored_layer import StoredLayer
from bloatcheck.image.docker_daemon.tar_split import index_tar_split
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.side_by_side import side_by_side
from bloatcheck.oci.digest import Digest, encoded, parse_digest

_MAX_LIST = 256 << 20
"""Bytes of the list of all layers; a layer takes about 500."""


class PodmanStorage:
    """`<driver>-images` and `<driver>-layers` in the store's root."""

    def __init__(self, files: Files, root: PurePosixPath, driver: str) -> None:
        self._files = files
        self._images = root / f"{driver}-images"
        self._layers = root / f"{driver}-layers"
        self._unpacked = root / driver if driver in OVERLAY_DRIVERS else None

    @property
    def description(self) -> str:
        """For people."""
        return f"tar-split records in {self._layers}"

    def document(self, digest: Digest) -> bytes | None:
        """A configuration: image ids are its digest, and file names that aren't plain are in base64."""
        name = f"={base64.b64encode(digest.encode()).decode()}"
        return read_document(self._files, self._images / encoded(digest) / name)

    def index_layers(self, layers: Sequence[StoredLayer], capture: Capture | None) -> Iterator[LayerIndex]:
        """One layer after the other, but contents of several at once."""
        stored = self._stored()
        if capture is None:
            yield from (self._index_layer(stored, layer.diff_id, None) for layer in layers)
            return
        yield from side_by_side(
            [(0, partial(self._index_layer, stored, layer.diff_id, capture)) for layer in layers]
        )

    def _index_layer(
        self, stored: Mapping[Digest, str], diff_id: Digest, capture: Capture | None
    ) -> LayerIndex:
        if diff_id not in stored:
            raise ReadError(f"{self._layers} doesn't list the layer {diff_id}")
        name = stored[diff_id]
        with ExitStack() as opened:
            unpacked = None
            if capture and self._unpacked:
                unpacked = self._files.folder(self._unpacked / name / "diff")
            if unpacked:
                opened.enter_context(unpacked)
            records = opened.enter_context(self._files.open(self._layers / f"{name}.tar-split.gz"))
            return index_tar_split(records, diff_id, capture=capture, folder=unpacked)

    def _stored(self) -> dict[Digest, str]:
        """Where each diff_id lies."""
        with self._files.open(self._layers / "layers.json") as file:
            content = file.read(_MAX_LIST)
        try:
            return {
                parse_digest(layer["diff-digest"]): encoded(parse_digest(f"sha256:{layer['id']}"))
                for layer in json.loads(content)
                if layer.get("diff-digest")
            }
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ReadError(f"{self._layers}/layers.json can't be understood: {error}") from error
