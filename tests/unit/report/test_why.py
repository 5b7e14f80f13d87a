"""Which causes and lines a change is put down to."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from support.dpkg import BASE, CURL
from support.layers import file, layer, whiteout
from support.snapshots import entry, snapshot

from bloatcheck.analysis.inventory import take_inventory
from bloatcheck.analysis.snapshot import Base, ImageSnapshot, LayerSnapshot
from bloatcheck.diff.compare import compare
from bloatcheck.diff.model import ImageDiff
from bloatcheck.errors import Place
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.report.why import reasons


def image(*layers: LayerIndex, base_layers: int = 0) -> ImageSnapshot:
    """Each layer is of the line of its number."""
    read = snapshot(
        "api",
        *(
            LayerSnapshot(
                diff_id=each.diff_id,
                instruction=f"RUN step {number}",
                content_size=each.content_size,
                place=Place("Dockerfile", number),
            )
            for number, each in enumerate(layers, 1)
        ),
    )
    return replace(
        read,
        base=Base(name="debian", layer_count=base_layers),
        contents=take_inventory(layers, base_layers=base_layers).contents,
    )


def as_in_baseline(of: ImageSnapshot) -> ImageSnapshot:
    """With the sums alone, as nobody knows the layers of old any more."""
    assert of.contents
    return replace(of, contents=replace(of.contents, layers=(), hidden=()))


def told(before: ImageSnapshot, after: ImageSnapshot) -> list[tuple[str, int, int | None]]:
    diff = compare(entry(as_in_baseline(before)), after)
    return [
        (
            reason.subject,
            reason.delta,
            reason.layer.place.line if reason.layer and reason.layer.place else None,
        )
        for reason in reasons(diff)
        if reason.delta
    ]


def test_bytes_that_a_later_line_hides_are_of_the_line_that_made_them() -> None:
    before = image(layer(file("a", 1000)))
    after = image(layer(file("a", 4000)), layer(file("big", 5000)), layer(whiteout("big")))
    assert told(before, after) == [("own files", 5000, 2), ("own files", 3000, 1)]


def test_many_small_files_are_of_their_line() -> None:
    small = [file(f"d/{number:03}", 100) for number in range(200)]
    before = image(layer(file("a", 1000)), layer(file("b", 1000)))
    after = image(layer(file("a", 1000)), layer(file("b", 1500), *small))
    assert told(before, after) == [("own files", 20_500, 2)]


def test_what_of_a_package_layer_is_no_package_is_still_of_that_line() -> None:
    before = image(BASE, base_layers=1)
    after = image(BASE, CURL, layer(file("x", 10_000)), base_layers=1)
    lines = told(before, after)
    assert ("own files", 10_000, 3) in lines
    assert {line for _, _, line in lines} == {2, 3}


def test_what_a_line_that_is_gone_made_is_of_no_line() -> None:
    before = image(layer(file("a", 1000)), layer(file("b", 5000)), layer(whiteout("b")))
    assert told(before, image(layer(file("a", 1000)))) == [("own files", -5000, None)]


def test_what_is_gone_from_a_line_that_shrank_is_of_that_line() -> None:
    before = image(layer(file("a", 1000)), layer(file("b", 5000), file("c", 9000)))
    assert told(before, image(layer(file("a", 1000)), layer(file("b", 5000)))) == [("own files", -9000, 2)]


def test_nobodys_own_files_are_the_lists_of_apt() -> None:
    before = image(layer(file("a", 1000)))
    after = image(layer(file("a", 1000)), layer(file("var/lib/apt/lists/x", 90_000), file("app", 2_000)))
    assert told(before, after) == [("caches, logs and databases", 92_000, 2)]


FILES = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c/d", "c/e"]), st.sampled_from([0, 900, 4000, 70_000])),
    max_size=4,
    unique_by=lambda pair: pair[0],
)
IMAGES = st.lists(FILES, min_size=1, max_size=4)


@given(before=IMAGES, after=IMAGES, base_layers=st.integers(0, 1))
def test_reasons_add_up_to_the_change(
    before: Sequence[Sequence[tuple[str, int]]],
    after: Sequence[Sequence[tuple[str, int]]],
    base_layers: int,
) -> None:
    images = [
        image(*(layer(*(file(*each) for each in files)) for files in layers), base_layers=base_layers)
        for layers in (before, after)
    ]
    diff: ImageDiff = compare(entry(as_in_baseline(images[0])), images[1])
    assert diff.delta is not None
    assert abs(diff.delta - sum(reason.delta for reason in reasons(diff))) < 1000
