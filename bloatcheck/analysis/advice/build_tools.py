"""Compilers, headers and the like, in an image that only runs what they made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bloatcheck.analysis.advice.model import SYSTEM, Facts, Proposal
from bloatcheck.analysis.advice.shown import named
from bloatcheck.analysis.packages.model import MAX_NAMED, InstalledPackage

_TOOL = re.compile(
    r"(?:"
    r"build-essential|build-base|alpine-sdk|(?:gcc|g\+\+|cpp|clang|llvm|gfortran|gnat)(?:-[\d.]+)?|musl-tools"
    r"|make|cmake|ninja(?:-build)?|meson|autoconf|automake|libtool|bison|flex|m4|pkg-config|pkgconf|binutils"
    r"|dpkg-dev|debhelper|devscripts|rpm-build|rustc|cargo|golang(?:-go|-[\d.]+(?:-go)?)?|nasm|yasm|swig|patchelf"
    r"|(?:[\w.+-]+-)?(?:dev|devel)|linux-headers(?:-[\w.-]+)?|kernel-headers|default-jdk(?:-headless)?"
    r"|openjdk-?\d+(?:-jdk(?:-headless)?)?|maven|gradle"
    r")(?::\w+)?"
)
_NO_TOOL = {"fuse-dev", "makedev", "udev"}


def build_tools(facts: Facts) -> Iterator[Proposal]:
    """The tools that somebody asked for, and what came along for nobody else's sake."""
    installed = [package for package in facts.packages if package.manager in SYSTEM]
    tools = [
        package
        for package in installed
        if package.asked_for is not False
        and _TOOL.fullmatch(package.name)
        and package.name not in _NO_TOOL
        and _is_own(facts, package)
    ]
    if not tools:
        return
    linked = _linked_against(facts)
    going = _with_what_only_they_need(
        tools, [each for each in installed if not any(_name(path) in linked for path in each.files)]
    )
    files = facts.freed(facts.files_of(going))
    sizes: dict[int, int] = {}
    for (layer, _), size in files.items():
        sizes[layer] = sizes.get(layer, 0) + size
    if not sizes:
        return
    layer = max(sizes, key=lambda number: sizes[number])
    yield Proposal(
        message=f"Build tools are in the image that is shipped: {named(package.name for package in tools)}. "
        "Build in a stage of its own, and copy what it makes from there.",
        freed=files,
        layer=layer,
        instructions=facts.instructions_of(layer),
    )


def _linked_against(facts: Facts) -> set[bytes]:
    """The libraries that programs need which no package of the system brought."""
    programs = (facts.program(path) for path, *_ in facts.files if not facts.is_systems(path))
    return {name for program in programs if program for name in program.needs}


def _name(path: bytes) -> bytes:
    return path.rpartition(b"/")[2]


def _is_own(facts: Facts, package: InstalledPackage) -> bool:
    """Whether it was installed above the base image."""
    nodes = (facts.tree.get(path) for path in (*package.database, *package.files[:20]))
    return any(node and node.layer >= facts.first_own for node in nodes)


def _with_what_only_they_need(
    tools: Sequence[InstalledPackage], installed: Sequence[InstalledPackage]
) -> list[InstalledPackage]:
    """The tools, and the packages all of whose reasons lead to them alone."""
    chosen = {package.name for package in tools}
    candidates = {
        package.name: package
        for package in installed
        if package.asked_for is False and package.name not in chosen
    }
    while True:
        staying = [
            name
            for name, package in candidates.items()
            if len(package.needed_by) >= MAX_NAMED
            or any(
                other not in chosen and other not in candidates
                for other in (*package.needed_by, *package.recommended_by)
            )
        ]
        if not staying:
            break
        for name in staying:
            del candidates[name]
    found = {package.name: package for package in tools}
    while True:
        more = {
            name: package
            for name, package in candidates.items()
            if name not in found
            and any(other in found for other in (*package.needed_by, *package.recommended_by))
        }
        if not more:
            return list(found.values())
        found.update(more)
