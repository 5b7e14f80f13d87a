"""Packages in `node_modules`: nested, scoped, linked, and those that only developers need."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.layers import file, folder, hard_link, symlink
from support.package_trees import by_name, packages_of, tree_of

from bloatcheck.analysis.packages import captures, installed, owners


def manifest(name: str, version: str = "1.0.0", **more: Any) -> str:
    return json.dumps({"name": name, "version": version, **more})


def shop() -> dict[str, str | bytes]:
    return {
        "srv/package.json": manifest(
            "shop", dependencies={"express": "^4"}, devDependencies={"@babel/core": "^7"}
        ),
        "srv/node_modules/express/package.json": manifest("express", "4.18.2", dependencies={"debug": "2"}),
        "srv/node_modules/express/node_modules/debug/package.json": manifest("debug", "2.6.9"),
        "srv/node_modules/debug/package.json": manifest("debug", "4.3.4"),
        "srv/node_modules/@babel/core/package.json": manifest(
            "@babel/core", "7.0.0", dependencies={"debug": "4"}
        ),
        "srv/node_modules/.package-lock.json": json.dumps(
            {
                "packages": {
                    "node_modules/express": {"version": "4.18.2"},
                    "node_modules/debug": {"dev": True},
                    "node_modules/@babel/core": {"dev": True},
                }
            }
        ),
    }


def test_nested_and_scoped_packages_each_have_their_folder() -> None:
    tree = tree_of(
        shop(),
        file("srv/node_modules/express/lib/router.js", 10),
        file("srv/node_modules/express/node_modules/debug/index.js", 10),
        file("srv/node_modules/debug/index.js", 10),
        file("srv/node_modules/@babel/core/index.js", 10),
        file("srv/index.js", 10),
    )
    owned = {path: (own.name, own.version) for path, own in owners(installed(tree), tree).items()}
    assert owned[b"srv/node_modules/express/lib/router.js"] == ("express", "4.18.2")
    assert owned[b"srv/node_modules/express/node_modules/debug/index.js"] == ("debug", "2.6.9")
    assert owned[b"srv/node_modules/debug/index.js"] == ("debug", "4.3.4")
    assert owned[b"srv/node_modules/@babel/core/index.js"] == ("@babel/core", "7.0.0")
    assert b"srv/index.js" not in owned


def test_the_project_says_what_was_asked_for_and_each_package_what_it_needs() -> None:
    packages = {(each.name, each.version): each for each in installed(tree_of(shop()))}
    assert packages["express", "4.18.2"].asked_for is True
    assert packages["@babel/core", "7.0.0"].asked_for is True
    assert packages["debug", "4.3.4"].asked_for is False
    assert packages["debug", "2.6.9"].asked_for is False
    assert packages["debug", "4.3.4"].needed_by == ("@babel/core",)
    assert packages["debug", "2.6.9"].needed_by == ("express",)


def test_npms_own_list_says_what_only_developers_need() -> None:
    packages = {(each.name, each.version): each.development for each in installed(tree_of(shop()))}
    assert packages == {
        ("express", "4.18.2"): False,
        ("@babel/core", "7.0.0"): True,
        ("debug", "4.3.4"): True,
        ("debug", "2.6.9"): None,
    }


def test_without_a_project_nobody_says_what_was_asked_for() -> None:
    packages = packages_of(
        {
            "usr/lib/node_modules/npm/package.json": manifest("npm"),
            "usr/lib/node_modules/npm/node_modules/abbrev/package.json": manifest("abbrev"),
        }
    )
    assert packages["npm"].asked_for is None
    assert packages["abbrev"].asked_for is False


def test_pnpm_links_packages_beside_each_other() -> None:
    store = "srv/node_modules/.pnpm"
    tree = tree_of(
        {
            "srv/package.json": manifest("shop", dependencies={"a": "1"}),
            f"{store}/a@1/node_modules/a/package.json": manifest("a", dependencies={"b": "1"}),
            f"{store}/b@1/node_modules/b/package.json": manifest("b"),
        },
        symlink("srv/node_modules/a", ".pnpm/a@1/node_modules/a"),
        symlink(f"{store}/a@1/node_modules/b", "../../b@1/node_modules/b"),
        *(folder(path) for path in ("srv", "srv/node_modules", store)),
    )
    packages = by_name(installed(tree))
    assert packages["a"].asked_for is True
    assert packages["b"].asked_for is False
    assert packages["b"].needed_by == ("a",)


def test_where_pnpm_linked_a_manifest_its_folder_tells_the_version() -> None:
    folders = ("a@1.2.3", "@scope+b@2.0.0-rc.1_react@18.0.0", "c@3.0.0(react@18.0.0)")
    names = ("a", "@scope/b", "c")
    tree = tree_of(
        {"root/store/ab/cdef": "{}"},
        *(
            hard_link(f"srv/node_modules/.pnpm/{at}/node_modules/{name}/package.json", "root/store/ab/cdef")
            for at, name in zip(folders, names, strict=True)
        ),
    )
    packages = by_name(installed(tree))
    assert {name: each.version for name, each in packages.items()} == {
        "a": "1.2.3",
        "@scope/b": "2.0.0-rc.1",
        "c": "3.0.0",
    }


def test_where_pnpm_linked_a_manifest_the_links_beside_it_tell_what_is_needed() -> None:
    store = "srv/node_modules/.pnpm"
    tree = tree_of(
        {"root/store/ab/cdef": "{}"},
        hard_link(f"{store}/a@1/node_modules/a/package.json", "root/store/ab/cdef"),
        hard_link(f"{store}/@s+b@1/node_modules/@s/b/package.json", "root/store/ab/cdef"),
        symlink(f"{store}/a@1/node_modules/@s/b", "../../../@s+b@1/node_modules/@s/b"),
    )
    packages = by_name(installed(tree))
    assert packages["@s/b"].needed_by == ("a",)
    assert packages["a"].needed_by == ()


def test_what_yarn_keeps_in_its_cache_is_not_installed() -> None:
    assert packages_of({"root/.cache/yarn/v6/npm-a-1/node_modules/a/package.json": manifest("a")}) == {}


@pytest.mark.parametrize(
    "path",
    [
        b"package.json",
        b"srv/package.json",
        b"node_modules/a/package.json",
        b"srv/node_modules/@a/b/package.json",
        b"srv/node_modules/a/node_modules/b/package.json",
        b"srv/node_modules/.package-lock.json",
    ],
)
def test_manifests_of_packages_and_projects_are_kept(path: bytes) -> None:
    assert captures(path, 100)


@pytest.mark.parametrize(
    "path",
    [
        b"srv/node_modules/a/dist/package.json",
        b"srv/node_modules/@a/package.json",
        b"srv/node_modules/.cache/package.json",
        b"srv/my-package.json",
    ],
)
def test_other_manifests_are_not(path: bytes) -> None:
    assert not captures(path, 100)


@pytest.mark.parametrize(
    "content",
    ["", "null", "[]", "{", '{"name": 1, "version": []}', '{"dependencies": 3}', "[" * 100_000, '"\\ud800"'],
)
def test_a_damaged_manifest_leaves_the_folders_name(content: str) -> None:
    packages = packages_of(
        {"node_modules/a/package.json": content, "node_modules/.package-lock.json": content}
    )
    assert packages["a"].version == ""
    assert packages["a"].folders == (b"node_modules/a",)
