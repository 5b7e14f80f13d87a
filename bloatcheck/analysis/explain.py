"""Explains an image: its snapshot with all it holds, and what made of its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bloatcheck.analysis.inventory import Inventory, take_inventory
from bloatcheck.analysis.measure import DockerfileSource, take_snapshot
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.image.model import Image, LayerIndex


@dataclass(frozen=True, slots=True)
class Explained:
    """An image, explained. The snapshot has the contents; the inventory is for further questions."""

    snapshot: ImageSnapshot
    inventory: Inventory


def explain(
    image: Image,
    indexes: Sequence[LayerIndex],
    *,
    name: str,
    dockerfile: DockerfileSource | None = None,
    build_seconds: float | None = None,
) -> Explained:
    """Explains an image whose layers were listed with their contents, base first.

    Raises:
        ReadError: a layer has no listing.
    """
    snapshot = take_snapshot(image, indexes, name=name, dockerfile=dockerfile, build_seconds=build_seconds)
    listed = {index.diff_id: index for index in indexes}
    inventory = take_inventory(
        [listed[layer.diff_id] for layer in image.layers],
        base_layers=snapshot.base.layer_count if snapshot.base else 0,
    )
    return Explained(replace(snapshot, contents=inventory.contents), inventory)
