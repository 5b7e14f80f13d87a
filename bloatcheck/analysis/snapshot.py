"""One image at one moment: the value that is stored in a baseline, compared, judged and reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from bloatcheck.analysis.contents import Contents
from bloatcheck.errors import Place
from bloatcheck.oci.digest import Digest

Bytes = Annotated[int, Ge(0)]
"""A size in bytes."""

MEASURE = "content/1"
"""The measure and its definition's version: the sum of regular-file records per layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """How the numbers were made.

    `measure` and `compressor` bind: another value means the numbers are not comparable. The rest informs.
    """

    measure: str = MEASURE
    compressor: str | None = None
    transport: str | None = None
    engine: str | None = None
    store: str | None = None
    tool: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The image that `FROM` names, as far as it is known. Its layers are the first `layer_count`."""

    name: str
    digest: Digest | None = None
    layer_count: Annotated[int, Ge(0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSnapshot:
    """One layer.

    `instruction` is what the user wrote, on one line, without the builder's decoration; empty where the
    image has no history for it. `place` is the Dockerfile line it stands on; None where it isn't known,
    as for the base image's layers.
    """

    diff_id: Digest
    instruction: str
    content_size: Bytes
    uncompressed_size: Bytes | None = None
    compressed_size: Bytes | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSnapshot:
    """One image on one platform. Layers run from base to top; having none is a fact, not an error.

    `contents` is None where nobody looked into the layers, or nothing of it was kept.
    """

    name: str
    platform: str
    image_id: Digest
    layers: tuple[LayerSnapshot, ...]
    measure: Fingerprint
    base: Base | None = None
    build_seconds: float | None = None
    inputs_digest: Digest | None = None
    contents: Contents | None = None

    @property
    def content_size(self) -> int:
        """Bytes of all regular-file records of all layers."""
        return sum(layer.content_size for layer in self.layers)

    def layer_at(self, number: int | None) -> LayerSnapshot | None:
        """The layer of this number, counted from 0; None where there is none, or nobody knows which."""
        return self.layers[number] if number is not None and number < len(self.layers) else None

    @property
    def compressed_size(self) -> int | None:
        """Bytes that a pull downloads for the layers; None unless every layer's is known."""
        sizes = [layer.compressed_size for layer in self.layers]
        return None if any(size is None for size in sizes) else sum(size or 0 for size in sizes)
