"""An image's files, few enough to be drawn, and not a byte less."""

from hypothesis import given
from hypothesis import strategies as st
from support.dpkg import BASE, CURL
from support.layers import file, hard_link, layer, whiteout

from bloatcheck.analysis.folders import Folders, Item, align, fold
from bloatcheck.analysis.inventory import take_inventory
from bloatcheck.image.layer_index import LayerIndex


def folded(*layers: LayerIndex, most: int = 1000) -> Folders:
    return fold(take_inventory(layers), most=most)


def named(folders: Folders) -> dict[str, int]:
    return {f"{item.folder}/{item.name}": item.size for item in folders.items}


def test_few_files_are_all_told_by_name() -> None:
    image = folded(layer(file("app/a", 3), file("app/lib/b", 5), file("c", 7)))
    assert named(image) == {"app/a": 3, "app/lib/b": 5, "/c": 7}
    assert image.floor == 0


def test_a_file_has_its_layer_and_its_package() -> None:
    image = folded(BASE, CURL)
    [curl] = [item for item in image.items if item.name == "curl"]
    assert (curl.folder, curl.layer) == ("usr/bin", 1)
    assert image.packages[curl.package].name == "curl"


def test_only_what_can_be_seen_counts_and_hard_links_once() -> None:
    image = folded(layer(file("a", 3), hard_link("b", "a"), file("gone", 9)), layer(whiteout("gone")))
    assert image.size == 3


def test_the_small_files_of_a_folder_become_its_rest() -> None:
    small = [file(f"lib/s{number}", 10) for number in range(50)]
    image = folded(layer(file("lib/large", 9_000), file("huge", 10_000), *small), most=10)
    assert Item("lib", "", 0, -1, 500, 50) in image.items
    assert "lib/large" in named(image)
    assert image.floor > 10


def test_a_folder_that_is_small_itself_becomes_a_part_of_the_one_above() -> None:
    small = [file(f"lib/d{number}/s", 10) for number in range(50)]
    image = folded(layer(file("huge", 10_000), *small), most=5)
    assert Item("", "", 0, -1, 500, 50) in image.items or Item("lib", "", 0, -1, 500, 50) in image.items
    assert len(image.items) <= 5


@given(
    st.dictionaries(
        st.lists(st.sampled_from("abc"), min_size=1, max_size=5).map(lambda parts: "/".join([*parts, "f"])),
        st.integers(1, 10_000),
        max_size=80,
    ),
    st.integers(4, 40),
)
def test_nothing_is_lost_however_few_items_there_may_be(files: dict[str, int], most: int) -> None:
    image = folded(layer(*(file(path, size) for path, size in files.items())), most=most)
    assert image.size == sum(files.values())
    assert sum(item.files for item in image.items) == len(files)
    assert all(size < image.floor for path, size in files.items() if path not in named(image))


def test_both_sides_of_a_comparison_are_folded_alike() -> None:
    small = [file(f"lib/s{number}", 100 + number) for number in range(50)]
    before = folded(layer(file("huge", 10_000), *small), most=1000)
    after = folded(layer(file("huge", 10_000), *small, file("lib/new", 5_000)), most=20)
    old, new = align(before, after, most=20)
    assert old.floor == new.floor
    assert named(new).keys() - named(old).keys() == {"lib/new"}
    assert (old.size, new.size) == (before.size, after.size)


def test_names_are_text_of_a_bounded_length() -> None:
    deep = "/".join("d" * 3 for _ in range(200))
    image = folded(layer(file(b"a\xff\n" + b"x" * 4000, 1), file(f"{deep}/f", 2)))
    for item in image.items:
        item.name.encode()
        assert len(item.name) <= 200
        assert item.folder.count("/") < 24
