"""The engine's storage on this machine: layers read from where they lie, without `docker save`.

Only the two ways in which engines keep what a layer's tar stream was: tar-split records beside the
unpacked layers (graphdrivers), and the layers' blobs themselves (containerd). Unpacked directories aren't
read: they don't tell which of several hard links was the file, in which order records came, or how long
the stream was.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from bloatcheck.errors import ReadError
from bloatcheck.image.docker_daemon.documents import MAX_DOCUMENT
from bloatcheck.image.docker_daemon.engine import EngineFacts
from bloatcheck.image.docker_daemon.files import Files
from bloatcheck.image.docker_daemon.tar_split import scan_tar_split
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.oci.digest import Digest, algorithm, encoded


@dataclass(frozen=True, slots=True)
class StoredLayer:
    """What a layer is known by in the stores.

    `chain_id` names it together with all layers under it (OCI image-spec, config.md, "Layer ChainID");
    `blob` is its digest as it is stored, usually compressed, where a manifest told.
    """

    diff_id: Digest
    chain_id: Digest
    blob: Digest | None


def stored_layers(diff_ids: Sequence[Digest], blobs: Sequence[Digest] | None) -> Iterator[StoredLayer]:
    """The layers of one image, base first."""
    chain_id: Digest | None = None
    known_blobs = blobs if blobs and len(blobs) == len(diff_ids) else (None,) * len(diff_ids)
    for diff_id, blob in zip(diff_ids, known_blobs, strict=True):
        if chain_id is None:
            chain_id = diff_id
        else:
            chain_id = Digest(f"sha256:{hashlib.sha256(f'{chain_id} {diff_id}'.encode()).hexdigest()}")
        yield StoredLayer(diff_id, chain_id, blob)


class Storage(Protocol):
    """An engine's storage that can be read."""

    @property
    def description(self) -> str:
        """What is read, for people."""
        ...

    def document(self, digest: Digest) -> bytes | None:
        """A configuration, manifest or index, unchecked; None where it isn't there."""
        ...

    def index_layers(self, layers: Sequence[StoredLayer]) -> Iterator[LayerIndex]:
        """Lists these layers, in any order.

        Raises:
            OSError: one isn't there.
            ReadError: one is damaged.
        """
        ...


class GraphdriverStorage:
    """Docker's own store: `image/<driver>/imagedb` with configurations, `layerdb` with tar-split records."""

    def __init__(self, files: Files, root: PurePosixPath) -> None:
        self._files = files
        self._root = root

    @property
    def description(self) -> str:
        """For people."""
        return f"tar-split records in {self._root}"

    def document(self, digest: Digest) -> bytes | None:
        """A configuration."""
        return _document(self._files, self._root / "imagedb/content" / algorithm(digest) / encoded(digest))

    def index_layers(self, layers: Sequence[StoredLayer]) -> Iterator[LayerIndex]:
        """One layer after the other."""
        for layer in layers:
            folder = self._root / "layerdb" / algorithm(layer.chain_id) / encoded(layer.chain_id)
            with self._files.open(folder / "diff") as file:
                diff_id = file.read(len(layer.diff_id) + 1)
            if diff_id.strip() != layer.diff_id.encode():
                raise ReadError(f"{folder} is not the layer {layer.diff_id}")
            with self._files.open(folder / "tar-split.json.gz") as file:
                records, length = scan_tar_split(file, f"layer {layer.diff_id}")
            yield LayerIndex(diff_id=layer.diff_id, records=records, uncompressed_size=length, verified=True)


def find_storage(facts: EngineFacts, image: Digest, files: Files) -> Storage | None:
    """The storage that holds the document `image`, through these files; None where it can't be read.

    Finding the very document is the proof: what lies at an engine's root directory on this machine is
    another engine's, or nobody's, when the engine runs in a virtual machine or elsewhere.
    """
    if not facts.local or facts.root_dir is None or not facts.root_dir.is_absolute():
        return None
    for storage in _candidates(facts, facts.root_dir, files):
        if storage.document(image) is not None:
            return storage
    return None


def _candidates(facts: EngineFacts, root: PurePosixPath, files: Files) -> Iterator[Storage]:
    if not facts.containerd_store and _DRIVER.fullmatch(facts.driver):
        yield GraphdriverStorage(files, root / "image" / facts.driver)


_DRIVER = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", re.ASCII)


def _document(files: Files, path: PurePosixPath) -> bytes | None:
    try:
        with files.open(path) as file:
            return file.read(MAX_DOCUMENT + 1)
    except OSError:
        return None
