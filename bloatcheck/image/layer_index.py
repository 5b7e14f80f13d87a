"""The records of one layer, in compact columns.

A hundred thousand records as objects take 50 to 90 MB; as columns 10 MB. They are made by the scanner or
read from the cache, and never changed.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from bloatcheck.image.capture import Captured
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.whiteout import PREFIX, Marker, marker

DIGEST_LENGTH = 16
"""Bytes of one content digest: the front half of the content's sha256."""

NO_DIGEST = bytes(DIGEST_LENGTH)


class Kind(IntEnum):
    """What a record is; the value is its byte in the column, the letter `ls` would show where it has one."""

    REGULAR = ord("-")
    DIRECTORY = ord("d")
    SYMLINK = ord("l")
    HARD_LINK = ord("h")
    CHARACTER_DEVICE = ord("c")
    BLOCK_DEVICE = ord("b")
    FIFO = ord("p")
    WHITEOUT = ord("w")
    OPAQUE = ord("o")
    OTHER = ord("?")
    """A type that no engine unpacks, or bookkeeping of the AUFS driver."""


_KIND_OF_MARKER = {
    Marker.WHITEOUT: Kind.WHITEOUT,
    Marker.OPAQUE: Kind.OPAQUE,
    Marker.RESERVED: Kind.OTHER,
}


class Record(NamedTuple):
    """One record. `link_target` is empty but for links, `digest` is None where it wasn't asked for."""

    path: bytes
    kind: int
    size: int
    mode: int
    uid: int
    gid: int
    link_target: bytes
    digest: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRecords:
    """Columns, one item per record, in the order of the tar stream.

    `paths`: each path ended by a zero byte; relative to the root, without `./`, `//` or a trailing slash;
    the root itself is empty; bytes as they are in the archive, whatever the encoding.
    `kinds`: one `Kind` a byte. `sizes`: bytes of the file as it is read, holes included; 0 for what is not a
    regular file. `modes`: permission bits up to 0o7777. `uids`, `gids`: 32 bits.
    `link_targets`: ended by a zero byte each, for links only; a hard link's target is shaped like a path, a
    symbolic link's is as it was written.
    `digests`: DIGEST_LENGTH bytes each, NO_DIGEST where there is none; empty if they weren't asked for.
    `content_size`: the sum of the sizes of the regular-file records, in bytes, those named like a whiteout
    included.
    """

    paths: bytes
    kinds: bytes
    sizes: array[int]
    modes: array[int]
    uids: array[int]
    gids: array[int]
    link_targets: bytes
    digests: bytes
    content_size: int

    def __len__(self) -> int:
        """How many records."""
        return len(self.kinds)

    def __iter__(self) -> Iterator[Record]:
        """The records, made one at a time."""
        targets = iter(self.link_targets.split(b"\0"))
        digests = self.digests
        rows = zip(
            self.paths.split(b"\0"), self.kinds, self.sizes, self.modes, self.uids, self.gids, strict=False
        )
        for position, (path, kind, size, mode, uid, gid) in enumerate(rows):
            target = next(targets) if kind in (Kind.SYMLINK, Kind.HARD_LINK) else b""
            digest = digests[position * DIGEST_LENGTH : (position + 1) * DIGEST_LENGTH] or None
            yield Record(path, kind, size, mode, uid, gid, target, digest)

    def path_list(self) -> list[bytes]:
        """All paths, in order."""
        paths = self.paths.split(b"\0")
        paths.pop()
        return paths


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerIndex:
    """One layer, read once.

    `uncompressed_size` is the length of the tar stream in bytes; None where the route didn't see it.
    `verified` says that the bytes hashed to `diff_id`, or that an engine which checks that vouches for
    them. An unverified one is true of the file it was read from and of nothing else.
    `captured` holds what was kept of the contents, by path; None if nobody asked. Of a path that the
    layer has twice, it is the last one's. `left_out` counts what was to be kept and was too large.
    """

    diff_id: Digest
    records: LayerRecords
    uncompressed_size: int | None
    verified: bool
    captured: Mapping[bytes, Captured] | None = None
    left_out: int = 0

    @property
    def content_size(self) -> int:
        """Bytes of the regular-file records."""
        return self.records.content_size


def text(path: bytes) -> str:
    """A path for people and JSON; what isn't UTF-8 survives as surrogates."""
    return path.decode("utf-8", "surrogateescape")


def unicode_text(path: bytes) -> str:
    """A path for people and JSON that take Unicode only; what isn't UTF-8 becomes question marks."""
    return text(path).encode("utf-8", "replace").decode()


