"""By how much builds of the same files differ: archives with dates, caches, whatever a server sends today."""

from __future__ import annotations

from collections.abc import Sequence

from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.baseline.model import LayerNoise


def noise_floor(builds: Sequence[ImageSnapshot]) -> tuple[LayerNoise, ...]:
    """The layers that came out in different sizes, with the largest difference, in their order.

    Args:
        builds: of one image, from the same files: of as many layers, by the same instructions.
    """
    largest: dict[str, int] = {}
    for layers in zip(*(build.layers for build in builds), strict=True):
        sizes = [layer.content_size for layer in layers]
        instruction = layers[0].instruction
        largest[instruction] = max(largest.get(instruction, 0), max(sizes) - min(sizes))
    return tuple(LayerNoise(instruction, size) for instruction, size in largest.items() if size)


def rebuilt_layers(builds: Sequence[ImageSnapshot]) -> int:
    """How many layers have another diff_id in some build: a pull downloads them anew."""
    return sum(
        len({layer.diff_id for layer in layers}) > 1
        for layers in zip(*(build.layers for build in builds), strict=True)
    )
