"""A layer's index as bytes: its columns one after the other, compressed, under a checksum.

What was read of the contents stands by itself, so that who only needs the records reads no more than these.
"""

from __future__ import annotations

import hashlib
import json
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bloatcheck.image.capture import Captured
from bloatcheck.image.layer_index import DIGEST_LENGTH, Kind, LayerIndex, LayerRecords
from bloatcheck.oci.digest import Digest

FORMAT = 2
"""Raised with every change of what is written here or of what the scanner makes of a layer."""

_MAGIC = b"bloatcheck layer index\n"
_CONTENTS_MAGIC = b"bloatcheck layer contents\n"
_CHECKSUM_LENGTH = 32
_MAX_EXPANDED = 1 << 30
_LEVEL = 3


def encode_layer(index: LayerIndex, *, identity: str | None) -> bytes:
    """The bytes of an index without contents; `identity` names what an unproven one was read from."""
    records = index.records
    columns = [
        records.paths,
        records.kinds,
        *(_little(column) for column in (records.sizes, records.modes, records.uids, records.gids)),
        records.link_targets,
    ]
    header = {
        "diff_id": index.diff_id,
        "identity": identity,
        "verified": index.verified,
        "uncompressed_size": index.uncompressed_size,
        "content_size": records.content_size,
        "lengths": [len(column) for column in columns],
    }
    return _packed(_MAGIC, header, columns)


def encode_contents(index: LayerIndex, version: str, *, identity: str | None) -> bytes:
    """The bytes of what was read of the contents, captured by `version`."""
    captured = index.captured or {}
    header = {
        "diff_id": index.diff_id,
        "identity": identity,
        "version": version,
        "left_out": index.left_out,
        "kinds": [kept.kind for kept in captured.values()],
        "lengths": [len(index.records.digests), sum(len(path) + 1 for path in captured)]
        + [len(kept.content) for kept in captured.values()],
    }
    paths = b"".join(path + b"\0" for path in captured)
    return _packed(
        _CONTENTS_MAGIC,
        header,
        [index.records.digests, paths, *(kept.content for kept in captured.values())],
    )


def decode_layer(content: bytes, diff_id: Digest, *, identity: str | None) -> LayerIndex:
    """The index that was encoded under this diff_id and identity.

    Raises:
        ValueError: damaged in any way, or another layer's.
    """
    header, columns = _unpacked(_MAGIC, content)
    if (header["diff_id"], header["identity"]) != (diff_id, identity):
        raise ValueError("another layer's index")
    paths, kinds, sizes, modes, uids, gids, targets = columns
    records = LayerRecords(
        paths=bytes(paths),
        kinds=bytes(kinds),
        sizes=_array("q", sizes),
        modes=_array("H", modes),
        uids=_array("I", uids),
        gids=_array("I", gids),
        link_targets=bytes(targets),
        digests=b"",
        content_size=header["content_size"],
    )
    _check(records)
    return LayerIndex(
        diff_id=diff_id,
        records=records,
        uncompressed_size=header["uncompressed_size"],
        verified=header["verified"],
    )


def decode_contents(content: bytes, index: LayerIndex, version: str, *, identity: str | None) -> LayerIndex:
    """The index with what was read of its contents, as encoded under its diff_id, the identity and version.

    Raises:
        ValueError: damaged in any way, another layer's or another version's.
    """
    header, (digests, paths, *contents) = _unpacked(_CONTENTS_MAGIC, content)
    named = (header["diff_id"], header["identity"], header["version"])
    if named != (index.diff_id, identity, version):
        raise ValueError("another layer's contents")
    if len(digests) != len(index.records) * DIGEST_LENGTH:
        raise ValueError("contents of other records")
    captured = {
        path: Captured(kind, bytes(kept))
        for path, kind, kept in zip(bytes(paths).split(b"\0")[:-1], header["kinds"], contents, strict=True)
    }
    records = replace(index.records, digests=bytes(digests))
    return replace(index, records=records, captured=captured, left_out=header["left_out"])


def _packed(magic: bytes, header: Mapping[str, object], columns: Sequence[bytes]) -> bytes:
    """One line of JSON and the columns, of which it has the `lengths`."""
    from bloatcheck.image.zstd import zstd  # noqa: PLC0415 - not everything that imports this writes

    compressed = zstd.compress(b"".join((json.dumps(header).encode(), b"\n", *columns)), _LEVEL)
    return magic + hashlib.sha256(compressed).digest() + compressed


def _unpacked(magic: bytes, content: bytes) -> tuple[dict[str, Any], list[memoryview]]:
    from bloatcheck.image.zstd import zstd  # noqa: PLC0415 - as above

    checked_from = len(magic) + _CHECKSUM_LENGTH
    compressed = content[checked_from:]
    if content[:checked_from] != magic + hashlib.sha256(compressed).digest():
        raise ValueError("wrong checksum")
    decoder = zstd.ZstdDecompressor()
    try:
        expanded = decoder.decompress(compressed, _MAX_EXPANDED)
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from error
    if not decoder.eof:
        raise ValueError("an absurd length")
    end = expanded.find(b"\n")
    header = json.loads(expanded[:end])
    view = memoryview(expanded)[end + 1 :]
    columns = []
    for length in header["lengths"]:
        columns.append(view[:length])
        view = view[length:]
    return header, columns


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
    if actual != expected:
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
