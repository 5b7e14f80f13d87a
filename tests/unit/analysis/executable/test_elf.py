"""An ELF file is read as readelf(1) reads it, and whatever it holds, nothing breaks."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import struct
import subprocess
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.analysis.executable.elf import Elf, Linking, describe
from bloatcheck.analysis.executable.elf_file import ElfFile, NotElfError

READELF = shutil.which("readelf")
FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu")
EVERY = 12
"""One in so many of the machine's files; they are much alike."""
_VALUE = re.compile(r"\[(.*)\]\s*$")


def read_elf(file: BinaryIO, size: int) -> Elf:
    elf = ElfFile(file, size)
    return describe(elf, elf.sections())


def elves() -> list[Path]:
    found = []
    for folder in FOLDERS:
        for path in sorted(Path(folder).glob("*")):
            if path.is_file() and not path.is_symlink():
                with path.open("rb") as file:
                    if file.read(4) == b"\x7fELF":
                        found.append(path)
    return found[::EVERY]


def read(path: Path) -> Elf:
    with path.open("rb") as file:
        return read_elf(file, path.stat().st_size)


@pytest.mark.skipif(READELF is None, reason="needs readelf, of binutils")
def test_the_machines_programs_and_libraries_are_read_as_readelf_reads_them() -> None:
    files = elves()
    assert files
    output = subprocess.run(
        [str(READELF), "-hldVW", *files], check=True, capture_output=True, text=True, errors="replace"
    ).stdout
    parts = re.split(r"^File: .*$", "\n" + output, flags=re.MULTILINE)[1:]
    for path, part in zip(files, parts, strict=True):
        lines = part.splitlines()
        elf = read(path)
        interpreter = re.search(r"Requesting program interpreter: (.*)\]", part)
        assert elf.interpreter == (interpreter[1].encode() if interpreter else None), path
        assert list(elf.needed) == _values(lines, "(NEEDED)"), path
        assert elf.soname == _value(lines, "(SONAME)"), path
        assert elf.rpath == _value(lines, "(RPATH)"), path
        assert elf.runpath == _value(lines, "(RUNPATH)"), path
        assert sorted(elf.needs_versions) == sorted(_needed_versions(part)), path
        assert list(elf.defines_versions) == _defined_versions(part), path
        assert f"ELF{elf.bits}" in part
        assert ("big endian" in part) == elf.big_endian


def _needed_versions(part: str) -> list[tuple[bytes, tuple[bytes, ...]]]:
    section = re.search(r"^Version needs section.*?(?=^\S|\Z)", part, re.MULTILINE | re.DOTALL)
    found: list[tuple[bytes, tuple[bytes, ...]]] = []
    for line in section[0].splitlines() if section else ():
        if file := re.search(r"File: (\S+)", line):
            found.append((file[1].encode(), ()))
        elif (name := re.search(r"Name: (\S+)\s+Flags: (\S+)", line)) and "WEAK" not in name[2]:
            found[-1] = (found[-1][0], (*found[-1][1], name[1].encode()))
    return [(file, versions) for file, versions in found if versions]


def _defined_versions(part: str) -> list[bytes]:
    section = re.search(r"^Version definition section.*?(?=^\S|\Z)", part, re.MULTILINE | re.DOTALL)
    lines = section[0].splitlines() if section else ()
    return [
        match[1].encode()
        for line in lines
        if "BASE" not in line and (match := re.search(r"Rev:.*Name: (\S+)", line))
    ]


def _values(lines: list[str], tag: str) -> list[bytes]:
    return [match[1].encode() for line in lines if tag in line and (match := _VALUE.search(line))]


