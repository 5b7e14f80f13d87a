"""What Python's tarfile makes of an archive, in the scanner's words."""

from __future__ import annotations

import io
import tarfile

from bloatcheck.image.layer_index import Kind, LayerRecords, clean_path
from bloatcheck.image.tar_scanner import TarScanner

_KINDS = {
    tarfile.REGTYPE: Kind.REGULAR,
    tarfile.AREGTYPE: Kind.REGULAR,
    tarfile.CONTTYPE: Kind.REGULAR,
    tarfile.GNUTYPE_SPARSE: Kind.REGULAR,
    tarfile.LNKTYPE: Kind.HARD_LINK,
    tarfile.SYMTYPE: Kind.SYMLINK,
    tarfile.CHRTYPE: Kind.CHARACTER_DEVICE,
    tarfile.BLKTYPE: Kind.BLOCK_DEVICE,
    tarfile.DIRTYPE: Kind.DIRECTORY,
    tarfile.FIFOTYPE: Kind.FIFO,
}

Row = tuple[bytes, int, int, int, int, int, bytes]
"""Path, kind, size, mode, uid, gid, link target."""


def scanned(stream: bytes, *, pieces: list[int] | None = None, winding: bool = False) -> list[Row]:
    """What the scanner makes of a stream.

    `pieces` are the lengths it is fed in, over and over; `winding` keeps it off its straight road.
    """
    scanner = TarScanner("stream", on_payload=(lambda _path, _size, _offset: None) if winding else None)
    position, turn = 0, 0
    while position < len(stream):
        length = pieces[turn % len(pieces)] if pieces else len(stream)
        scanner.feed(stream[position : position + length])
        position, turn = position + length, turn + 1
    scanner.close()
    return rows(scanner.records())


def rows(records: LayerRecords) -> list[Row]:
    """Records without digests."""
    return [record[:7] for record in records]


def read_by_tarfile(stream: bytes) -> list[Row]:
    """What tarfile makes of it."""
    found = []
    with tarfile.open(fileobj=io.BytesIO(stream), mode="r:", errors="surrogateescape") as archive:
        for member in archive:
            path, link = _bytes(member.name), _bytes(member.linkname)
            kind = _KINDS.get(member.type, Kind.OTHER)
            found.append(
                (
                    clean_path(path),
                    int(kind),
                    member.size if kind is Kind.REGULAR else 0,
                    member.mode & 0o7777,
                    member.uid & 0xFFFFFFFF,
                    member.gid & 0xFFFFFFFF,
                    clean_path(link) if kind is Kind.HARD_LINK else link if kind is Kind.SYMLINK else b"",
                )
            )
    return found


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
