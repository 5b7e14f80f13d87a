"""Reads what an ELF file says of itself (System V ABI, chapters 4 and 5).

Own code where there is a library: pyelftools takes seven times as long for the same questions (4.4 ms a file
against 0.6, over 400 of Debian's), reads tables whole whatever size they claim, and answers damage with an
OverflowError now and then. Here nothing is read because a file says that it is there: every table has a
bound, and a file costs some ten kilobytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from typing import BinaryIO

from bloatcheck.analysis.executable.symbol_versions import defined_versions, needed_versions

MAGIC = b"\x7fELF"

_IDENT = 16
_MAX_SEGMENTS = 256
_MAX_SECTIONS = 2_000
_MAX_DYNAMIC = 64 << 10
_MAX_NAMES = 64 << 10
MAX_NEEDED = 500
_MAX_NEEDED_TEXT = 64 << 10
"""Bytes of all names of libraries together; those of the largest programs take some thousands."""
_LONGEST_SECTION_NAME = 256
_LONGEST = 4096
"""Bytes of a path."""
_WRITABLE, _RUNS = 2, 1
_EXTENDED = 0xFFFF
_DEBUGGING = (
    b".debug",
    b".zdebug",
    b".gnu.debuglto_.debug",
    b".gnu.linkonce.wi.",
    b".line",
    b".stab",
    b".gdb_index",
)


class NotElfError(ValueError):
    """The file is no ELF file, or too damaged for anybody to run it."""


class Type(IntEnum):
    """`e_type`."""

    RELOCATABLE = 1
    EXECUTABLE = 2
    SHARED = 3
    CORE = 4


class Linking(Enum):
    """How a file was linked."""

    STATIC = "static"
    STATIC_PIE = "static-pie"
    DYNAMIC = "dynamic"
    LIBRARY = "library"
    """A shared library that can't be started."""
    OBJECT = "object"
    """Not linked yet, or a core dump."""


class _Segment(IntEnum):
    LOAD = 1
    DYNAMIC = 2
    INTERP = 3


class _Section(IntEnum):
    SYMTAB = 2
    STRTAB = 3
    NOBITS = 8


class _Tag(IntEnum):
    NULL = 0
    NEEDED = 1
    STRTAB = 5
    SONAME = 14
    RPATH = 15
    RUNPATH = 29
    FLAGS_1 = 0x6FFFFFFB


_PIE = 0x08000000
_ALLOCATED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Elf:
    """What an ELF file says of itself.

    `machine` is `e_machine`, `type` is `e_type`. `interpreter` is the loader's path, `needed` the libraries'
    names in order. `symbols` are the bytes that strip(1) takes out: symbol tables and debugging sections.
    `needs_versions` are versions of symbols (`GLIBC_2.38`) that libraries must define, by the library's name;
    `defines_versions` are those that the file itself defines.
    """

    bits: int
    big_endian: bool
    machine: int
    type: int
    linking: Linking
    interpreter: bytes | None = None
    needed: tuple[bytes, ...] = ()
    soname: bytes | None = None
    rpath: bytes | None = None
    runpath: bytes | None = None
    symbols: int = 0
    needs_versions: tuple[tuple[bytes, tuple[bytes, ...]], ...] = ()
    defines_versions: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A program header."""

    type: int
    flags: int
    offset: int
    address: int
    size: int


@dataclass(frozen=True, slots=True)
class Section:
    """A section header. `size` are the bytes that the section takes in the file."""

    name: bytes
    type: int
    flags: int
    offset: int
    size: int
    link: int


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a class of ELF files lays out its tables: the formats of the structures, and where fields stand."""

    header: struct.Struct
    segment: struct.Struct
    section: struct.Struct
    dynamic: struct.Struct
    segment_fields: tuple[int, int, int, int, int]


