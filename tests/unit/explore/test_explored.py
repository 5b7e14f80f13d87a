"""What is shown of an image, and of two: layers, views, packages, waste, and the words about each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from support.exploring import BASE, NEWER, USUAL, explored, folder
from support.image_builder import ImageUnderTest, layer, member

from bloatcheck.diff.model import LayerChange
from bloatcheck.explore import details
from bloatcheck.explore.details import Told
from bloatcheck.explore.explored import Explored
from bloatcheck.explore.listing import Change
from bloatcheck.explore.scopes import Scope, View
from bloatcheck.explore.titles import changes_told, scope_told, totals_told


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Explored:
    return explored(tmp_path_factory.mktemp("usual"))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Explored:
    return explored(tmp_path_factory.mktemp("both"), USUAL, NEWER)


def changes(view: View) -> dict[str, str]:
    return {
        row.path.decode(): row.change.value for row in view.listing if row.change is not Change.UNMODIFIED
    }


def told(lines: Iterable[Told]) -> dict[str, str]:
    return {line.label: line.text for line in lines}


def about(of: Explored, path: str, place: int | None, scope: Scope = Scope.CHANGES) -> dict[str, str]:
    view = of.view(place, scope)
    item = view.listing.item(path.encode())
    assert item
    return told(details.of_item(of, view, item))


def test_each_layer_is_told_with_its_size_and_what_of_it_is_hidden(usual: Explored) -> None:
    shown = [(each.size, each.wasted, each.snapshot.instruction) for each in usual.layers]
    assert shown[1:] == [(40_007, 40_000, "COPY app /srv/app"), (41_000, 0, "RUN make clean")]
    assert shown[0][1] == 70_000
    assert usual.wasted == 110_000


def test_a_layers_changes_are_marked_in_the_image_up_to_it(usual: Explored) -> None:
    view = usual.view(2, Scope.CHANGES)
    assert changes(view) == {"srv/app/model.bin": "M", "var/cache/apt/pkgcache.bin": "R"}
    assert view.listing.item(b"etc/passwd") is not None
    assert view.listing.root.size == usual.tree.size


def test_a_layer_alone_has_only_what_it_changed(usual: Explored) -> None:
    view = usual.view(2, Scope.ALONE)
    assert len(view.listing) == 2
    assert changes(view) == changes(usual.view(2, Scope.CHANGES))


def test_since_the_base_everything_above_it_is_marked(usual: Explored) -> None:
    since = changes(usual.view(2, Scope.SINCE_BASE))
    assert since["srv/app/model.bin"] == "A"
    assert since["var/cache/apt/pkgcache.bin"] == "R"
    assert since == changes(usual.view(None, Scope.CHANGES))


def test_in_the_first_layer_all_is_new(usual: Explored) -> None:
    assert set(changes(usual.view(0, Scope.CHANGES)).values()) == {"A"}


def test_a_folder_that_is_written_again_as_it_was_is_not_modified(tmp_path: Path) -> None:
    again = ImageUnderTest(layers=[BASE, layer(folder("etc"), folder("usr", 0o700), member("new", b"n"))])
    assert changes(explored(tmp_path, again).view(1, Scope.CHANGES)) == {"usr": "M", "new": "A"}


def test_a_view_is_made_once_and_few_are_kept(usual: Explored) -> None:
    assert usual.view(1, Scope.CHANGES) is usual.view(1, Scope.CHANGES)
    assert usual.has(1, Scope.CHANGES)
    for place in (None, 0, 1, 2):
        for scope in Scope:
            usual.view(place, scope)
    assert not usual.has(None, Scope.CHANGES)


def test_a_file_is_told_with_mode_owner_layer_and_copies(usual: Explored) -> None:
    model = about(usual, "srv/app/model.bin", None)
    assert model["Path"] == "/srv/app/model.bin  (added)"
    assert model["Is"].startswith("-rw-r--r-- 0:0, 41.0 kB, ")
    assert model["From"] == "layer 3: RUN make clean"
    assert model["Hidden"] == "40.0 kB in layer 2, overwritten by layer 3"
    assert about(usual, "srv/app/main.py", None)["Is"].startswith("-rw-r--r-- 1000:0")
    assert about(usual, "srv/app/latest", None)["Leads to"] == "main.py"


def test_a_packages_file_is_told_with_the_package(usual: Explored) -> None:
    assert (
        about(usual, "usr/lib/libcurl.so", None)["Package"] == "libcurl4 7.88.0 (Debian packages, for curl)"
    )


def test_what_was_removed_is_told_as_it_was(usual: Explored) -> None:
    gone = about(usual, "var/cache/apt/pkgcache.bin", 2)
    assert gone["Path"].endswith("(removed)")
    assert "70.0 kB" in gone["Is"]
    assert gone["Hidden"] == "70.0 kB in layer 1, deleted by layer 3"


def test_a_folder_is_told_with_its_files_and_what_is_hidden_below(usual: Explored) -> None:
    srv = about(usual, "srv", None)
    assert "3 files" in srv["Is"]
    assert srv["Hidden"].startswith("40.0 kB")


def test_the_image_and_a_layer_are_told_with_whose_the_bytes_are(usual: Explored) -> None:
    image = told(details.of_image(usual))
    assert image["Wasted"].startswith("110 kB can't be seen: 70.0 kB deleted, 40.0 kB overwritten")
    assert "own files" in image["Whose"]
    assert "efficient" in image["Dive"]
    shown = told(details.of_layer(usual, usual.layers[1]))
    assert shown["Layer"] == "2 of 3: COPY app /srv/app"
    assert shown["Wasted"] == "40.0 kB overwritten by later layers"


def test_packages_are_told_with_who_needs_them(usual: Explored) -> None:
    assert [(each.name, each.size) for each in usual.packages] == [
        ("libcurl4", 9020),
        ("curl", 5014),
    ]
    shown = told(details.of_package(usual, usual.packages[0]))
    assert shown["Size"] == "9.02 kB"
    assert shown["From"] == "layer 1: ADD rootfs /"


def test_waste_is_told_with_both_layers(usual: Explored) -> None:
    assert [(file.path, file.size) for file in usual.hidden] == [
        (b"var/cache/apt/pkgcache.bin", 70_000),
        (b"srv/app/model.bin", 40_000),
    ]
    assert told(details.of_hidden(usual, usual.hidden[0]))["Hidden by"] == "layer 3: RUN make clean"


def test_advice_is_that_of_inspect(usual: Explored) -> None:
    assert usual.advice == usual.after.advice
    for advice in usual.advice:
        assert advice.message in told(details.of_advice(advice))["Advice"]


def test_of_two_images_what_differs_is_marked_whichever_layer_it_is_in(both: Explored) -> None:
    assert changes(both.view(None, Scope.CHANGES)) == {
        "etc/passwd": "S",
        "srv/app/latest": "R",
        "srv/app/main.py": "R",
        "srv/app/model.bin": "G",
        "srv/app/new.bin": "A",
    }


def test_of_two_images_both_sizes_are_told(both: Explored) -> None:
    model = about(both, "srv/app/model.bin", None)
    assert "41.0 kB → 60.0 kB (+19.0 kB)" in model["Is"]
    assert about(both, "srv/app/main.py", None)["From"] == "layer 2: COPY app /srv/app"
    assert told(details.of_image(both))["Size"].startswith("165 kB → 147 kB, −18.0 kB")


def test_of_two_images_layers_are_pairs_with_what_differs_in_their_files(both: Explored) -> None:
    assert [(each.change, each.delta) for each in both.layers] == [
        (LayerChange.UNCHANGED, 0),
        (LayerChange.GROWN, 22_993),
        (LayerChange.SHRUNK, -40_999),
    ]
    pair = both.view(1, Scope.CHANGES)
    assert "etc/passwd" not in changes(pair)
    assert changes(pair)["srv/app/new.bin"] == "A"


def test_images_for_two_platforms_can_be_compared(tmp_path: Path) -> None:
    assert len(explored(tmp_path, USUAL, replace(NEWER, architecture="arm64")).layers) == 3


def test_of_the_same_image_twice_nothing_differs(tmp_path: Path) -> None:
    same = explored(tmp_path, USUAL, USUAL)
    assert changes(same.view(None, Scope.CHANGES)) == {}
    assert same.packages == ()


@pytest.mark.parametrize("layers", [[], [layer()], [layer(), layer()]])
def test_an_image_of_nothing_is_shown_as_such(tmp_path: Path, layers: list[bytes]) -> None:
    empty = explored(tmp_path, ImageUnderTest(layers=layers))
    empty.prepare()
    assert len(empty.view(None, Scope.CHANGES).listing) == 0
    assert empty.wasted == 0
    assert totals_told(empty).endswith("0 B wasted, 100.0 % efficient")
    for place, each in enumerate(empty.layers):
        assert told(details.of_layer(empty, each))
        assert len(empty.view(place, Scope.ALONE).listing) == 0


def test_a_folder_that_became_a_file_and_back_is_shown(tmp_path: Path) -> None:
    image = ImageUnderTest(
        layers=[
            layer(folder("a"), member("a/b", b"12345")),
            layer(member("a", b"123")),
            layer(folder("a"), member("a/c", b"1")),
        ]
    )
    twice = explored(tmp_path, image)
    assert changes(twice.view(1, Scope.CHANGES)) == {"a": "M", "a/b": "R"}
    assert changes(twice.view(2, Scope.CHANGES)) == {"a": "M", "a/c": "A"}
    for place in range(3):
        for scope in Scope:
            for row in twice.view(place, scope).listing:
                assert about(twice, row.path.decode(), place, scope)


def test_the_borders_say_what_is_shown(usual: Explored, both: Explored) -> None:
    assert scope_told(usual, None, Scope.ALONE) == "the image, changes since layer 1"
    assert scope_told(usual, 2, Scope.ALONE) == "layer 3 alone"
    assert scope_told(both, None, Scope.ALONE) == "both images, what differs marked"
    shown = frozenset(Change) - {Change.UNMODIFIED}
    assert changes_told(usual.view(2, Scope.CHANGES).listing, shown) == "A 0 · M 1 · R 1 · (8 same)"


def test_hostile_names_become_one_harmless_line(tmp_path: Path) -> None:
    names = ["\x1b[31mred", "[bold]x[/bold]", "\u202egpj.exe", "two\nlines", "x" * 4000]
    image = ImageUnderTest(layers=[layer(*(member(name, b"1") for name in names))])
    hostile = explored(tmp_path, image)
    shown = [about(hostile, name, None)["Path"] for name in names]
    assert all(text.isprintable() and len(text) < 4300 for text in shown)
    assert shown[1] == "/[bold]x[/bold]"
