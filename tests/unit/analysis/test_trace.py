"""Where one path or package comes from, layer by layer."""

from support.dpkg import BASE, CURL
from support.layers import file, folder, hard_link, layer, opaque, symlink, whiteout

from bloatcheck.analysis.inventory import Inventory, take_inventory
from bloatcheck.analysis.snapshot import Base
from bloatcheck.analysis.trace import Event, PathTrace, similar_names, trace_package, trace_path
from bloatcheck.image.layer_index import LayerIndex


def traced(path: bytes, *layers: LayerIndex) -> PathTrace:
    found = trace_path(take_inventory(layers), path)
    assert found
    return found


def events(path: bytes, *layers: LayerIndex) -> list[tuple[int, Event, int]]:
    return [(step.layer, step.event, step.size) for step in traced(path, *layers).steps]


def test_each_layer_that_wrote_or_deleted_a_file_is_told() -> None:
    assert events(
        b"a",
        layer(file("a", content=b"one")),
        layer(file("a", content=b"one", uid=7)),
        layer(file("a", content=b"three")),
        layer(file("b", 1)),
        layer(whiteout("a")),
        layer(file("a", content=b"x")),
    ) == [
        (0, Event.ADDED, 3),
        (1, Event.METADATA, 3),
        (2, Event.OVERWRITTEN, 5),
        (4, Event.DELETED, 0),
        (5, Event.ADDED, 1),
    ]


def test_a_file_goes_with_its_directory() -> None:
    below = layer(folder("d"), file("d/e/a", 3))
    for above in (whiteout("d"), whiteout("d/e"), opaque("d"), opaque(""), file("d", 1), symlink("d", "x")):
        assert events(b"d/e/a", below, layer(above)) == [(0, Event.ADDED, 3), (1, Event.DELETED, 0)], above


def test_what_is_hidden_of_a_path_is_told_beside_what_can_be_seen() -> None:
    trace = traced(b"a", layer(file("a", 10)), layer(file("a", 4)))
    assert (trace.size, trace.hidden) == (4, 10)


def test_a_directory_has_all_that_is_in_it() -> None:
    trace = traced(
        b"app", layer(folder("app"), file("app/a", 10)), layer(file("app/b/c", 4), file("apple", 1))
    )
    assert trace.size == 14
    assert trace.by_layer == ((0, 10), (1, 4))
    assert trace.files == (("/app/a", 10), ("/app/b/c", 4))


def test_the_root_is_the_whole_image() -> None:
    assert traced(b"", layer(file("a", 1)), layer(file("b/c", 2))).size == 3


def test_links_lead_to_what_they_name() -> None:
    image = layer(file("usr/bin/dash", 9), symlink("bin", "usr/bin"), hard_link("usr/bin/sh", "usr/bin/dash"))
    assert traced(b"bin", image).leads_to == "/usr/bin"
    assert traced(b"usr/bin/sh", image).size == 9


def test_a_path_that_no_layer_has_is_none() -> None:
    assert trace_path(take_inventory([layer(file("a", 1))]), b"b") is None


def inventory() -> Inventory:
    return take_inventory([BASE, CURL], base_layers=1)


def test_a_file_is_its_packages() -> None:
    found = trace_path(inventory(), b"usr/bin/curl")
    assert found
    assert found.package
    assert (found.package.name, found.package.version) == ("curl", "7.88")


def test_a_package_has_its_bytes_by_layer_and_its_largest_files() -> None:
    (found,) = trace_package(inventory(), "deb:curl")
    assert found.files[0] == ("/usr/bin/curl", 300)
    assert [layer for layer, _ in found.by_layer] == [1]
    assert found.chain == ("curl",)


def test_a_package_that_is_not_there_has_names_like_it() -> None:
    assert trace_package(inventory(), "cur") == ()
    assert similar_names(inventory(), "cur") == ("curl",)


def test_a_package_of_the_base_image_is_told_from_those_above_it() -> None:
    base = Base(name="debian", layer_count=1)
    (dash,) = trace_package(inventory(), "dash")
    (curl,) = trace_package(inventory(), "curl")
    assert dash.is_of(base)
    assert not curl.is_of(base)
    assert not dash.is_of(None)
