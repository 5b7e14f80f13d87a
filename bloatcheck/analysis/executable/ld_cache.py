"""`/etc/ld.so.cache`: where glibc's loader looks before the usual folders (glibc, dl-cache.h)."""

from __future__ import annotations

import struct
from collections.abc import Mapping

PATH = b"etc/ld.so.cache"
MAX_SIZE = 4 << 20

_MAGIC = b"glibc-ld.so.cache1.1"
_ENTRIES_AT = 48
_MAX_LIBRARIES = 50_000
_LONGEST = 4096


def libraries_in(content: bytes, *, big_endian: bool) -> Mapping[bytes, tuple[bytes, ...]] | None:
    """Name of a library -> the paths it may be at; None where it is no cache that we can read."""
    start = content.find(_MAGIC)
    order = ">" if big_endian else "<"
    head = content[start : start + _ENTRIES_AT]
    if start < 0 or len(head) < _ENTRIES_AT:
        return None
    (count,) = struct.unpack_from(f"{order}I", head, len(_MAGIC))
    entry = struct.Struct(f"{order}iIIIQ")
    first = start + _ENTRIES_AT
    if count > _MAX_LIBRARIES or first + count * entry.size > len(content):
        return None
    found: dict[bytes, list[bytes]] = {}
    for _, key, value, _, _ in entry.iter_unpack(content[first : first + count * entry.size]):
        found.setdefault(_string(content, start + key), []).append(_string(content, start + value))
    return {name: tuple(paths) for name, paths in found.items()}


def _string(content: bytes, start: int) -> bytes:
    return content[start : start + _LONGEST].partition(b"\0")[0]
