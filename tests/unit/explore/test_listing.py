"""A listing knows the size of every folder, and what changed in it, without having been told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.explore.listing import Change, Listing, Order, Row
from bloatcheck.image.layer_index import Kind


def row(path: str, size: int = 0, change: Change = Change.UNMODIFIED, before: int | None = None) -> Row:
    was = size if before is None and change is Change.UNMODIFIED else before or 0
    return Row(path.encode(), Kind.REGULAR, change, size, was)


def folder(path: str, change: Change = Change.UNMODIFIED) -> Row:
    return Row(path.encode(), Kind.DIRECTORY, change, 0, 0)


def names(listing: Listing, path: bytes = b"", order: Order = Order.NAME) -> list[str]:
    return [item.name.decode() for item in listing.children(path, order)]


def test_a_folder_has_the_bytes_and_the_files_of_all_below_it() -> None:
    listing = Listing([folder("a"), row("a/x", 10), row("a/b/y", 5), row("z", 1)])
    a = listing.item(b"a")
    assert a
    assert (a.size, a.files, a.is_folder) == (15, 2, True)
    assert (listing.root.size, listing.root.files) == (16, 3)


def test_a_folder_without_a_record_is_there_for_what_is_in_it() -> None:
    b = Listing([row("a/b/y", 5)]).item(b"a/b")
    assert b
    assert (b.kind, b.size, b.is_folder) == (0, 5, True)


def test_names_that_begin_alike_are_kept_apart() -> None:
    listing = Listing([row("a-b", 1), row("a/c", 2), row("a.d", 4), row("ab", 8), folder("a")])
    assert names(listing) == ["a", "a-b", "a.d", "ab"]
    item = listing.item(b"a")
    assert item
    assert item.size == 2


def test_a_file_in_the_place_of_a_folder_shows_both() -> None:
    listing = Listing([row("a", 3, Change.MODIFIED), row("a/x", 0, Change.REMOVED, 9)])
    assert names(listing, b"a") == ["x"]
    item = listing.item(b"a")
    assert item
    assert (item.size, item.before, item.change) == (3, 9, Change.MODIFIED)


def test_entries_are_sorted_by_size_by_growth_and_by_name() -> None:
    listing = Listing(
        [row("b", 9, Change.GROWN, 8), row("c", 5, Change.ADDED), row("a", 1, Change.SHRUNK, 7)],
        compares=True,
    )
    assert names(listing, order=Order.SIZE) == ["b", "c", "a"]
    assert names(listing, order=Order.GROWTH) == ["c", "b", "a"]
    assert names(listing, order=Order.NAME) == ["a", "b", "c"]


def test_by_name_folders_come_first() -> None:
    assert names(Listing([row("a"), folder("b")])) == ["b", "a"]


def test_a_folder_is_modified_by_what_changed_below_and_new_only_if_it_is_new_itself() -> None:
    listing = Listing(
        [
            folder("old"),
            row("old/new", 1, Change.ADDED),
            folder("new", Change.ADDED),
            row("new/x", 1, Change.ADDED),
            row("implied/x", 1, Change.ADDED),
            row("gone/x", 0, Change.REMOVED, 4),
            folder("same"),
            row("same/x", 1),
        ]
    )
    changes = {item.name: item.change for item in listing.children(b"", Order.NAME)}
    assert changes == {
        b"old": Change.MODIFIED,
        b"new": Change.ADDED,
        b"implied": Change.ADDED,
        b"gone": Change.REMOVED,
        b"same": Change.UNMODIFIED,
    }


def test_of_two_images_folders_grow_and_shrink() -> None:
    rows = [row("a/x", 9, Change.GROWN, 1), row("b/x", 1, Change.SHRUNK, 9)]
    changes = [item.change for item in Listing(rows, compares=True).children(b"", Order.NAME)]
    assert changes == [Change.GROWN, Change.SHRUNK]


def test_what_was_chosen_has_its_own_sums_and_its_folders_did_not_come_or_go_for_that() -> None:
    whole = Listing([folder("a"), row("a/x", 10), row("a/y", 0, Change.REMOVED, 7)])
    chosen = whole.chosen(frozenset({Change.REMOVED}))
    item = chosen.item(b"a")
    assert item
    assert (item.size, item.before, item.change) == (0, 7, Change.MODIFIED)
    assert whole.chosen(frozenset(Change)) is whole


def test_the_biggest_are_files_and_of_two_images_what_has_grown() -> None:
    listing = Listing([row("a/x", 10), row("b", 30, Change.GROWN, 29), row("c", 4, Change.ADDED)])
    assert listing.biggest(2, order=Order.SIZE) == [b"b", b"a/x"]
    assert listing.biggest(5, order=Order.GROWTH) == [b"c", b"b"]


def test_an_empty_one_has_a_root_and_nothing_else() -> None:
    listing = Listing(())
    assert (listing.root.size, listing.root.files, listing.children(b"", Order.SIZE)) == (0, 0, [])
    assert listing.item(b"a") is None
    assert listing.biggest(3, order=Order.SIZE) == []


PARTS = st.lists(st.sampled_from(["a", "b", "a-", "a.", "é"]), min_size=1, max_size=4)
ROWS = st.dictionaries(PARTS.map("/".join), st.integers(0, 99), max_size=20)


@given(ROWS)
def test_every_folder_is_the_sum_of_its_entries_and_its_own(sizes: dict[str, int]) -> None:
    listing = Listing(row(path, size) for path, size in sizes.items())
    waiting = [listing.root]
    seen = set()
    while waiting:
        item = waiting.pop()
        entries = listing.children(item.path, Order.SIZE)
        own = sizes.get(item.path.decode(), 0) if item.path else 0
        assert item.size == own + sum(entry.size for entry in entries)
        assert bool(entries) <= item.is_folder
        seen |= {entry.path.decode() for entry in entries}
        waiting += entries
    assert sizes.keys() <= seen
