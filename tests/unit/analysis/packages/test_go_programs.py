"""Go programs, by what the linker wrote into them."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from support.layers import file, hard_link, layer
from support.package_trees import by_name

from bloatcheck.analysis.packages import installed
from bloatcheck.analysis.packages.go_build_info import MAGIC, build_facts
from bloatcheck.analysis.packages.model import Part
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.capture import Captured

MODULES = (
    "path\tgithub.com/acme/shop/cmd/api\n"
    "mod\tgithub.com/acme/shop\tv1.2.3\th1:abc=\n"
    "dep\tgolang.org/x/net\tv0.20.0\th1:def=\n"
    "dep\tgithub.com/old/thing\tv1.0.0\n"
    "=>\tgithub.com/new/thing\tv2.0.0\th1:ghi=\n"
    "build\t-buildmode=exe\n"
)


def section(modules: str, version: str = "go1.22.1", flags: int = 2) -> bytes:
    framed = b"<" * 16 + modules.encode() + b">" * 16
    return (
        MAGIC
        + bytes([8, flags])
        + bytes(16)
        + bytes([len(version)])
        + version.encode()
        + bytes([len(framed) & 127 | 128, len(framed) >> 7])
        + framed
        + bytes(100)
    )


def program(path: str, build: bytes) -> Tree:
    facts = Captured("executable", json.dumps({"go": build_facts(build)}).encode())
    return Tree([layer(file(path, 5_000_000, captured=facts), hard_link("bin/other", path))])


def test_a_program_is_a_package_with_its_modules_as_parts() -> None:
    packages = by_name(installed(program("usr/bin/api", section(MODULES))))
    api = packages["github.com/acme/shop"]
    assert (api.manager, api.version, api.files) == ("go", "v1.2.3", (b"usr/bin/api",))
    assert api.parts == (Part("golang.org/x/net", "v0.20.0"), Part("github.com/new/thing", "v2.0.0"))


def test_a_program_that_was_never_released_has_no_version() -> None:
    packages = by_name(installed(program("api", section("mod\tacme/api\t(devel)\t\n"))))
    assert packages["acme/api"].version == ""


def test_a_program_of_gos_own_has_gos_version() -> None:
    packages = by_name(installed(program("gofmt", section("path\tcmd/gofmt\n"))))
    assert packages["cmd/gofmt"].version == "1.22.1"


def test_a_program_that_was_built_without_modules_is_named_for_its_package() -> None:
    packages = by_name(
        installed(program("usr/bin/docker", section("path\tgithub.com/docker/cli/cmd/docker\n")))
    )
    assert packages["github.com/docker/cli/cmd/docker"].version == ""


def test_a_program_without_a_word_is_named_for_its_file() -> None:
    assert by_name(installed(program("usr/bin/tool", section(""))))["tool"].version == ""


def test_other_programs_are_no_packages() -> None:
    assert build_facts(b"\x7fELF" + bytes(100)) is None
    assert build_facts(section(MODULES, flags=0)) is None
    assert installed(program("usr/bin/c", b"")) == ()


@given(st.binary(max_size=100), st.integers(0, 255))
def test_no_bytes_raise(rest: bytes, flags: int) -> None:
    build_facts(MAGIC + bytes([8, flags]) + bytes(16) + rest)
    build_facts(rest)
