"""Which layer before is which layer after."""

import time

from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.analysis.snapshot import LayerSnapshot
from bloatcheck.diff.pair import pair_layers
from bloatcheck.oci.digest import Digest


def layer(diff_id: str, instruction: str = "", size: int = 1) -> LayerSnapshot:
    return LayerSnapshot(diff_id=Digest(diff_id), instruction=instruction, content_size=size)


def pairs(before: list[LayerSnapshot], after: list[LayerSnapshot]) -> list[tuple[str, str]]:
    return [
        (before[old].diff_id if old is not None else "", after[new].diff_id if new is not None else "")
        for old, new in pair_layers(before, after)
    ]


def test_the_same_diff_id_is_the_same_layer_whatever_its_instruction_says() -> None:
    assert pairs([layer("a", "RUN one")], [layer("b", "RUN one"), layer("a", "RUN two")]) == [
        ("", "b"),
        ("a", "a"),
    ]


def test_the_same_instruction_is_the_same_layer_rebuilt() -> None:
    before = [layer("base"), layer("a", "RUN one"), layer("b", "COPY . .")]
    after = [layer("base"), layer("x", "RUN one"), layer("y", "COPY . .")]
    assert pairs(before, after) == [("base", "base"), ("a", "x"), ("b", "y")]


def test_an_edited_instruction_is_one_changed_layer() -> None:
    before = [layer("base"), layer("a", "RUN apt-get install curl"), layer("z", "COPY . .")]
    after = [layer("base"), layer("b", "RUN apt-get install curl git"), layer("z", "COPY . .")]
    assert pairs(before, after) == [("base", "base"), ("a", "b"), ("z", "z")]


def test_alone_between_neighbours_any_two_of_a_kind_are_one_edited() -> None:
    before = [layer("base"), layer("a", "RUN make all the things"), layer("z")]
    after = [layer("base"), layer("b", "RUN cargo build --release"), layer("z")]
    assert pairs(before, after) == [("base", "base"), ("a", "b"), ("z", "z")]


def test_a_copy_is_never_a_run_edited() -> None:
    assert pairs([layer("a", "RUN x")], [layer("b", "COPY x y")]) == [("a", ""), ("", "b")]


def test_among_several_the_most_alike_are_paired() -> None:
    before = [layer("a", "RUN apt-get install curl"), layer("b", "RUN pip install flask")]
    after = [layer("x", "RUN useradd app"), layer("y", "RUN pip install flask requests")]
    assert pairs(before, after) == [("a", ""), ("", "x"), ("b", "y")]


def test_a_repeated_instruction_is_paired_in_order() -> None:
    before = [layer("a", "RUN make"), layer("b", "RUN make")]
    after = [layer("x", "RUN make"), layer("y", "RUN make"), layer("z", "RUN make")]
    assert pairs(before, after) == [("a", "x"), ("b", "y"), ("", "z")]


def test_neighbours_decide_between_repeated_instructions() -> None:
    before = [layer("a", "RUN make"), layer("anchor")]
    after = [layer("x", "RUN make"), layer("anchor"), layer("y", "RUN make")]
    assert pairs(before, after) == [("a", "x"), ("anchor", "anchor"), ("", "y")]
    assert pairs(after, before) == [("x", "a"), ("anchor", "anchor"), ("y", "")]


def test_a_moved_layer_is_paired_with_itself() -> None:
    before = [layer("a", "RUN one"), layer("b", "RUN two"), layer("c", "RUN three")]
    assert pairs(before, [before[2], before[0], before[1]]) == [("c", "c"), ("a", "a"), ("b", "b")]


def test_empty_layers_that_are_all_alike_are_each_paired_once() -> None:
    one, two = layer("empty", "RUN true", 0), layer("empty", "WORKDIR /", 0)
    assert pair_layers([one, two], [two, one]) == ((1, 0), (0, 1))
    assert pair_layers([one, one], [one]) == ((0, 0), (1, None))


def test_an_empty_layer_is_rather_its_instruction_than_another_empty_one() -> None:
    """`RUN true` was edited, and `WORKDIR /` is new: both hold nothing, and are not the same."""
    before = [layer("base"), layer("empty", "RUN true", 0)]
    after = [layer("base"), layer("x", "RUN true && install", 9), layer("empty", "WORKDIR /", 0)]
    assert pairs(before, after) == [("base", "base"), ("empty", "x"), ("", "empty")]


def test_layers_without_history_are_paired_in_order() -> None:
    assert pairs([layer("a"), layer("b")], [layer("x"), layer("y"), layer("z")])[:2] == [
        ("a", "x"),
        ("b", "y"),
    ]


def test_a_removed_layer_follows_the_one_it_stood_on() -> None:
    before = [layer("gone", "ADD x"), layer("a"), layer("b", "COPY b"), layer("c", "RUN c"), layer("d")]
    assert pairs(before, [layer("a"), layer("d")]) == [
        ("gone", ""),
        ("a", "a"),
        ("b", ""),
        ("c", ""),
        ("d", "d"),
    ]


def test_nothing_has_no_pairs() -> None:
    assert pair_layers([], []) == ()


LAYERS = st.lists(
    st.builds(
        layer,
        st.sampled_from("abcdefgh"),
        st.sampled_from(["", "RUN a", "RUN a b", "RUN b c d", "COPY a b"]),
        st.integers(0, 2),
    ),
    max_size=12,
)


@given(LAYERS, LAYERS)
def test_every_layer_is_in_exactly_one_pair_and_those_after_keep_their_order(
    before: list[LayerSnapshot], after: list[LayerSnapshot]
) -> None:
    found = pair_layers(before, after)
    assert sorted(old for old, _ in found if old is not None) == list(range(len(before)))
    assert [new for _, new in found if new is not None] == list(range(len(after)))
    assert (None, None) not in found


@given(LAYERS.flatmap(lambda layers: st.tuples(st.just(layers), st.permutations(layers))))
def test_a_permutation_of_the_same_layers_leaves_none_over(
    layers: tuple[list[LayerSnapshot], list[LayerSnapshot]],
) -> None:
    before, after = layers
    for old, new in pair_layers(before, after):
        assert old is not None
        assert new is not None
        assert before[old].diff_id == after[new].diff_id


def test_thousands_of_layers_take_no_longer_than_a_moment() -> None:
    before = [layer(f"a{n}", f"RUN step {n % 7}") for n in range(5000)]
    after = [layer(f"b{n}", f"RUN step {n % 5} more") for n in range(5000)]
    started = time.process_time()
    assert len(pair_layers(before, after)) == 10_000
    assert len(pair_layers(before, before[::-1])) == 5000
    assert time.process_time() - started < 10
