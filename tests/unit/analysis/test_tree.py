"""The root file system after whiteouts, opaque markers, hard links and changes of kind."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.layers import Entry, file, folder, hard_link, layer, opaque, symlink, whiteout

from bloatcheck.analysis.tree import Hiding, Tree
from bloatcheck.image.layer_index import Kind, LayerIndex
from bloatcheck.oci.whiteout import hidden_path


def visible(*layers: LayerIndex) -> list[bytes]:
    return sorted(Tree(layers))


def hidden(*layers: LayerIndex) -> list[tuple[bytes, int, int, int, Hiding]]:
    return [(each.path, each.size, each.layer, each.by, each.how) for each in Tree(layers).hidden()]


def test_an_image_without_layers_is_empty() -> None:
    tree = Tree()
    assert list(tree) == []
    assert tree.size == 0
    assert list(tree.files()) == []


def test_a_later_layer_wins() -> None:
    tree = Tree([layer(file("etc/motd", 10)), layer(), layer(file("etc/motd", 3))])
    node = tree.get(b"etc/motd")
    assert node
    assert (node.layer, node.size) == (2, 3)
    assert tree.size == 3


def test_a_whiteout_hides_what_is_below() -> None:
    tree = Tree([layer(folder("a"), file("a/b", 10), file("ab", 1)), layer(whiteout("a"))])
    assert sorted(tree) == [b"ab"]


def test_a_whiteout_does_not_hide_a_name_that_only_begins_alike() -> None:
    below = layer(file("a/b", 1), file("a.b", 1), file("a-b/c", 1), file("a0", 1), file("a/b.c", 1))
    assert visible(below, layer(whiteout("a/b"))) == [b"a-b/c", b"a.b", b"a/b.c", b"a0"]


@pytest.mark.parametrize("first", [True, False], ids=["before its siblings", "after its siblings"])
def test_an_opaque_marker_hides_lower_layers_only_wherever_it_stands(first: bool) -> None:  # noqa: FBT001 - a case
    new, marker = file("etc/new", 2), opaque("etc")
    upper = layer(folder("etc"), *((marker, new) if first else (new, marker)))
    assert visible(layer(folder("etc"), file("etc/old", 1)), upper) == [b"etc", b"etc/new"]


def test_an_opaque_root_hides_everything_below() -> None:
    assert visible(layer(file("a", 1), file("b/c", 1)), layer(opaque(""), file("d", 1))) == [b"d"]


def test_a_whiteout_of_what_the_same_layer_makes_hides_only_the_lower_one() -> None:
    tree = Tree([layer(folder("a"), file("a/x", 5)), layer(file("a", 1), whiteout("a"))])
    assert sorted(tree) == [b"a"]
    assert tree.size == 1


def test_a_file_in_the_place_of_a_directory_hides_all_in_it() -> None:
    tree = Tree([layer(folder("a"), file("a/b", 7)), layer(file("a", 1))])
    assert sorted(tree) == [b"a"]
    assert hidden(*tree.layers) == [(b"a/b", 7, 0, 1, Hiding.DELETED)]


def test_a_file_in_the_place_of_a_directory_that_has_no_record_hides_all_in_it() -> None:
    lower = layer(file("a/b/c", 5), file("ab/c", 1))
    assert visible(lower, layer(file("a/b", 1))) == [b"a/b", b"ab/c"]
    assert visible(lower, layer(), layer(symlink("a", "ab"))) == [b"a", b"ab/c"]
    assert visible(lower, layer(folder("a"))) == [b"a", b"a/b/c", b"ab/c"]


def test_a_directory_in_the_place_of_a_file_overwrites_it() -> None:
    assert hidden(layer(file("a", 7)), layer(folder("a"), file("a/b", 1))) == [
        (b"a", 7, 0, 1, Hiding.OVERWRITTEN)
    ]


def test_names_that_differ_in_case_are_two_files() -> None:
    assert visible(layer(file("README", 1)), layer(file("readme", 1))) == [b"README", b"readme"]


def test_the_copy_that_is_still_visible_is_never_hidden() -> None:
    layers = [layer(file("a", 10)), layer(file("a", 20)), layer(file("a", 30))]
    assert hidden(*layers) == [
        (b"a", 10, 0, 1, Hiding.OVERWRITTEN),
        (b"a", 20, 1, 2, Hiding.OVERWRITTEN),
    ]


def test_the_same_content_again_is_a_change_of_metadata_only() -> None:
    layers = [layer(file("a", content=b"x" * 9)), layer(file("a", content=b"x" * 9, uid=1000))]
    assert hidden(*layers) == [(b"a", 9, 0, 1, Hiding.METADATA)]


def test_each_of_several_copies_is_compared_with_the_one_that_hid_it() -> None:
    layers = [layer(file("a", content=text)) for text in (b"one", b"one", b"two", b"two")]
    assert [how for *_, how in hidden(*layers)] == [Hiding.METADATA, Hiding.OVERWRITTEN, Hiding.METADATA]


def test_a_path_twice_in_one_layer_is_what_comes_last() -> None:
    tree = Tree([layer(file("a", 1), file("a", 2))])
    assert tree.size == 2
    assert hidden(*tree.layers) == [(b"a", 1, 0, 0, Hiding.OVERWRITTEN)]


def test_the_bytes_of_a_hard_link_stay_while_one_of_its_names_does() -> None:
    base = layer(file("bin/perl", 100), hard_link("bin/perl5", "bin/perl"))
    tree = Tree([base, layer(whiteout("bin/perl"))])
    assert sorted(tree) == [b"bin/perl5"]
    assert tree.hidden() == ()
    assert tree.size == 100
    assert tree.file_of(b"bin/perl5") == (b"bin/perl", 0)
    assert Tree([base, layer(whiteout("bin/perl"), whiteout("bin/perl5"))]).size == 0


def test_a_hard_link_to_a_lower_layer_costs_nothing() -> None:
    tree = Tree([layer(file("a", 100)), layer(hard_link("b", "a"))])
    assert tree.size == 100
    assert tree.file_of(b"b") == (b"a", 0)


def test_hard_links_that_lead_in_a_circle_end() -> None:
    tree = Tree([layer(hard_link("a", "b"), hard_link("b", "a"), hard_link("c", "c"))])
    assert tree.size == 0
    assert tree.captured(b"a") is None


def test_what_was_captured_is_found_through_a_hard_link() -> None:
    tree = Tree([layer(file("a", content=b"hello"), hard_link("b", "a"))])
    kept = tree.captured(b"b")
    assert kept
    assert kept.content == b"hello"


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        (b"bin/sh", b"usr/bin/dash"),
        (b"usr/bin/../bin/dash", b"usr/bin/dash"),
        (b"loop", None),
        (b"usr/bin/dash/x", None),
        (b"nowhere", None),
        (b"up", b"usr/bin/dash"),
        (b"", b""),
        (b"bin", b"usr/bin"),
        (b"/".join([b"usr"] * 5000), None),
    ],
)
def test_symbolic_links_are_followed_within_the_root(path: bytes, leads_to: bytes | None) -> None:
    tree = Tree(
        [
            layer(
                symlink("bin", "usr/bin"),
                file("usr/bin/dash", 5),
                symlink("usr/bin/sh", "dash"),
                symlink("loop", "loop"),
                symlink("up", "../../../../usr/bin/dash"),
            )
        ]
    )
    assert tree.resolve(path) == leads_to


def test_names_in_a_folder_are_known_also_where_it_has_no_record() -> None:
    tree = Tree([layer(file("opt/app/lib/a.so", 1), file("opt/app/b", 1))])
    assert list(tree.children(b"")) == [b"opt"]
    assert sorted(tree.children(b"opt/app")) == [b"b", b"lib"]
    assert sorted(tree.below(b"opt")) == [b"opt/app/b", b"opt/app/lib/a.so"]
    assert tree.is_folder(b"opt")
    assert not tree.is_folder(b"opt/app/b")


def test_paths_are_found_by_pattern() -> None:
    tree = Tree([layer(file("a/x.pyc", 1), file("a/x.py", 1))])
    assert list(tree.find(re.compile(rb"\.pyc$"))) == [b"a/x.pyc"]


def test_a_layer_more_changes_what_was_known() -> None:
    tree = Tree([layer(file("a/b", 1))])
    assert list(tree.children(b"a")) == [b"b"]
    tree.apply(layer(whiteout("a/b"), file("a/c", 1)))
    assert list(tree.children(b"a")) == [b"c"]


NAMES = st.sampled_from(["a", "b", "a/b", "a/c", "a/b/c", "b/a", "ab", "a.b"])
ENTRIES = st.one_of(
    st.builds(file, NAMES, st.integers(0, 9)),
    st.builds(folder, NAMES),
    st.builds(whiteout, NAMES),
    st.builds(opaque, st.sampled_from(["", "a", "b", "a/b"])),
    st.builds(symlink, NAMES, NAMES),
)
LAYERS = st.lists(st.lists(ENTRIES, max_size=6).map(lambda entries: layer(*entries)), max_size=5)


def replayed(layers: list[LayerIndex]) -> dict[bytes, tuple[int, int]]:
    """The specification, word by word: path -> (layer, position)."""
    found: dict[bytes, tuple[int, int]] = {}
    for number, each in enumerate(layers):
        records = list(each.records)
        last = {record.path: position for position, record in enumerate(records)}
        below = dict(found)
        for record in records:
            if record.kind == Kind.WHITEOUT:
                below.pop(hidden_path(record.path), None)
            if record.kind in (Kind.WHITEOUT, Kind.OPAQUE):
                below = outside(below, hidden_path(record.path))
        for position, record in enumerate(records):
            if record.kind in (Kind.WHITEOUT, Kind.OPAQUE) or last[record.path] != position:
                continue
            if record.kind != Kind.DIRECTORY:
                at, its = below.get(record.path, (None, 0))
                # What lies in a directory implies it.
                if at is None or layers[at].records.kinds[its] == Kind.DIRECTORY:
                    below = outside(below, record.path)
        found = below | {
            path: (number, position)
            for path, position in last.items()
            if records[position].kind not in (Kind.WHITEOUT, Kind.OPAQUE)
        }
    return found


def outside(paths: dict[bytes, tuple[int, int]], folder: bytes) -> dict[bytes, tuple[int, int]]:
    """What doesn't lie below the folder."""
    start = folder + b"/" if folder else b""
    return {path: where for path, where in paths.items() if not path.startswith(start)}


@given(LAYERS)
def test_layers_are_replayed_as_the_specification_says(layers: list[LayerIndex]) -> None:
    tree = Tree(layers)
    assert {path: (node.layer, node.position) for path, node in tree.items()} == replayed(layers)


@given(LAYERS)
def test_what_is_visible_and_what_is_hidden_add_up_to_the_layers(layers: list[LayerIndex]) -> None:
    tree = Tree(layers)
    in_layers = sum(record.size for each in layers for record in each.records if record.kind == Kind.REGULAR)
    assert sum(size for _, _, size in tree.files()) + sum(each.size for each in tree.hidden()) == in_layers
    assert len({(each.path, each.layer) for each in tree.hidden()}) <= len(tree.hidden())


def test_deep_and_long_paths_take_no_long_time() -> None:
    deep = b"/".join([b"a"] * 200_000)
    tree = Tree([layer(Entry(deep, Kind.REGULAR, 1), symlink("l", deep))])
    assert tree.resolve(b"l") is None
    assert not tree.children(b"nowhere")
    assert tree.resolve(deep) is None
