"""Every byte has one cause, and they add up."""

from hypothesis import given
from hypothesis import strategies as st
from support.dpkg import BASE, CURL, dpkg
from support.layers import file, hard_link, layer, opaque, whiteout

from bloatcheck.analysis.contents import Cause
from bloatcheck.analysis.inventory import MAX_FILES, Inventory, take_inventory
from bloatcheck.analysis.tree import Hiding
from bloatcheck.image.layer_index import LayerIndex


def shares(inventory: Inventory) -> dict[tuple[Cause, str | None], int]:
    return {(share.cause, share.manager): share.size for share in inventory.contents.shares}


def test_all_of_the_base_images_layers_is_the_bases() -> None:
    assert shares(take_inventory([BASE], base_layers=1)) == {(Cause.BASE, None): BASE.content_size}


def test_above_the_base_a_file_is_its_packages_or_our_own() -> None:
    app = layer(file("app/main.py", 50))
    found = shares(take_inventory([BASE, CURL, app], base_layers=1))
    lists = len("/bin/sh\n") + len("/usr/bin/curl\n")
    assert found == {
        (Cause.BASE, None): BASE.content_size,
        (Cause.PACKAGE, "deb"): 300 + lists,
        (Cause.OWN, None): 50 + CURL.content_size - 300 - lists,
    }


def test_what_the_database_keeps_of_all_packages_together_is_noise_of_our_own() -> None:
    own = next(each for each in take_inventory([CURL]).contents.shares if each.cause is Cause.OWN)
    assert own.size == own.noise > 0


def test_a_package_has_the_bytes_that_can_be_seen_and_the_layer_that_has_most_of_them() -> None:
    inventory = take_inventory([BASE, CURL], base_layers=1)
    (curl, dash) = sorted(inventory.contents.packages, key=lambda package: package.name)
    assert (curl.name, curl.version, curl.layer, curl.base) == ("curl", "7.88", 1, False)
    assert curl.size >= 300
    assert (dash.layer, dash.base) == (0, True)


def test_what_a_later_layer_uninstalls_was_the_packages_all_the_same() -> None:
    gone = layer(whiteout("usr/bin/curl"), *dpkg(("dash", "0.5", "/bin/sh\n")))
    inventory = take_inventory([BASE, CURL, gone], base_layers=1)
    assert inventory.contents.layers[1].shares[0].cause is Cause.PACKAGE
    assert [package.name for package in inventory.contents.packages] == ["dash"]
    assert [(each.path, each.layer, each.by) for each in inventory.contents.hidden if each.size == 300] == [
        ("usr/bin/curl", 1, 2)
    ]


def test_a_copy_that_only_changes_the_owner_is_told_apart_from_one_that_changes_the_file() -> None:
    inventory = take_inventory(
        [
            layer(file("app/a", content=b"a" * 100), file("app/b", content=b"b" * 100)),
            layer(file("app/a", content=b"a" * 100, uid=1000), file("app/b", content=b"c" * 100)),
        ]
    )
    first = inventory.contents.layers[0]
    assert (first.metadata, first.overwritten, first.deleted) == (100, 100, 0)
    assert inventory.contents.wasted == 200
    assert {each.how for each in inventory.contents.hidden} == {Hiding.METADATA, Hiding.OVERWRITTEN}


def test_caches_and_compiled_python_are_tagged_as_noise() -> None:
    image = layer(file("app/__pycache__/m.cpython-311.pyc", 30), file("var/cache/x", 4), file("app/m.py", 10))
    (own,) = take_inventory([image]).contents.shares
    assert (own.size, own.noise) == (44, 34)


def test_the_largest_own_files_are_told_and_some_of_every_layer() -> None:
    many = layer(*(file(f"data/{number}", 1_000 + number) for number in range(200)))
    small = layer(file("etc/app.conf", 7))
    contents = take_inventory([many, small]).contents
    assert contents.files[0].path == "data/199"
    assert ("etc/app.conf", 1) in {(each.path, each.layer) for each in contents.files}
    assert len(contents.files) == MAX_FILES + 1
    assert contents.files_floor == 1_000 + 200 - MAX_FILES + 1


def test_an_image_without_layers_holds_nothing() -> None:
    contents = take_inventory([]).contents
    assert not any((contents.shares, contents.packages, contents.files, contents.layers))
    assert contents.wasted == 0


PATHS = st.sampled_from(["bin/sh", "usr/bin/curl", "app/a", "app/b", "app/a/x", "var/cache/c", "m.pyc"])
ENTRIES = st.one_of(
    st.builds(file, PATHS, st.integers(0, 1000)),
    st.builds(whiteout, PATHS),
    st.builds(opaque, st.sampled_from(["", "app", "usr"])),
    st.builds(hard_link, PATHS, PATHS),
)


@st.composite
def layers(draw: st.DrawFn) -> LayerIndex:
    database = draw(
        st.sampled_from(
            [(), dpkg(("curl", "7", "/usr/bin/curl\n/app/a\n")), dpkg(("dash", "1", "/bin/sh\n"))]
        )
    )
    return layer(*draw(st.lists(ENTRIES, max_size=6)), *database)


@given(st.lists(layers(), max_size=4), st.integers(0, 4))
def test_the_parts_add_up_to_the_byte_for_the_image_and_for_every_layer(
    image: list[LayerIndex], base_layers: int
) -> None:
    inventory = take_inventory(image, base_layers=base_layers)
    contents = inventory.contents
    assert sum(share.size for share in contents.shares) == sum(each.content_size for each in image)
    for each, its in zip(image, contents.layers, strict=True):
        assert sum(share.size for share in its.shares) == each.content_size
        assert all(0 <= share.noise <= share.size for share in its.shares)
        assert 0 <= its.wasted <= each.content_size
    assert contents.wasted == sum(its.wasted for its in contents.layers)
    visible = sum(size for _, _, size in inventory.tree.files())
    assert visible + contents.wasted == sum(each.content_size for each in image)
    assert sum(package.size for package in contents.packages) <= visible
