"""What is kept of each executable and shared library: what it needs to start, and what it was made of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from bloatcheck.analysis.executable.elf import Elf, Linking, describe
from bloatcheck.analysis.executable.elf_file import MAGIC, ElfFile, NotElfError
from bloatcheck.analysis.executable.go_program import go_facts
from bloatcheck.analysis.executable.shebang import BYTE_ORDER_MARK, MARK, Shebang, read_shebang
from bloatcheck.analysis.packages.go import KIND
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.capture import Captured, OnlyIf

VERSION = "2"
"""Of what is kept; to be raised with every change of it."""

_BEGINNING = 512
_ANY_MAY_RUN = 0o111
_LIBRARY = re.compile(rb"\.so(?:\.[\w.-]+)?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutableFacts:
    """Of an ELF file or of a script: one of the two is None.

    `go` is what `packages.go_build_info` tells of a program of Go.
    """

    elf: Elf | None = None
    script: Shebang | None = None
    go: Mapping[str, Any] | None = None

    def to_json(self) -> bytes:
        """Compact; bytes that aren't UTF-8 survive as surrogates."""
        document: dict[str, Any] = {}
        if self.elf:
            document["elf"] = _elf_document(self.elf)
        if self.script:
            document["script"] = [
                _text(self.script.interpreter),
                _text(self.script.argument),
                self.script.after_mark,
            ]
        if self.go:
            document["go"] = self.go
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, content: bytes) -> ExecutableFacts:
        """What `to_json` wrote."""
        document = json.loads(content)
        elf, script = document.get("elf"), document.get("script")
        return cls(
            elf=_elf_of(elf) if elf else None,
            script=Shebang(_bytes(script[0]) or b"", _bytes(script[1]), script[2]) if script else None,
            go=document.get("go"),
        )


def wants_executable(path: bytes, size: int, mode: int) -> bool:
    """Whether a regular file may be run, or is named like a shared library."""
    return size > 0 and bool(mode & _ANY_MAY_RUN or _LIBRARY.search(path))


def extract_executable(file: BinaryIO, size: int) -> Captured | None:
    """The facts of an ELF file or a script; None of anything else."""
    beginning = file.read(_BEGINNING)
    facts = _of_elf(file, size) if beginning.startswith(MAGIC) else _of_script(beginning)
    return Captured(KIND, facts.to_json()) if facts else None


EXTRACT = OnlyIf((MAGIC, MARK, BYTE_ORDER_MARK + MARK), extract_executable)
"""`extract_executable`, for who reads the beginning first."""


def facts_at(tree: Tree, path: bytes) -> ExecutableFacts | None:
    """The facts of what stands at this very path; None where none were kept."""
    captured = tree.captured(path)
    return ExecutableFacts.from_json(captured.content) if captured and captured.kind == KIND else None


def _of_elf(file: BinaryIO, size: int) -> ExecutableFacts | None:
    try:
        elf = ElfFile(file, size)
    except NotElfError:
        return None
    sections = elf.sections()
    return ExecutableFacts(elf=describe(elf, sections), go=go_facts(elf, sections))


def _of_script(beginning: bytes) -> ExecutableFacts | None:
    script = read_shebang(beginning)
    return ExecutableFacts(script=script) if script else None


def _elf_document(elf: Elf) -> dict[str, Any]:
    document = {
        "bits": elf.bits,
        "big_endian": elf.big_endian,
        "machine": elf.machine,
        "type": elf.type,
        "linking": elf.linking.value,
        "interpreter": _text(elf.interpreter),
        "needed": [_text(name) for name in elf.needed],
        "soname": _text(elf.soname),
        "rpath": _text(elf.rpath),
        "runpath": _text(elf.runpath),
        "symbols": elf.symbols,
        "needs_versions": [
            [_text(library), [_text(version) for version in versions]]
            for library, versions in elf.needs_versions
        ],
        "defines_versions": [_text(version) for version in elf.defines_versions],
    }
    return {key: value for key, value in document.items() if value}


def _elf_of(document: Mapping[str, Any]) -> Elf:
    return Elf(
        bits=document["bits"],
        big_endian=document.get("big_endian", False),
        machine=document.get("machine", 0),
        type=document.get("type", 0),
        linking=Linking(document["linking"]),
        interpreter=_bytes(document.get("interpreter")),
        needed=_names(document.get("needed", ())),
        soname=_bytes(document.get("soname")),
        rpath=_bytes(document.get("rpath")),
        runpath=_bytes(document.get("runpath")),
        symbols=document.get("symbols", 0),
        needs_versions=tuple(
            (_bytes(library) or b"", _names(versions))
            for library, versions in document.get("needs_versions", ())
        ),
        defines_versions=_names(document.get("defines_versions", ())),
    )


def _names(texts: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(filter(None, map(_bytes, texts)))


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else value.encode("utf-8", "surrogateescape")
