"""Alpine's packages, in the format of apk-installed(5)."""

from __future__ import annotations

import pytest
from support.layers import symlink
from support.package_trees import packages_of

from bloatcheck.analysis.packages import captures

INSTALLED = """\
C:Q1p78yvTLG094tHE1+dToJGbmYzQE=
P:musl
V:1.2.5-r0
A:x86_64
S:407278
I:667648
T:the musl c library (libc) implementation
U:https://musl.libc.org/
L:MIT
o:musl
m:Natanael Copa <ncopa@alpinelinux.org>
t:1709314564
c:e2b8ce5b7a2d4f2bf5f5a5bd4a7cb4b1bb3a6d8d
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1Q4kNeTLqLnvnWp9yXzmUJdX4n3s=
R:libc.musl-x86_64.so.1
a:0:0:777
Z:Q17yJ3JFNypA4mxhJJr0ou6CzsJVI=

C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=
P:busybox
V:1.36.1-r28
A:x86_64
p:/bin/sh cmd:busybox=1.36.1-r28
r:busybox-initscripts
D:so:libc.musl-x86_64.so.1
F:bin
R:busybox
a:0:0:755
R:sh
F:etc
F:etc/network
M:0:0:1777
R:gone
F:tmp

C:Q1
P:.build-deps
V:20240101.000000
D:gcc>12 make@edge

C:Q1
P:gcc
V:13.2.1
D:so:libc.musl-x86_64.so.1 !gcc-gnat
F:usr/bin
R:gcc

C:Q1
P:make
V:4.4.1

"""


def alpine(folder: str = "lib/apk/db") -> dict[str, str | bytes]:
    return {
        f"{folder}/installed": INSTALLED,
        f"{folder}/world": "busybox>=1.36\n.build-deps=20240101.000000\n!mdev\n",
        "lib/ld-musl-x86_64.so.1": "musl",
        "bin/busybox": "busybox",
        "usr/bin/gcc": "gcc",
    }


@pytest.mark.parametrize("folder", ["lib/apk/db", "usr/lib/apk/db"])
def test_packages_have_the_files_in_their_folders(folder: str) -> None:
    packages = packages_of(
        alpine(folder),
        symlink("lib/libc.musl-x86_64.so.1", "ld-musl-x86_64.so.1"),
        symlink("bin/sh", "busybox"),
    )
    assert {name: package.version for name, package in packages.items()} == {
        "musl": "1.2.5-r0",
        "busybox": "1.36.1-r28",
        ".build-deps": "20240101.000000",
        "gcc": "13.2.1",
        "make": "4.4.1",
    }
    assert packages["musl"].files == (b"lib/ld-musl-x86_64.so.1", b"lib/libc.musl-x86_64.so.1")
    assert packages["busybox"].files == (b"bin/busybox", b"bin/sh")
    assert packages["gcc"].manager == "apk"


def test_the_world_says_what_was_asked_for() -> None:
    packages = packages_of(alpine())
    assert {name: package.asked_for for name, package in packages.items()} == {
        "musl": False,
        "busybox": True,
        ".build-deps": True,
        "gcc": False,
        "make": False,
    }


def test_a_package_is_needed_by_those_that_want_what_it_provides() -> None:
    packages = packages_of(alpine())
    assert packages["musl"].needed_by == ("busybox", "gcc")
    assert packages["gcc"].needed_by == (".build-deps",)
    assert packages["make"].needed_by == (".build-deps",)


def test_without_a_world_nobody_knows_what_was_asked_for() -> None:
    files = alpine()
    del files["lib/apk/db/world"]
    assert packages_of(files)["musl"].asked_for is None


def test_lines_that_mean_nothing_are_passed_over() -> None:
    damaged = "P:a\nV:1\nR:file-before-any-folder\nnonsense\n:\nF:\nR:in-root\n\n\n\nV:2\nF:x\n\nP:b"
    packages = packages_of({"lib/apk/db/installed": damaged, "in-root": ""})
    assert packages["a"].files == (b"in-root",)
    assert packages["b"].version == ""
    assert set(packages) == {"a", "b"}


def test_only_the_database_is_kept() -> None:
    assert captures(b"lib/apk/db/installed", 1000)
    assert captures(b"lib/apk/db/world", 1000)
    assert not captures(b"lib/apk/db/scripts.tar", 1000)
    assert not captures(b"lib/apk/db/installed", 1 << 30)
