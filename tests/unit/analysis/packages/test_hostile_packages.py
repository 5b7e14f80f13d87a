"""Whatever a database holds: packages are found or passed over, never an exception, never a hang."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.layers import file, folder
from support.package_trees import packages_of, tree_of

from bloatcheck.analysis.packages import installed, owners
from bloatcheck.analysis.packages.java import extract_java

SITE = "site/a-1.dist-info"
DATABASES = [
    "var/lib/dpkg/status",
    "var/lib/dpkg/status.d/a",
    "var/lib/dpkg/status.d/a.md5sums",
    "var/lib/dpkg/info/a.list",
    "var/lib/dpkg/diversions",
    "var/lib/apt/extended_states",
    "lib/apk/db/installed",
    "lib/apk/db/world",
    "var/lib/rpm/rpmdb.sqlite",
    f"{SITE}/METADATA",
    f"{SITE}/RECORD",
    f"{SITE}/INSTALLER",
    f"{SITE}/top_level.txt",
    "site/b.egg-info",
    "site/c.egg-info/installed-files.txt",
    "package.json",
    "node_modules/a/package.json",
    "node_modules/.package-lock.json",
    "ruby/specifications/a-1.gemspec",
    "a-1.jar",
]
PIECES = [
    *(b"Package: a\n", b"Status: install ok installed\n", b"Version: 1\n", b"Depends: a, b | c (>= 1)\n"),
    *(b"\n", b"\n\n", b"\0", b"\xff", b"/", b"../", b"P:a\n", b"F:x\n", b"R:y\n", b"D:a !b\n", b'"', b",,\n"),
    *(b"Name: a\n", b"Requires-Dist: b; extra\n", b"{", b"}", b'{"name": "a", "dependencies": {"a": 1}}'),
    *(
        b"[",
        b'"packages"',
        b"s.name = 'x'\n",
        b"# stub: a 1 ",
        b"PK\x05\x06",
        b"SQLite format 3\0",
        b":",
        b"a",
    ),
]
CONTENTS = st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=12).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(DATABASES), CONTENTS, max_size=8))
def test_no_content_raises(contents: dict[str, bytes]) -> None:
    tree = tree_of(dict(contents))
    packages = installed(tree)
    for path in owners(packages, tree):
        assert path in tree
    for package in packages:
        for text in (package.name, package.version, *package.needed_by):
            assert text.isprintable()
            assert len(text) <= 600
            text.encode()


@given(st.binary(max_size=400))
def test_no_bytes_make_an_archive_raise(content: bytes) -> None:
    extract_java(io.BytesIO(content), len(content))


LINE = "a" * 4000
MANY = 400_000


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("var/lib/dpkg/status", "Package: a\n\n" * MANY),
        ("var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nDepends: " + "a," * MANY),
        ("var/lib/dpkg/status", "Package: " + "a" * 5_000_000),
        ("var/lib/dpkg/status", "\n \n" * MANY),
        ("var/lib/apt/extended_states", "Package: a\nAuto-Installed: 1\n\n" * MANY),
        ("var/lib/dpkg/diversions", "/a\n/b\nc\n" * MANY),
        ("lib/apk/db/installed", "P:a\nF:" + LINE + "\n" + "R:b\n" * MANY),
        ("lib/apk/db/installed", "P:a\nF:d\n" + "R:b\n" * MANY),
        ("lib/apk/db/installed", "P:a\nF:\nR:a\n\n" * 100_000),
        ("lib/apk/db/installed", "P:a\nD:" + "<" * 2_000_000),
        (f"{SITE}/RECORD", "x,,\n" * MANY),
        (f"{SITE}/RECORD", '"' * 2_000_000),
        (f"{SITE}/RECORD", "../" * MANY),
        (f"{SITE}/METADATA", "Requires-Dist: " + "a-" * MANY),
        (f"{SITE}/METADATA", "Requires-Dist: a" + ";" * MANY),
        (f"{SITE}/METADATA", "Requires-Dist: a\n" * 50_000),
        ("node_modules/a/package.json", '{"a":' * 100_000),
        ("node_modules/a/package.json", "9" * 1_000_000),
        ("ruby/specifications/a-1.gemspec", "s." * MANY),
        ("ruby/specifications/a-1.gemspec", " " * 1_000_000),
        ("ruby/specifications/a-1.gemspec", "s.add_dependency('" * 50_000),
        ("ruby/specifications/" + "-1" * 2000 + ".gemspec", "# stub: " + "a" * 500_000),
        ("node_modules/" * 300 + "a/package.json", "{}"),
    ],
)
def test_no_content_takes_long(path: str, content: str) -> None:
    start = time.perf_counter()
    packages_of({path: content, "d/b": ""}, folder("d"))
    assert time.perf_counter() - start < 5


def test_many_deep_folders_take_no_time() -> None:
    """Three hundred packages one in the other, around many files."""
    deepest = "node_modules/a/" * 270
    manifests: dict[str, str | bytes] = {
        "node_modules/a/" * depth + "package.json": "{}" for depth in range(1, 270)
    }
    tree = tree_of(manifests, *(file(f"{deepest}{number}", 1) for number in range(5000)))
    start = time.perf_counter()
    packages = installed(tree)
    owned = owners(packages, tree)
    assert time.perf_counter() - start < 5
    assert sum(package is not None for package in owned.values()) >= 5000
