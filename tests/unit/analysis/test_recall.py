"""What an image of old held is known again from the cache alone."""

from dataclasses import replace
from pathlib import Path

from support.dpkg import BASE, CURL
from support.snapshots import snapshot

from bloatcheck.analysis.capture import EXPLAIN
from bloatcheck.analysis.inventory import take_inventory
from bloatcheck.analysis.layer_cache import LayerCache
from bloatcheck.analysis.recall import recalled
from bloatcheck.analysis.snapshot import Base, ImageSnapshot, LayerSnapshot
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.model import LayerDescriptor


def image(*layers: LayerIndex) -> ImageSnapshot:
    told = (
        LayerSnapshot(diff_id=layer.diff_id, instruction="RUN x", content_size=layer.content_size)
        for layer in layers
    )
    return replace(snapshot("api", *told), base=Base(name="debian", layer_count=1))


def cache_of(folder: Path, *layers: LayerIndex) -> LayerCache:
    cache = LayerCache(folder)
    for layer in layers:
        cache.put(LayerDescriptor(diff_id=layer.diff_id), layer, EXPLAIN)
    return cache


def test_an_image_whose_layers_were_all_read_is_known_in_full(tmp_path: Path) -> None:
    known = recalled(image(BASE, CURL), cache_of(tmp_path, BASE, CURL))
    assert known.contents == take_inventory([BASE, CURL], base_layers=1).contents


def test_with_a_layer_missing_it_stays_as_it_is(tmp_path: Path) -> None:
    before = image(BASE, CURL)
    assert recalled(before, cache_of(tmp_path, BASE)) == before


def test_a_baseline_that_says_another_size_of_a_layer_is_not_contradicted(tmp_path: Path) -> None:
    before = image(BASE, CURL)
    wrong = replace(before, layers=(before.layers[0], replace(before.layers[1], content_size=1)))
    assert recalled(wrong, cache_of(tmp_path, BASE, CURL)) == wrong


def test_of_the_same_layers_it_held_what_the_image_holds_now(tmp_path: Path) -> None:
    before, now = image(BASE, CURL), explained(BASE, CURL)
    assert recalled(before, LayerCache(tmp_path), now=now).contents == now.contents
    assert recalled(before, cache_of(tmp_path, BASE, CURL)).contents == now.contents


def test_with_other_layers_or_another_base_nothing_is_taken_from_the_image_now(tmp_path: Path) -> None:
    before, empty = image(BASE, CURL), LayerCache(tmp_path)
    assert recalled(before, empty, now=explained(BASE)) == before
    assert recalled(before, empty, now=replace(explained(BASE, CURL), base=None)) == before


def explained(*layers: LayerIndex) -> ImageSnapshot:
    return replace(image(*layers), contents=take_inventory(layers, base_layers=1).contents)
