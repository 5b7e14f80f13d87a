"""All package managers together: what is kept for them, and when it must be asked for anew."""

from __future__ import annotations

import io
import json

import pytest
from support.layers import file, folder, layer
from support.package_trees import tree_of

from bloatcheck.analysis.packages import MANAGERS, changes_packages, extract, installed
from bloatcheck.image.capture import Captured


def test_each_manager_has_a_name_of_its_own() -> None:
    names = [manager.name for manager in MANAGERS]
    assert names == ["deb", "apk", "rpm", "python", "npm", "gem", "java", "go"]


def test_a_database_is_kept_whole() -> None:
    take = extract(b"var/lib/dpkg/status", 7)
    assert take
    assert take(io.BytesIO(b"content"), 7) == Captured("whole", b"content")


def test_nothing_is_kept_of_other_files() -> None:
    assert extract(b"usr/bin/python3", 7) is None
    assert extract(b"usr/share/nodejs/x/package.jsonc", 7) is None


@pytest.mark.parametrize(
    ("path", "captured"),
    [
        ("var/lib/dpkg/status", Captured("whole", b"")),
        ("app/node_modules/a/package.json", Captured("whole", b"{}")),
        ("app.jar", Captured("java", b"{}")),
        ("usr/bin/tool", Captured("executable", json.dumps({"go": {"path": "x"}}).encode())),
    ],
)
def test_a_layer_with_a_database_or_a_go_program_changes_packages(path: str, captured: Captured) -> None:
    assert changes_packages(layer(file(path, 1, captured=captured)))


def test_other_layers_do_not() -> None:
    program = Captured("executable", json.dumps({"machine": "x86-64"}).encode())
    assert not changes_packages(
        layer(file("usr/bin/ls", 1, captured=program), file("etc/motd", 1), folder("srv"))
    )
    assert not changes_packages(layer())


def test_packages_come_in_the_same_order_whatever_that_of_the_layers() -> None:
    files: dict[str, str | bytes] = {
        "lib/node_modules/b/package.json": "{}",
        "lib/node_modules/a/package.json": "{}",
        "site/z-1.dist-info/METADATA": "",
        "srv/node_modules/a/package.json": "{}",
    }
    there = installed(tree_of(files))
    assert there == installed(tree_of(dict(reversed(files.items()))))
    assert [(each.manager, each.name) for each in there] == [
        ("python", "z"),
        ("npm", "a"),
        ("npm", "a"),
        ("npm", "b"),
    ]
