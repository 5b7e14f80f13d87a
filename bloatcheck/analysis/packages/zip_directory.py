"""The members of a ZIP archive that somebody looks for (APPNOTE.TXT, sections 4.3 and 4.4).

zipfile makes an object of every member, of which Java archives have very many: 250,000 took 2 s. Nothing
here raises on damage; what can't be read isn't there.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_END = struct.Struct("<4s8xLLH")
_END_64_LOCATOR = struct.Struct("<4s4xQ4x")
_END_64 = struct.Struct("<4s36xQQ")
_ENTRY = struct.Struct("<4s4xHH8xL4xHHH8xL")
_LOCAL = struct.Struct("<4s22xHH")
_LONGEST_COMMENT = 0xFFFF
_MAX_DIRECTORY = 32 << 20
"""Bytes: some three hundred thousand members."""
_ENCRYPTED = 1
_STORED, _DEFLATED = 0, 8


class Member(NamedTuple):
    """A member. `size` is in bytes as it lies in the archive, `offset` is where its local header begins."""

    name: bytes
    size: int
    offset: int
    method: int
    flags: int


class Directory(NamedTuple):
    """An archive's directory. `before` bytes stand in front of the archive: a script that starts it."""

    entries: bytes
    before: int


def members(directory: Directory, endings: tuple[bytes, ...]) -> Iterator[Member]:
    """The members whose names end so, in order; of a damaged directory those before the damage."""
    entries, before = directory
    at = 0
    while at + _ENTRY.size <= len(entries):
        signature, flags, method, length, name_length, *others, offset = _ENTRY.unpack_from(entries, at)
        if signature != b"PK\x01\x02":
            return
        at += _ENTRY.size
        name = entries[at : at + name_length]
        at += name_length + sum(others)
        if name.endswith(endings):
            yield Member(name, length, before + offset, method, flags)


def content(file: BinaryIO, member: Member, most: int) -> bytes:
    """The beginning of a member's content; empty where it is encrypted or compressed in a rare way."""
    file.seek(member.offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or member.flags & _ENCRYPTED:
        return b""
    signature, name_length, extra_length = _LOCAL.unpack(header)
    if signature != b"PK\x03\x04":
        return b""
    file.seek(name_length + extra_length, 1)
    packed = file.read(min(member.size, most))
    if member.method == _STORED:
        return packed
    if member.method != _DEFLATED:
        return b""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)
    except zlib.error:
        return b""


def read_directory(file: BinaryIO, size: int) -> Directory | None:
    """The directory, which stands at the end; None where this is no archive, or has far too many members."""
    tail_length = min(size, _END.size + _LONGEST_COMMENT)
    file.seek(size - tail_length)
    tail = file.read(tail_length)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        return None
    _, length, offset, _ = _END.unpack_from(tail, at)
    end = size - tail_length + at
    larger = _end_64(file, tail, at)
    if larger:
        length, offset, end = larger
    before = end - length - offset
    if length > _MAX_DIRECTORY or before < 0:
        return None
    file.seek(end - length)
    return Directory(file.read(length), before)


def _end_64(file: BinaryIO, tail: bytes, at: int) -> tuple[int, int, int] | None:
    """Length and offset of a directory, and where it ends, from the record that large archives have."""
    if at < _END_64_LOCATOR.size:
        return None
    signature, offset = _END_64_LOCATOR.unpack_from(tail, at - _END_64_LOCATOR.size)
    if signature != b"PK\x06\x07" or offset > 1 << 48:
        return None
    file.seek(offset)
    record = file.read(_END_64.size)
    if len(record) < _END_64.size or not record.startswith(b"PK\x06\x06"):
        return None
    _, length, start = _END_64.unpack(record)
    return length, start, offset