def _value(lines: list[str], tag: str) -> bytes | None:
    return next(iter(_values(lines, tag)), None)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("gcc") or not shutil.which("strip"):
        pytest.skip("needs gcc and strip")
    folder = tmp_path_factory.mktemp("elf")
    (folder / "hello.c").write_text("int main(void) { return 0; }\n")
    for name, *flags in (
        ("dynamic", "-g"),
        ("static", "-g", "-static"),
        ("static-pie", "-static-pie"),
        ("no-pie", "-no-pie"),
        ("library", "-shared"),
        ("object", "-c"),
        ("compressed", "-g3", "-gz"),
    ):
        subprocess.run(["gcc", "-fPIC", *flags, "-o", name, "hello.c"], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize(
    ("name", "linking"),
    [
        ("dynamic", Linking.DYNAMIC),
        ("no-pie", Linking.DYNAMIC),
        ("static", Linking.STATIC),
        ("static-pie", Linking.STATIC_PIE),
        ("library", Linking.LIBRARY),
        ("object", Linking.OBJECT),
    ],
)
def test_how_it_was_linked_is_told(name: str, linking: Linking, programs: Path) -> None:
    assert read(programs / name).linking is linking


@pytest.mark.parametrize("name", ["dynamic", "static", "compressed", "library"])
def test_symbols_are_what_strip_takes_out(name: str, programs: Path) -> None:
    before = read(programs / name)
    subprocess.run(["strip", "-o", "stripped", name], cwd=programs, check=True)
    saved = (programs / name).stat().st_size - (programs / "stripped").stat().st_size
    # the headers of the sections go too, and alignment stays
    assert before.symbols == pytest.approx(saved, rel=0.02, abs=1500)
    assert read(programs / "stripped").symbols == 0


def test_object_files_keep_their_symbols(programs: Path) -> None:
    """A linker needs them."""
    assert read(programs / "object").symbols == 0


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
def test_both_classes_and_both_byte_orders_are_read(bits: int, order: str) -> None:
    elf = read_elf(io.BytesIO(content := small_elf(bits, order)), len(content))
    assert (elf.bits, elf.big_endian, elf.machine) == (bits, order == ">", 40)
    assert elf.interpreter == b"/lib/ld.so.1"
    assert elf.needed == (b"libc.so.6",)


def small_elf(bits: int, order: str) -> bytes:
    """A header, an interpreter, a loaded segment and a dynamic section."""
    wide = bits == 64
    word, header, entry = ("Q", 64, 56) if wide else ("I", 52, 32)
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    fields = (2, 40, 1, 0, header, 0, 0, header, entry, 3, 0, 0, 0)
    start = ident + struct.pack(f"{order}HHI{word}{word}{word}IHHHHHH", *fields)
    after = header + 3 * entry
    strings = b"\0/lib/ld.so.1\0libc.so.6\0"
    dynamic = struct.pack(f"{order}6{word}", 1, 14, 5, after, 0, 0)

    def segment(kind: int, offset: int, size: int) -> bytes:
        if wide:
            return struct.pack(f"{order}IIQQQQQQ", kind, 4, offset, offset, 0, size, size, 1)
        return struct.pack(f"{order}IIIIIIII", kind, offset, offset, 0, size, size, 4, 1)

    total = after + len(strings) + len(dynamic)
    segments = (
        segment(1, 0, total) + segment(3, after + 1, 13) + segment(2, after + len(strings), len(dynamic))
    )
    return start + segments + strings + dynamic


class Counting(io.BytesIO):
    """Counts what is read."""

    read_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self.read_bytes += len(content)
        return content


def test_little_of_a_large_file_is_read(programs: Path) -> None:
    content = (programs / "static").read_bytes()
    file = Counting(content)
    read_elf(file, len(content))
    assert file.read_bytes < 20_000 < len(content)


@given(st.binary(max_size=200))
def test_bytes_after_the_magic_are_read_or_refused(rest: bytes) -> None:
    content = b"\x7fELF" + rest
    with contextlib.suppress(NotElfError):
        read_elf(io.BytesIO(content), len(content))


@given(
    st.sampled_from([(32, "<"), (64, "<"), (32, ">"), (64, ">")]),
    st.lists(st.tuples(st.integers(4, 400), st.binary(min_size=1, max_size=8)), max_size=6),
    st.integers(0, 500),
)
def test_a_damaged_file_is_read_or_refused_within_bounds(
    shape: tuple[int, str], damage: list[tuple[int, bytes]], length: int
) -> None:
    content = bytearray(small_elf(*shape))
    for at, data in damage:
        content[at : at + len(data)] = data
    file = Counting(bytes(content[:length]))
    try:
        # the size may be a lie, too
        elf = read_elf(file, 1 << 40)
    except NotElfError:
        return
    assert file.read_bytes < 2_000_000
    assert len(elf.needed) <= 500