def _shape(order: str, bits: int) -> _Shape:
    word = "Q" if bits == 64 else "I"  # noqa: PLR2004 - the class itself
    segment = f"{order}IIQQQQQQ" if bits == 64 else f"{order}IIIIIIII"  # noqa: PLR2004 - likewise
    return _Shape(
        struct.Struct(f"{order}HHI{word}{word}{word}IHHHHHH"),
        struct.Struct(segment),
        struct.Struct(f"{order}II{word}{word}{word}{word}II{word}{word}"),
        struct.Struct(f"{order}{word.lower()}{word}"),
        (0, 1, 2, 3, 5) if bits == 64 else (0, 6, 1, 2, 4),  # noqa: PLR2004 - likewise
    )


_SHAPES = {(bits, order): _shape(order, bits) for bits in (32, 64) for order in "<>"}
_BITS = {1: 32, 2: 64}
_ORDERS = {1: "<", 2: ">"}


class ElfFile:
    """An open ELF file: its tables, within bounds.

    Args:
        file: can be sought in.
        size: its length in bytes.

    Raises:
        NotElfError: it is none.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        ident = self.read(0, _IDENT)
        if len(ident) < _IDENT or not ident.startswith(MAGIC):
            raise NotElfError("no ELF magic")
        bits, order = _BITS.get(ident[4]), _ORDERS.get(ident[5])
        if bits is None or order is None:
            raise NotElfError("neither 32 nor 64 bit, or of no known byte order")
        self.bits, self.order = bits, order
        self._shape = _SHAPES[bits, order]
        header = self.read(_IDENT, self._shape.header.size)
        if len(header) < self._shape.header.size:
            raise NotElfError("ends within its header")
        (
            self.type,
            self.machine,
            _version,
            _entry,
            self._segments_at,
            self._sections_at,
            _flags,
            _header_size,
            self._segment_size,
            self._segment_count,
            self._section_size,
            self._section_count,
            self._names_in,
        ) = self._shape.header.unpack(header)
        self.segments = tuple(self._read_segments())
        self._loaded = [segment for segment in self.segments if segment.type == _Segment.LOAD]

    @property
    def big_endian(self) -> bool:
        """The byte order."""
        return self.order == ">"

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the file; fewer where it ends."""
        length = min(length, self._size - offset)
        if offset < 0 or length <= 0:
            return b""
        self._file.seek(offset)
        return self._file.read(length)

    def at_address(self, address: int, length: int) -> bytes:
        """Bytes as the program sees them in memory; fewer where the segment ends in the file."""
        for segment in self._loaded:
            if 0 <= address - segment.address < segment.size:
                inside = address - segment.address
                return self.read(segment.offset + inside, min(length, segment.size - inside))
        return b""

    def sections(self) -> tuple[Section, ...]:
        """The section headers, without names where those are damaged."""
        headers = list(self._section_headers())
        names = b""
        if self._names_in < len(headers):
            names_header = headers[self._names_in]
            names = self.read(names_header.offset, min(names_header.size, _MAX_NAMES))
        return tuple(replace(header, name=_string(names, int(header.name))) for header in headers)

    def data_segment(self, length: int) -> bytes:
        """The beginning of the first segment that is written to and not run."""
        for segment in self.segments:
            if segment.type == _Segment.LOAD and segment.flags & (_WRITABLE | _RUNS) == _WRITABLE:
                return self.read(segment.offset, min(length, segment.size))
        return b""

    def interpreter(self) -> bytes | None:
        """The loader's path."""
        for segment in self.segments:
            if segment.type == _Segment.INTERP:
                return self.read(segment.offset, min(segment.size, _LONGEST)).partition(b"\0")[0]
        return None

    def dynamic(self) -> tuple[tuple[int, int], ...] | None:
        """Tags and values of the dynamic section, up to the one that ends it; None where there is none."""
        for segment in self.segments:
            if segment.type == _Segment.DYNAMIC:
                entry = self._shape.dynamic
                table = self.read(segment.offset, min(segment.size, _MAX_DYNAMIC))
                entries = []
                for tag, value in entry.iter_unpack(table[: len(table) // entry.size * entry.size]):
                    if tag == _Tag.NULL:
                        break
                    entries.append((tag, value))
                return tuple(entries)
        return None

    def text_at(self, address: int) -> bytes:
        """The string at an address; it ends with its segment."""
        return self.at_address(address, _LONGEST).partition(b"\0")[0]

    def _read_segments(self) -> Iterator[Segment]:
        shape = self._shape
        if self._segment_size != shape.segment.size or not self._segments_at:
            return
        count = min(self._segment_count, _MAX_SEGMENTS)
        table = self.read(self._segments_at, count * shape.segment.size)
        whole = len(table) // shape.segment.size * shape.segment.size
        for fields in shape.segment.iter_unpack(table[:whole]):
            yield Segment(*(fields[index] for index in shape.segment_fields))

    def _section_headers(self) -> Iterator[Section]:
        """The name is the number of its first letter, until the names are read."""
        entry = self._shape.section
        if self._section_size != entry.size or not self._sections_at:
            return
        count = self._section_count
        if not count or self._names_in == _EXTENDED:
            first = self.read(self._sections_at, entry.size)
            if len(first) == entry.size:
                fields = entry.unpack(first)
                count = count or fields[5]
                self._names_in = fields[6] if self._names_in == _EXTENDED else self._names_in
        table = self.read(self._sections_at, min(count, _MAX_SECTIONS) * entry.size)
        for name, kind, flags, _, offset, size, link, *_ in entry.iter_unpack(
            table[: len(table) // entry.size * entry.size]
        ):
            length = 0 if kind == _Section.NOBITS else max(0, min(size, self._size - offset))
            yield Section(b"%d" % name, kind, flags, offset, length, link)


def read_elf(file: BinaryIO, size: int) -> Elf:
    """What the file says of itself.

    Raises:
        NotElfError: it is no ELF file.
    """
    return describe(elf := ElfFile(file, size), elf.sections())


def describe(elf: ElfFile, sections: tuple[Section, ...]) -> Elf:
    """What an open file says of itself, its section headers read already."""
    interpreter = elf.interpreter()
    dynamic = elf.dynamic()
    values = dict(reversed(dynamic or ()))
    strings = values.get(_Tag.STRTAB)

    def text(at: int | None) -> bytes | None:
        return None if at is None or strings is None else elf.text_at(strings + at)

    needed: list[bytes] = []
    left = _MAX_NEEDED_TEXT
    for value in [value for tag, value in dynamic or () if tag == _Tag.NEEDED][:MAX_NEEDED]:
        name = text(value)
        if name and (left := left - len(name)) >= 0:
            needed.append(name)
    return Elf(
        bits=elf.bits,
        big_endian=elf.big_endian,
        machine=elf.machine,
        type=elf.type,
        linking=_linking(elf.type, interpreter, is_pie=bool(values.get(_Tag.FLAGS_1, 0) & _PIE)),
        interpreter=interpreter,
        needed=tuple(needed),
        soname=text(values.get(_Tag.SONAME)),
        rpath=text(values.get(_Tag.RPATH)),
        runpath=text(values.get(_Tag.RUNPATH)),
        symbols=_symbols(sections) if elf.type in (Type.EXECUTABLE, Type.SHARED) else 0,
        needs_versions=() if strings is None else needed_versions(elf, values, strings),
        defines_versions=() if strings is None else defined_versions(elf, values, strings),
    )


def _linking(kind: int, interpreter: bytes | None, *, is_pie: bool) -> Linking:
    if kind not in (Type.EXECUTABLE, Type.SHARED):
        return Linking.OBJECT
    if interpreter is not None:
        return Linking.DYNAMIC
    if kind == Type.EXECUTABLE:
        return Linking.STATIC
    return Linking.STATIC_PIE if is_pie else Linking.LIBRARY


def _symbols(sections: tuple[Section, ...]) -> int:
    removed = set()
    for number, section in enumerate(sections):
        if section.flags & _ALLOCATED:
            continue
        if section.type == _Section.SYMTAB:
            removed.add(number)
            if section.link < len(sections) and sections[section.link].type == _Section.STRTAB:
                removed.add(section.link)
        elif section.name.startswith(_DEBUGGING):
            removed.add(number)
    return sum(sections[number].size for number in removed)


def _string(table: bytes, start: int) -> bytes:
    return table[start : start + _LONGEST_SECTION_NAME].partition(b"\0")[0]
