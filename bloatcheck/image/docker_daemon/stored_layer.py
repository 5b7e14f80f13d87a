"""What every storage of an engine offers, and what layers are known by there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from bloatcheck.image.capture import Capture
from bloatcheck.image.docker_daemon.documents import Blob
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.oci.digest import Digest


@dataclass(frozen=True, slots=True)
class StoredLayer:
    """What a layer is known by in the stores.

    `chain_id` names it together with all layers under it (OCI image-spec, config.md, "Layer ChainID");
    `blob` is what it is stored as, where a manifest told.
    """

    diff_id: Digest
    chain_id: Digest
    blob: Blob | None


def stored_layers(diff_ids: Sequence[Digest], blobs: Sequence[Blob] | None) -> Iterator[StoredLayer]:
    """The layers of one image, base first."""
    chain_id: Digest | None = None
    for diff_id, blob in zip(diff_ids, blobs or (None,) * len(diff_ids), strict=True):
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

    def index_layers(self, layers: Sequence[StoredLayer], capture: Capture | None) -> Iterator[LayerIndex]:
        """Lists these layers, in any order, and keeps what `capture` chooses of their contents.

        Raises:
            OSError: one isn't there.
            ReadError: one is damaged, or its contents can't be read.
        """
        ...
