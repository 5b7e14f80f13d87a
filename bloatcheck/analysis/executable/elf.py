"""What an ELF file says of itself: how it was linked, what it needs, what strip(1) would take out of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from bloatcheck.analysis.executable.elf_file import ElfFile, Section, SectionType, Tag
from bloatcheck.analysis.executable.symbol_versions import defined_versions, needed_versions

MAX_NEEDED = 500
_MAX_NEEDED_TEXT = 64 << 10
"""Bytes of all names of libraries together; those of the largest programs take some thousands."""
_PIE = 0x08000000
_ALLOCATED = 2
_DEBUGGING = (
    b".debug",
    b".zdebug",
    b".gnu.debuglto_.debug",
    b".gnu.linkonce.wi.",
    b".line",
    b".stab",
    b".gdb_index",
)


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


def describe(elf: ElfFile, sections: tuple[Section, ...]) -> Elf:
    """What a file says of itself, its section headers read already."""
    interpreter = elf.interpreter()
    dynamic = elf.dynamic()
    values = dict(reversed(dynamic or ()))
    strings = values.get(Tag.STRTAB)

    def text(at: int | None) -> bytes | None:
        return None if at is None or strings is None else elf.text_at(strings + at)

    needed: list[bytes] = []
    left = _MAX_NEEDED_TEXT
    for value in [value for tag, value in dynamic or () if tag == Tag.NEEDED][:MAX_NEEDED]:
        name = text(value)
        if name and (left := left - len(name)) >= 0:
            needed.append(name)
    return Elf(
        bits=elf.bits,
        big_endian=elf.big_endian,
        machine=elf.machine,
        type=elf.type,
        linking=_linking(elf.type, interpreter, is_pie=bool(values.get(Tag.FLAGS_1, 0) & _PIE)),
        interpreter=interpreter,
        needed=tuple(needed),
        soname=text(values.get(Tag.SONAME)),
        rpath=text(values.get(Tag.RPATH)),
        runpath=text(values.get(Tag.RUNPATH)),
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
        if section.type == SectionType.SYMTAB:
            removed.add(number)
            if section.link < len(sections) and sections[section.link].type == SectionType.STRTAB:
                removed.add(section.link)
        elif section.name.startswith(_DEBUGGING):
            removed.add(number)
    return sum(sections[number].size for number in removed)
