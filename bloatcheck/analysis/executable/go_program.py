"""Finds what Go's linker wrote into a program of which modules it was built (Go's debug/buildinfo)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bloatcheck.analysis.executable.elf_file import ElfFile, Section
from bloatcheck.analysis.packages.go_build_info import MAGIC, SECTION, build_facts, facts_of_strings

_MAX_SECTION = 2 << 20
_SCANNED = 1 << 20
_ALIGNED = 16
_POINTER_SIZE, _FLAGS, _POINTERS = 14, 15, 16
_INLINE = 2
_BIG_ENDIAN = 1
_MAX_STRING = 1 << 20


def go_facts(elf: ElfFile, sections: Sequence[Section]) -> dict[str, Any] | None:
    """As `build_facts` tells them; None where it is no program of Go.

    Without section headers the magic is looked for at the beginning of the data segment, as Go's own
    reader does.
    """
    found = [section for section in sections if section.name == SECTION.encode()]
    if found:
        info = elf.read(found[0].offset, min(found[0].size, _MAX_SECTION))
    elif sections:
        return None
    else:
        info = _from_magic(elf.data_segment(_SCANNED))
    if not info.startswith(MAGIC) or len(info) <= _POINTERS:
        return None
    return build_facts(info) if info[_FLAGS] & _INLINE else _behind_pointers(elf, info)


def _from_magic(data: bytes) -> bytes:
    at = data.find(MAGIC)
    while at >= 0 and at % _ALIGNED:
        at = data.find(MAGIC, at + 1)
    return data[at:] if at >= 0 else b""


def _behind_pointers(elf: ElfFile, info: bytes) -> dict[str, Any] | None:
    """Go before 1.18: pointers to two strings, each a pointer to its letters and their number."""
    size = info[_POINTER_SIZE]
    if size not in (4, 8):
        return None
    order = "big" if info[_FLAGS] & _BIG_ENDIAN else "little"

    def number(data: bytes, index: int) -> int:
        return int.from_bytes(data[index * size : (index + 1) * size], order)  # type: ignore[arg-type] # one of the two

    def text(index: int) -> bytes:
        header = elf.at_address(number(info[_POINTERS:], index), 2 * size)
        if len(header) < 2 * size:
            return b""
        return elf.at_address(number(header, 0), min(number(header, 1), _MAX_STRING))

    version = text(0)
    return facts_of_strings(version, text(1)) if version else None
