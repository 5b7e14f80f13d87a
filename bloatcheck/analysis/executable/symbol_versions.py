"""The versions of symbols that an ELF file needs of its libraries, and that a library defines.

The tables are those of the Linux Standard Base, "Symbol Versioning"; glibc's loader compares them before it
starts anything (elf/dl-version.c).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from bloatcheck.analysis.executable.elf_file import ElfFile, Tag

MOST_VERSIONS = 1_000
"""Of one file; libc has some forty, the largest libraries some hundreds."""
_MOST_TEXT = 64 << 10
"""Bytes of all their names together."""
_LONGEST_TABLE = 256 << 10
_NAME_OF_FILE, _WEAK = 1, 2


def needed_versions(
    elf: ElfFile, values: Mapping[int, int], strings: int
) -> tuple[tuple[bytes, tuple[bytes, ...]], ...]:
    """Libraries by the names that the file asks for them by, and the versions that each must define.

    Args:
        elf: the file.
        values: of its dynamic section, by tag.
        strings: the address of its string table.
    """
    table = _Table(elf, values.get(Tag.VERNEED), strings)
    found = []
    for at, (_, count, name, first, _) in table.chain(0, values.get(Tag.VERNEEDNUM, 0), "HHIII", link=4):
        versions = tuple(
            version
            for _, (_, flags, _, text, _) in table.chain(at + first, count, "IHHII", link=4)
            if not flags & _WEAK and (version := table.text(text))
        )
        library = table.text(name)
        if library and versions:
            found.append((library, versions))
    return tuple(found)


def defined_versions(elf: ElfFile, values: Mapping[int, int], strings: int) -> tuple[bytes, ...]:
    """The versions that a library defines; empty for one that has none, of which any is good enough."""
    table = _Table(elf, values.get(Tag.VERDEF), strings)
    found = []
    for at, (_, flags, _, _, _, first, _) in table.chain(0, values.get(Tag.VERDEFNUM, 0), "HHHHIII", link=6):
        for _, (text, _) in table.chain(at + first, 1, "II", link=1):
            if not flags & _NAME_OF_FILE and (name := table.text(text)):
                found.append(name)
    return tuple(found)


class _Table:
    """Entries that say how far away the next one is. Never backwards, so that every chain ends."""

    def __init__(self, elf: ElfFile, address: int | None, strings: int) -> None:
        self._elf = elf
        self._strings = strings
        self._content = b"" if address is None else elf.at_address(address, _LONGEST_TABLE)
        self._entries_left = MOST_VERSIONS
        self._text_left = _MOST_TEXT

    def chain(self, at: int, count: int, layout: str, *, link: int) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Where entries stand, and their fields; field number `link` leads to the next one."""
        entry = struct.Struct(self._elf.order + layout)
        for _ in range(min(count, MOST_VERSIONS)):
            if at + entry.size > len(self._content) or self._entries_left <= 0:
                return
            self._entries_left -= 1
            fields = entry.unpack_from(self._content, at)
            yield at, fields
            if not fields[link]:
                return
            at += fields[link]

    def text(self, at: int) -> bytes:
        """A name; empty once there are too many."""
        text = self._elf.text_at(self._strings + at) if self._text_left > 0 else b""
        self._text_left -= len(text)
        return text
