"""What is kept of executables, and that it survives being written down."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.analysis.executable.elf import Elf, Linking
from bloatcheck.analysis.executable.facts import ExecutableFacts, extract_executable, wants_executable
from bloatcheck.analysis.executable.shebang import Shebang

NAMES = st.binary(min_size=1, max_size=40)
ELVES = st.builds(
    Elf,
    bits=st.sampled_from([32, 64]),
    big_endian=st.booleans(),
    machine=st.integers(0, 65_535),
    type=st.integers(0, 65_535),
    linking=st.sampled_from(Linking),
    interpreter=st.none() | NAMES,
    needed=st.lists(NAMES, max_size=3).map(tuple),
    soname=st.none() | NAMES,
    rpath=st.none() | NAMES,
    runpath=st.none() | NAMES,
    symbols=st.integers(0, 1 << 40),
)
SCRIPTS = st.builds(Shebang, st.binary(max_size=40), st.none() | NAMES, st.booleans())


@given(st.builds(ExecutableFacts, elf=ELVES) | st.builds(ExecutableFacts, script=SCRIPTS))
def test_facts_survive_being_written_down(facts: ExecutableFacts) -> None:
    assert ExecutableFacts.from_json(facts.to_json()) == facts


@pytest.mark.parametrize(
    ("path", "mode", "wanted"),
    [
        (b"bin/sh", 0o755, True),
        (b"bin/sh", 0o100, True),
        (b"usr/lib/libc.so.6", 0o644, True),
        (b"usr/lib/libz.so", 0o644, True),
        (b"etc/passwd", 0o644, False),
        (b"usr/share/some.sock", 0o644, False),
    ],
)
def test_what_may_run_and_what_is_named_like_a_library_is_wanted(
    path: bytes, mode: int, *, wanted: bool
) -> None:
    assert wants_executable(path, 100, mode) is wanted


@pytest.mark.parametrize("content", [b"", b"echo", b"\x7fELF", b"\x7fELG" + bytes(100), b"PK\3\4"])
def test_nothing_is_kept_of_what_neither_kernel_nor_loader_takes(content: bytes) -> None:
    assert extract_executable(io.BytesIO(content), len(content)) is None


MODULES = (
    b"x" * 16 + b"path\texample.com/p\nmod\texample.com/p\tv1.0.0\ndep\texample.com/q\tv2.0.0\n" + b"x" * 16
)


def test_a_program_of_a_go_before_1_18_is_told_by_its_pointers() -> None:
    """Stripped of its sections: the magic is found in the data segment."""
    at = 64 + 56
    version = b"go1.17.5"
    info = b"\xff Go buildinf:\x08\0" + struct.pack("<QQ", at + 32, at + 48)
    texts_at = at + 64
    headers = struct.pack("<QQQQ", texts_at, len(version), texts_at + len(version), len(MODULES))
    data = info + headers + version + MODULES
    # what the magic is aligned to is the segment, so it begins there
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = ident + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 6, at, at, 0, len(data), len(data), 1)
    content = header + segment + data
    captured = extract_executable(io.BytesIO(content), len(content))
    assert captured
    assert ExecutableFacts.from_json(captured.content).go == {
        "version": "go1.17.5",
        "path": "example.com/p",
        "module": ["example.com/p", "v1.0.0"],
        "modules": [["example.com/q", "v2.0.0"]],
    }
