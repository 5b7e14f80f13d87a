"""The header of an rpm package, as the database keeps it (RPM file format, "Header Structure").

Two numbers, how many entries and how many bytes of data; then for each entry tag, type, offset and count,
then the data. All numbers are big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

NAME, VERSION, RELEASE, EPOCH, ARCH = 1000, 1001, 1002, 1003, 1022
FILE_STATES, DIR_INDEXES, BASE_NAMES, DIR_NAMES = 1029, 1116, 1117, 1118
PROVIDES, REQUIRES, RECOMMENDS = 1047, 1049, 5046

_WANTED = {
    NAME,
    VERSION,
    RELEASE,
    EPOCH,
    ARCH,
    FILE_STATES,
    DIR_INDEXES,
    BASE_NAMES,
    DIR_NAMES,
    PROVIDES,
    REQUIRES,
    RECOMMENDS,
}
_CHAR, _INT8, _INT32, _STRING, _STRING_ARRAY, _I18N = 1, 2, 4, 6, 8, 9
_SIZES = struct.Struct(">II")
_ENTRY = struct.Struct(">IIII")
_MAX_ENTRIES = 4096
_MOST_VALUES = 500_000
"""Of one entry; packages of a hundred thousand files exist."""
_INSTALLED = 0
"""A file's state: as the package has it. Others weren't written, or belong to another package by now."""


class Header:
    """The entries that are used here; what is damaged isn't there."""

    def __init__(self, blob: bytes) -> None:
        self._values: dict[int, Sequence[bytes] | Sequence[int]] = dict(_values(blob))

    def __len__(self) -> int:
        """How many values its entries have together."""
        return sum(map(len, self._values.values()))

    def text(self, tag: int) -> bytes:
        """A string; empty where there is none."""
        return next(iter(self.texts(tag)), b"")

    def texts(self, tag: int) -> Sequence[bytes]:
        """Strings."""
        return [value for value in self._values.get(tag, ()) if isinstance(value, bytes)]

    def numbers(self, tag: int) -> Sequence[int]:
        """Numbers."""
        return [value for value in self._values.get(tag, ()) if isinstance(value, int)]

    @property
    def version(self) -> bytes:
        """`[epoch:]version-release`."""
        epoch = b"".join(b"%d:" % number for number in self.numbers(EPOCH)[:1] if number)
        return epoch + self.text(VERSION) + b"-" + self.text(RELEASE)

    def files(self) -> Iterator[tuple[bytes, bytes]]:
        """(folder, name) of each file that the package has on the disk; the folder ends in a slash."""
        folders = self.texts(DIR_NAMES)
        names, indexes = self.texts(BASE_NAMES), self.numbers(DIR_INDEXES)
        states = self.numbers(FILE_STATES) or [_INSTALLED] * len(names)
        for name, index, state in zip(names, indexes, states, strict=False):
            if state == _INSTALLED and index < len(folders):
                yield folders[index], name


def _values(blob: bytes) -> Iterator[tuple[int, Sequence[bytes] | Sequence[int]]]:
    if len(blob) < _SIZES.size:
        return
    entries, length = _SIZES.unpack_from(blob)
    start = _SIZES.size + entries * _ENTRY.size
    if entries > _MAX_ENTRIES or start + length > len(blob):
        return
    wanted = set(_WANTED)
    for tag, kind, offset, count in _ENTRY.iter_unpack(blob[_SIZES.size : start]):
        if tag in wanted and offset <= length and count <= min(length - offset, _MOST_VALUES):
            wanted.remove(tag)
            yield tag, _value(blob, start + offset, start + length, kind, count)


def _value(blob: bytes, start: int, end: int, kind: int, count: int) -> Sequence[bytes] | Sequence[int]:
    if kind in (_CHAR, _INT8):
        return list(blob[start : start + count])
    if kind == _INT32 and count * 4 <= end - start:
        return struct.unpack_from(f">{count}I", blob, start)
    if kind in (_STRING, _STRING_ARRAY, _I18N):
        strings = blob[start:end].split(b"\0", count)
        return strings[:count]
    return ()
