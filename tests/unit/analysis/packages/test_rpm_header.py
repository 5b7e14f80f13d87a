"""The header of an rpm package, damaged and sound."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.analysis.packages import rpm_header
from bloatcheck.analysis.packages.rpm_header import Header

STRING, STRINGS, INT32, CHARS = 6, 8, 4, 1


def header(*entries: tuple[int, int, int, bytes]) -> bytes:
    """A header of (tag, type, count, data)."""
    index, data = b"", b""
    for tag, kind, count, value in entries:
        data += bytes(-len(data) % 4)
        index += struct.pack(">IIII", tag, kind, len(data), count)
        data += value
    return struct.pack(">II", len(entries), len(data)) + index + data


def numbers(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def strings(values: Sequence[bytes]) -> bytes:
    return b"".join(value + b"\0" for value in values)


SOUND = header(
    (rpm_header.NAME, STRING, 1, b"bash\0"),
    (rpm_header.VERSION, STRING, 1, b"5.2\0"),
    (rpm_header.RELEASE, STRING, 1, b"1.fc40\0"),
    (rpm_header.EPOCH, INT32, 1, numbers(2)),
    (rpm_header.DIR_NAMES, STRINGS, 2, strings([b"/usr/bin/", b"/etc/"])),
    (rpm_header.BASE_NAMES, STRINGS, 3, strings([b"bash", b"bashrc", b"sh"])),
    (rpm_header.DIR_INDEXES, INT32, 3, numbers(0, 1, 0)),
    (rpm_header.FILE_STATES, CHARS, 3, b"\0\0\1"),
)


def test_name_version_and_files_are_read() -> None:
    bash = Header(SOUND)
    assert bash.text(rpm_header.NAME) == b"bash"
    assert bash.version == b"2:5.2-1.fc40"
    assert list(bash.files()) == [(b"/usr/bin/", b"bash"), (b"/etc/", b"bashrc")]


def test_no_epoch_is_none_written() -> None:
    assert Header(header((rpm_header.VERSION, STRING, 1, b"1\0"))).version == b"1-"


def test_entries_that_point_outside_are_not_there() -> None:
    blob = header(
        (rpm_header.NAME, STRING, 1, b"a\0"),
        (rpm_header.DIR_INDEXES, INT32, 1_000_000, numbers(0)),
        (rpm_header.EPOCH, INT32, 50, numbers(0)),
        (rpm_header.FILE_STATES, 77, 1, b"x"),
    )
    damaged = Header(blob)
    assert damaged.text(rpm_header.NAME) == b"a"
    assert damaged.numbers(rpm_header.DIR_INDEXES) == []
    assert damaged.numbers(rpm_header.EPOCH) == []
    assert damaged.numbers(rpm_header.FILE_STATES) == []


def test_a_file_in_a_folder_that_is_not_named_is_left_out() -> None:
    blob = header(
        (rpm_header.DIR_NAMES, STRINGS, 1, b"/a/\0"),
        (rpm_header.BASE_NAMES, STRINGS, 2, b"x\0y\0"),
        (rpm_header.DIR_INDEXES, INT32, 2, numbers(5, 0)),
    )
    assert list(Header(blob).files()) == [(b"/a/", b"y")]


@given(st.binary(max_size=200))
def test_no_bytes_raise(blob: bytes) -> None:
    list(Header(blob).files())


@given(st.integers(0, len(SOUND) - 1), st.binary(min_size=1, max_size=8))
def test_no_damage_raises(at: int, damage: bytes) -> None:
    list(Header(SOUND[:at] + damage + SOUND[at + len(damage) :]).files())
    list(Header(SOUND[:at]).files())
