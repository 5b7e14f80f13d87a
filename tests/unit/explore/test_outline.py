"""Folders open and close, and lines are made for what is open only."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.explore.listing import Change, Listing, Order, Row
from bloatcheck.explore.outline import STEP, Outline
from bloatcheck.image.layer_index import Kind


def listing(*paths: str) -> Listing:
    return Listing(
        Row(path.encode(), Kind.REGULAR, Change.UNMODIFIED, size, size) for size, path in enumerate(paths, 1)
    )


def outline(*paths: str, order: Order = Order.NAME) -> Outline:
    made = Outline()
    made.order = order
    made.show(listing(*paths))
    return made


def shown(made: Outline) -> list[str]:
    return [
        f"{'  ' * line.depth}{f'{line.more} more' if line.more else line.item.name.decode()}"
        for line in made.lines
    ]


def test_at_first_only_the_roots_entries_are_there() -> None:
    assert shown(outline("a/b/c", "d")) == ["a", "d"]


def test_a_folder_opens_and_closes_and_what_was_open_in_it_stays_so() -> None:
    made = outline("a/b/c", "d")
    assert made.open(0)
    assert made.open(1)
    assert shown(made) == ["a", "  b", "    c", "d"]
    assert not made.open(1)
    assert not made.open(3)
    assert made.close(0)
    assert shown(made) == ["a", "d"]
    assert not made.close(0)
    made.open(0)
    assert shown(made) == ["a", "  b", "    c", "d"]
    made.close_all()
    assert shown(made) == ["a", "d"]


def test_lines_that_are_not_there_do_nothing() -> None:
    made = outline()
    assert not made.open(0)
    assert not made.close(7)
    assert made.parent(0) is None


def test_the_way_up_leads_to_the_folder() -> None:
    made = outline("a/b", "a/c")
    made.open(0)
    assert [made.parent(number) for number in range(3)] == [None, 0, 0]


def test_a_path_is_revealed_through_all_its_folders() -> None:
    made = outline("a/b/c", "d")
    assert made.reveal(b"a/b/c") == 2
    assert made.reveal(b"nowhere") is None
    assert made.find(b"d") == 3


def test_another_listing_keeps_what_is_open_and_the_order() -> None:
    made = outline("a/b", "a/c", "d", order=Order.SIZE)
    made.reveal(b"a/b")
    made.show(listing("a/x", "a/y", "e"))
    assert shown(made) == ["a", "  y", "  x", "e"]
    made.sort(Order.NAME)
    assert shown(made) == ["a", "  x", "  y", "e"]


def test_of_a_large_folder_the_first_are_shown_and_the_others_when_asked_for() -> None:
    made = outline(*(f"a/{number:05}" for number in range(2 * STEP + 5)))
    made.open(0)
    assert len(made.lines) == 1 + STEP + 1
    assert shown(made)[-1] == f"  {STEP + 5} more"
    assert made.open(STEP + 1)
    assert shown(made)[-1] == "  5 more"
    assert made.reveal(f"a/{2 * STEP + 2:05}".encode()) == 2 * STEP + 3
    assert shown(made)[-1] == f"  {2 * STEP + 4:05}"


def test_after_a_filter_folders_are_open_while_there_are_few_lines() -> None:
    made = outline("a/b/c", "d/e")
    made.open_while_few(4)
    assert shown(made) == ["a", "  b", "    c", "d"]


def test_folders_a_thousand_deep_are_no_trouble() -> None:
    deep = "/".join(["d"] * 1500)
    made = outline(deep)
    assert made.reveal(deep.encode()) == 1499
    made.sort(Order.SIZE)
    assert len(made.lines) == 1500


PATHS = st.lists(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join), unique=True, max_size=12
)
STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=12)


@given(PATHS, STEPS)
def test_however_it_was_opened_the_lines_are_those_that_would_be_drawn_anew(
    paths: list[str], steps: list[tuple[bool, int]]
) -> None:
    made = outline(*paths)
    for opens, number in steps:
        if opens:
            made.open(number)
        else:
            made.close(number)
    lines = list(made.lines)
    made.sort(made.order)
    assert made.lines == lines
