"""What an image of old held, from layers that were read before: nothing but the cache is asked."""

from __future__ import annotations

from dataclasses import replace

from bloatcheck.analysis.capture import EXPLAIN
from bloatcheck.analysis.inventory import Inventory, take_inventory
from bloatcheck.analysis.layer_cache import LayerCache
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.image.model import LayerDescriptor
from bloatcheck.oci.digest import Digest


def recalled(
    snapshot: ImageSnapshot, cache: LayerCache, *, now: ImageSnapshot | None = None
) -> ImageSnapshot:
    """The snapshot with its contents in full, where every layer of it is in the cache; else as it is.

    A baseline keeps only sums and the largest names; the layers of the image before a change were mostly
    read by the run before. `now` is the image as it is today: of the same layers it holds the same, and
    nothing needs taking apart again.
    """
    if now and now.contents and _stack(now) == _stack(snapshot):
        # the lines are today's Dockerfile's
        files = tuple(replace(file, made_at=None) for file in now.contents.files)
        return replace(snapshot, contents=replace(now.contents, files=files))
    inventory = inventory_of(snapshot, cache)
    return replace(snapshot, contents=inventory.contents) if inventory else snapshot


def _stack(snapshot: ImageSnapshot) -> tuple[list[tuple[Digest, int]], int]:
    """The layers, and how many of them are the base image's: all that contents are made of."""
    layers = [(layer.diff_id, layer.content_size) for layer in snapshot.layers]
    return layers, _base_layers(snapshot)


def _base_layers(snapshot: ImageSnapshot) -> int:
    return snapshot.base.layer_count if snapshot.base else 0


def inventory_of(snapshot: ImageSnapshot, cache: LayerCache) -> Inventory | None:
    """The image, taken apart from the cache's layers; None unless every one of them is there."""
    layers = []
    for layer in snapshot.layers:
        index = cache.get(LayerDescriptor(diff_id=layer.diff_id), EXPLAIN)
        if index is None or index.content_size != layer.content_size:
            return None
        layers.append(index)
    return take_inventory(layers, base_layers=_base_layers(snapshot))
