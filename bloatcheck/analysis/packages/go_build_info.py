"""What Go's linker writes into every program: which modules, in which versions, it was built from.

The format is that of Go 1.18 and later (debug/buildinfo): 14 bytes of magic, the size of a pointer, flags,
16 unused bytes, then Go's version and the list of modules, each after its length.
"""

from __future__ import annotations

from typing import Any

SECTION = ".go.buildinfo"
"""The section of an ELF file that has it."""
MAGIC = b"\xff Go buildinf:"

_FLAGS = 15
_INLINE = 2
_STRINGS = 32
_FRAME = 16
"""Bytes around the list of modules that tools find it by."""
_MAX_MODULES = 2_000
_MAX_LENGTH = 1 << 20
_GROUP = 7
_MORE = 0x80


def build_facts(section: bytes) -> dict[str, Any] | None:
    """The facts of a program, from the bytes that begin with `MAGIC`; None where there are none.

    JSON: `version` of Go, `path` of the main package, `module` with path and version of the main module or
    null, and `modules`, those of all others that it was built from.
    """
    if not section.startswith(MAGIC) or len(section) < _STRINGS or not section[_FLAGS] & _INLINE:
        return None
    version, at = _string(section, _STRINGS)
    return facts_of_strings(version, _string(section, at)[0])


def facts_of_strings(version: bytes, modules: bytes) -> dict[str, Any]:
    """The same from the two strings: Go's version, and the list of modules in its frame."""
    return {
        "version": version.decode("utf-8", "replace"),
        **_modules(modules[_FRAME:-_FRAME].decode("utf-8", "replace")),
    }


def _string(section: bytes, at: int) -> tuple[bytes, int]:
    """A string after its length in groups of seven bits, the lowest first; and where the next one begins."""
    length, shift = 0, 0
    while at < len(section) and shift < 5 * _GROUP:
        byte = section[at]
        at += 1
        length |= (byte & ~_MORE) << shift
        shift += _GROUP
        if not byte & _MORE:
            break
    length = min(length, _MAX_LENGTH)
    return section[at : at + length], at + length


def _modules(text: str) -> dict[str, Any]:
    """The lines: `path`, `mod` for the main module, `dep` for others, `=>` for what replaces the last."""
    path, module = "", None
    modules: list[list[str]] = []
    for line in text.split("\n"):
        word, *values = line.split("\t")
        if word == "path" and values:
            path = values[0]
        elif word == "mod" and len(values) > 1:
            module = values[:2]
        elif word == "dep" and len(values) > 1 and len(modules) < _MAX_MODULES:
            modules.append(values[:2])
        elif word == "=>" and len(values) > 1 and modules:
            modules[-1] = values[:2]
    return {"path": path, "module": module, "modules": modules}