class OutsideRootError(ValueError):
    """A path that climbs out of the layer's root."""

    def __init__(self, path: bytes) -> None:
        super().__init__(f"{text(path)[:200]!r} lies outside the root")
        self.path = path


def clean_path(path: bytes) -> bytes:
    """A path relative to the root, by its letters alone: `./a//b/../c/` is `a/c`, `/` and `.` are empty.

    Raises:
        OutsideRootError: it climbs out of the root.
    """
    parts: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            if not parts:
                raise OutsideRootError(path)
            parts.pop()
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)


_UNCLEAN_AFTER_SLASH = re.compile(rb"/\.{0,2}[/\0]")
_UNCLEAN_AFTER_ZERO = re.compile(rb"\0(?:\.{0,2}/|\.{1,2}\0)")
_UNCLEAN_AT_START = re.compile(rb"\.{0,2}/|\.{1,2}\0")


def clean_paths(paths: bytes | bytearray) -> bytes:
    """`clean_path` for a whole column, fast where they are clean already but for a leading `./`.

    Raises:
        OutsideRootError: one climbs out of the root.
    """
    column = bytes(paths)
    if _is_clean(column):
        return column
    # a zero byte in front makes every path stand between two
    column = (b"\0" + column).replace(b"\0./", b"\0").replace(b"/\0", b"\0")[1:]
    if _is_clean(column):
        return column
    return b"".join(clean_path(path) + b"\0" for path in column.split(b"\0")[:-1])


def _is_clean(column: bytes) -> bool:
    """Whether no path has an empty, `.` or `..` part."""
    # three patterns that each begin with a letter of its own: so the search is one for that letter
    return not (
        _UNCLEAN_AT_START.match(column)
        or _UNCLEAN_AFTER_SLASH.search(column)
        or _UNCLEAN_AFTER_ZERO.search(column)
    )


@dataclass(slots=True)
class RecordColumns:
    """Columns while they grow; every route that lists a layer fills these.

    Paths and hard links' targets may be as the source writes them. Whiteouts are ordinary records with
    their `.wh.` name; `build` tells them by it. For links append a target, for others none; append digests
    to all records or to none. Column types are those of `LayerRecords`.
    """

    paths: bytearray = field(default_factory=bytearray)
    kinds: bytearray = field(default_factory=bytearray)
    sizes: array[int] = field(default_factory=lambda: array("q"))
    modes: array[int] = field(default_factory=lambda: array("H"))
    uids: array[int] = field(default_factory=lambda: array("I"))
    gids: array[int] = field(default_factory=lambda: array("I"))
    link_targets: bytearray = field(default_factory=bytearray)
    digests: bytearray = field(default_factory=bytearray)

    def build(self) -> LayerRecords:
        """The finished columns.

        Raises:
            OutsideRootError: a path or a hard link's target climbs out of the root.
        """
        paths = clean_paths(self.paths)
        kinds = bytes(self.kinds)
        targets = bytes(self.link_targets)
        if Kind.HARD_LINK in kinds:
            targets = _clean_hard_links(kinds, targets)
        if PREFIX in paths:
            kinds, targets = _mark_whiteouts(paths, kinds, targets)
        return LayerRecords(
            paths=paths,
            kinds=kinds,
            sizes=self.sizes,
            modes=self.modes,
            uids=self.uids,
            gids=self.gids,
            link_targets=targets,
            digests=bytes(self.digests),
            content_size=sum(self.sizes),
        )


_LINKS = (Kind.SYMLINK, Kind.HARD_LINK)


def _clean_hard_links(kinds: bytes, targets: bytes) -> bytes:
    links = (kind for kind in kinds if kind in _LINKS)
    return b"".join(
        (clean_path(target) if kind == Kind.HARD_LINK else target) + b"\0"
        for kind, target in zip(links, targets.split(b"\0")[:-1], strict=True)
    )


def _mark_whiteouts(paths: bytes, kinds: bytes, targets: bytes) -> tuple[bytes, bytes]:
    """Whatever type a marker's record has, it is a marker, and its link target is nothing."""
    marked = bytearray(kinds)
    remaining = iter(targets.split(b"\0")[:-1])
    kept: list[bytes] = []
    for position, path in enumerate(paths.split(b"\0")[:-1]):
        target = next(remaining) if kinds[position] in _LINKS else None
        if PREFIX in path and (found := marker(path)):
            marked[position] = _KIND_OF_MARKER[found]
        elif target is not None:
            kept.append(target + b"\0")
    return bytes(marked), b"".join(kept)
