"""Whose a file is: the closest claim wins, nobody shares, and no byte is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support.layers import Entry, file, hard_link, layer, whiteout
from support.package_trees import tree_of, tree_of_paths

from bloatcheck.analysis.packages import InstalledPackage, owners
from bloatcheck.analysis.packages.owners import Claims
from bloatcheck.analysis.tree import Tree


def package(manager: str, name: str, *files: bytes, folders: tuple[bytes, ...] = ()) -> InstalledPackage:
    return InstalledPackage(manager=manager, name=name, version="1", files=files, folders=folders)


def test_a_list_of_files_comes_before_a_folder() -> None:
    tree = tree_of_paths("a/listed", "a/other")
    owned = owners([package("npm", "folder", folders=(b"a",)), package("python", "list", b"a/listed")], tree)
    assert {path: each.name for path, each in owned.items()} == {b"a/listed": "list", b"a/other": "folder"}


def test_the_deeper_folder_comes_first() -> None:
    tree = tree_of_paths("a/x", "a/b/x", "a/b/c/x", "a/b-c/x", "ab/x")
    outer = package("npm", "outer", folders=(b"a",))
    inner = package("npm", "inner", folders=(b"a/b",))
    assert {path: each.name for path, each in owners([inner, outer], tree).items()} == {
        b"a/x": "outer",
        b"a/b/x": "inner",
        b"a/b/c/x": "inner",
        b"a/b-c/x": "outer",
    }


def test_the_system_comes_before_a_language() -> None:
    tree = tree_of_paths("usr/lib/six.py")
    six = package("python", "six", b"usr/lib/six.py")
    debian = package("deb", "python3-six", b"usr/lib/six.py")
    assert owners([six, debian], tree)[b"usr/lib/six.py"] is debian


def test_of_two_with_the_same_claim_the_first_has_it() -> None:
    tree = tree_of_paths("a")
    first, second = package("deb", "first", b"a"), package("deb", "second", b"a")
    assert owners([first, second], tree)[b"a"] is first


def test_a_file_of_several_names_goes_with_the_package_that_has_one_of_them() -> None:
    tree = Tree([layer(file("cache/six.py", 10), hard_link("site/six.py", "cache/six.py"))])
    six = package("python", "six", b"site/six.py")
    assert owners([six], tree) == {b"site/six.py": six, b"cache/six.py": six}


def test_a_file_that_was_written_anew_is_no_longer_the_one_that_was_linked() -> None:
    tree = Tree(
        [
            layer(file("cache/six.py", 10), hard_link("site/six.py", "cache/six.py")),
            layer(file("cache/six.py", 20)),
        ]
    )
    six = package("python", "six", b"site/six.py")
    assert owners([six], tree) == {b"site/six.py": six}


def test_packages_are_cheap_keys() -> None:
    one = package("deb", "a", *(b"%d" % number for number in range(100_000)))
    assert len({one: 1, package("deb", "a"): 2}) == 2
    assert hash(one) == hash(package("deb", "a"))


PATHS = st.lists(
    st.sampled_from([b"a", b"b", b"a-b", b"__pycache__", b"x.py", b"x.c.pyc"]), min_size=1, max_size=4
)
PACKAGES = st.builds(
    InstalledPackage,
    manager=st.sampled_from(["deb", "rpm", "python", "npm"]),
    name=st.sampled_from("pq"),
    version=st.just("1"),
    files=st.lists(PATHS.map(b"/".join), max_size=4).map(tuple),
    folders=st.lists(PATHS.map(b"/".join), max_size=3).map(tuple),
    database=st.lists(PATHS.map(b"/".join), max_size=2).map(tuple),
)


@given(
    st.dictionaries(PATHS.map(b"/".join), st.integers(0, 10**9), max_size=20),
    st.lists(PACKAGES, max_size=6),
)
def test_every_byte_is_one_packages_or_nobodys(
    sizes: dict[bytes, int], packages: list[InstalledPackage]
) -> None:
    tree = Tree([layer(*(file(path, size) for path, size in sizes.items()))])
    owned = owners(packages, tree)
    by_package = [
        sum(size for path, _, size in tree.files() if owned.get(path) is each)
        for each in {id(each): each for each in packages}.values()
    ]
    unowned = sum(size for path, _, size in tree.files() if path not in owned)
    assert sum(by_package) + unowned == tree.size
    for path, each in owned.items():
        if path in tree and not path.endswith(b".pyc"):
            assert (
                path in each.files
                or path in each.database
                or any(path.startswith(folder + b"/") for folder in each.folders)
            )


@given(st.dictionaries(PATHS.map(b"/".join), st.just("x"), max_size=20), st.lists(PACKAGES, max_size=6))
def test_the_deepest_folder_is_found_as_by_asking_each(
    paths: dict[bytes, str], packages: list[InstalledPackage]
) -> None:
    tree = tree_of({path.decode(): content for path, content in paths.items()})
    only_folders = [
        InstalledPackage(manager="npm", name=str(number), version="", folders=each.folders)
        for number, each in enumerate(packages)
    ]
    owned = owners(only_folders, tree)
    for path in tree:
        claims = [
            (len(folder), -number)
            for number, each in enumerate(only_folders)
            for folder in each.folders
            if path.startswith(folder + b"/")
        ]
        expected = str(-max(claims)[1]) if claims else None
        if expected or not path.endswith(b".pyc"):
            assert (owned[path].name if path in owned else None) == expected


_PATHS = st.sampled_from(
    [
        "a/m.py",
        "a/__pycache__/m.cpython-311.pyc",
        "a/b/m.py",
        "a/b/__pycache__/m.cpython-311.pyc",
        "c",
        "a/b/c",
    ]
)
_ENTRIES = st.one_of(
    _PATHS.map(lambda path: file(path, 1)),
    st.tuples(_PATHS, _PATHS).map(lambda paths: hard_link(*paths)),
    _PATHS.map(whiteout),
)
_PACKAGES = st.builds(
    InstalledPackage,
    manager=st.sampled_from(["deb", "npm"]),
    name=st.text("xyz", min_size=1),
    version=st.just("1"),
    files=st.lists(_PATHS.map(str.encode), max_size=2).map(tuple),
    folders=st.lists(st.sampled_from([b"a", b"a/b"]), max_size=1).map(tuple),
)


@given(
    layers=st.lists(st.lists(_ENTRIES, max_size=5), min_size=1, max_size=3),
    packages=st.lists(_PACKAGES, max_size=4),
)
def test_whose_a_layers_files_are_needs_no_look_at_the_others(
    layers: list[list[Entry]], packages: list[InstalledPackage]
) -> None:
    tree = Tree()
    for number, entries in enumerate(layers):
        tree.apply(layer(*entries, name=str(number)))
        everything = owners(packages, tree)
        written = {path for path, its, _ in tree.files() if its == number} & set(tree.paths_of(number))
        of_layer = Claims(packages).owners_in(number, tree)
        assert {path: of_layer.get(path) for path in written} == {
            path: everything.get(path) for path in written
        }
