"""Layer indexes by diff_id, so that no layer is read twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bloatcheck.image.model import Image, LayerIndex
from bloatcheck.oci.digest import Digest


@dataclass
class LayerCache:
    """Layer indexes of this run."""

    _known: dict[Digest, LayerIndex] = field(default_factory=dict)

    @classmethod
    def open(cls, environment: Mapping[str, str]) -> LayerCache:
        """A cache for this process."""
        del environment
        return cls()


def index_image(image: Image, cache: LayerCache) -> tuple[LayerIndex, ...]:
    """The index of every layer, base first; only unknown layers are read, each once.

    Raises:
        ReadError: a layer is damaged or missing.
    """
    wanted = {layer.diff_id for layer in image.layers} - cache._known.keys()  # noqa: SLF001 - same module
    if wanted:
        for index in image.index_layers(wanted):
            cache._known[index.diff_id] = index  # noqa: SLF001 - same module
    return tuple(cache._known[layer.diff_id] for layer in image.layers)  # noqa: SLF001 - same module
