"""A layer's index as bytes: its columns one after the other, compressed, under a checksum."""

from __future__ import annotations

import hashlib
import json
import sys
from array import array

from bloatcheck.image.layer_index import DIGEST_LENGTH, Kind, LayerIndex, LayerRecords
from bloatcheck.oci.digest import Digest

FORMAT = 1
"""Raised with every change of what is written here or of what the scanner makes of a layer."""

_MAGIC = b"bloatcheck layer index\n"
_CHECKSUM_LENGTH = 32
_MAX_EXPANDED = 1 << 30
_LEVEL = 3


def encode_layer(index: LayerIndex, *, identity: str | None) -> bytes:
    """The bytes of an index; `identity` names what an unproven one was read from."""
    from bloatcheck.image.zstd import zstd  # noqa: PLC0415 - not everything that imports this writes

    records = index.records
    columns = [
        records.paths,
        records.kinds,
        *(_little(column) for column in (records.sizes, records.modes, records.uids, records.gids)),
        records.link_targets,
        records.digests,
    ]
    header = {
        "diff_id": index.diff_id,
        "identity": identity,
        "verified": index.verified,
        "uncompressed_size": index.uncompressed_size,
        "content_size": records.content_size,
        "lengths": [len(column) for column in columns],
    }
    content = b"".join((json.dumps(header).encode(), b"\n", *columns))
    compressed = zstd.compress(content, _LEVEL)
    return _MAGIC + hashlib.sha256(compressed).digest() + compressed


def decode_layer(content: bytes, diff_id: Digest, *, identity: str | None) -> LayerIndex:
    """The index that was encoded under this diff_id and identity.

    Raises:
        ValueError: damaged in any way, or another layer's.
    """
    from bloatcheck.image.zstd import zstd  # noqa: PLC0415 - as above

    checked_from = len(_MAGIC) + _CHECKSUM_LENGTH
    compressed = content[checked_from:]
    if content[:checked_from] != _MAGIC + hashlib.sha256(compressed).digest():
        raise ValueError("wrong checksum")
    decoder = zstd.ZstdDecompressor()
    try:
        expanded = decoder.decompress(compressed, _MAX_EXPANDED)
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from error
    line, _, body = expanded.partition(b"\n")
    header = json.loads(line)
    if not decoder.eof or (header["diff_id"], header["identity"]) != (diff_id, identity):
        raise ValueError("another layer's index")

    columns = []
    view = memoryview(body)
    for length in header["lengths"]:
        columns.append(view[:length])
        view = view[length:]
    paths, kinds, sizes, modes, uids, gids, targets, digests = columns
    records = LayerRecords(
        paths=bytes(paths),
        kinds=bytes(kinds),
        sizes=_array("q", sizes),
        modes=_array("H", modes),
        uids=_array("I", uids),
        gids=_array("I", gids),
        link_targets=bytes(targets),
        digests=bytes(digests),
        content_size=header["content_size"],
    )
    _check(records)
    return LayerIndex(
        diff_id=diff_id,
        records=records,
        uncompressed_size=header["uncompressed_size"],
        verified=header["verified"],
    )


def _check(records: LayerRecords) -> None:
    """Holds the columns to one length: a checksum says that they were written so, not that it was right."""
    count = len(records.kinds)
    links = records.kinds.count(Kind.SYMLINK) + records.kinds.count(Kind.HARD_LINK)
    expected = (count, count, count, count, count, links)
    actual = (
        records.paths.count(0),
        *(len(column) for column in (records.sizes, records.modes, records.uids, records.gids)),
        records.link_targets.count(0),
    )
    if actual != expected or len(records.digests) not in (0, count * DIGEST_LENGTH):
        raise ValueError("columns of different lengths")
    if sum(records.sizes) != records.content_size:
        raise ValueError("a wrong sum")


def _little(column: array[int]) -> bytes:
    return _swapped(array(column.typecode, column)).tobytes() if sys.byteorder == "big" else column.tobytes()


def _array(typecode: str, content: memoryview) -> array[int]:
    column: array[int] = array(typecode)
    column.frombytes(content)
    return _swapped(column)


def _swapped(column: array[int]) -> array[int]:
    if sys.byteorder == "big":
        column.byteswap()
    return column
