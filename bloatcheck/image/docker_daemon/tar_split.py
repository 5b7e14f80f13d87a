"""Layers from the engine's tar-split records: every byte of a layer's tar stream but the contents.

The graphdriver stores keep, beside each unpacked layer, what it takes to put the exact stream together
again (https://github.com/vbatts/tar-split): one JSON object a line, either a piece of the stream (type 2:
headers and padding) or a file's content (type 1), of which only the size is recorded. The pieces are the
real headers, so the records made of them are those of the stream.
"""

from __future__ import annotations

import json
import re
from binascii import a2b_base64
from collections.abc import Iterator
from typing import IO

from isal import igzip

from bloatcheck.errors import ReadError
from bloatcheck.image.capture import Capture
from bloatcheck.image.contents import ContentsInPlace, layer_index
from bloatcheck.image.docker_daemon.folder import LayerFolder
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.tar_header import BLOCK
from bloatcheck.image.tar_scanner import TarScanner
from bloatcheck.image.watching import was_read
from bloatcheck.oci.digest import Digest

_CHUNK = 1 << 20
_MAX_LINE = 64 << 20
# The lines as Go's encoder writes them. Quotes inside a name are escaped, so no name can look like a field.
# A piece ends at the next quote: to look for one letter is four times as fast as to look for all the others,
# and what isn't base64 shows when it is decoded.
_LINE = re.compile(
    rb'^\{"type":(?:2,"payload":"(?P<piece>[^"]*)"'
    rb'|1(?:,"name":"[^"\\]*(?:\\.[^"\\]*)*")?(?:,"name_raw":"[^"]*")?(?:,"size":(?P<size>\d+))?'
    rb',"payload":(?:null|"[^"]*"))'
    rb',"position":\d+\}$',
    re.MULTILINE,
)
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_FILE, _SEGMENT = 1, 2


def index_tar_split(
    source: IO[bytes],
    diff_id: Digest,
    *,
    capture: Capture | None = None,
    folder: LayerFolder | None = None,
) -> LayerIndex:
    """Lists a layer from the gzip-compressed records in `source`.

    Args:
        source: the records.
        diff_id: the layer's.
        capture: what to keep of the contents.
        folder: where these lie.

    Raises:
        ReadError: the records are damaged, or a content isn't there.
        OSError: they can't be read.
    """
    label = f"layer {diff_id}"
    if capture and not folder:
        raise ReadError(f"{label}: its contents can't be read in place")
    contents = ContentsInPlace(capture, folder) if capture and folder else None
    scanner = TarScanner(label, contents=contents)
    length = 0
    try:
        for pieces, content_size in _runs(source):
            scanner.feed(pieces)
            length += len(pieces) + content_size
            if contents:  # else no content is read, and all is over at once
                was_read(len(pieces) + content_size)
            if content_size and not scanner.done:
                if content_size + -content_size % BLOCK != scanner.skip:
                    raise ValueError("a content is not as long as its header says")  # noqa: TRY301 - one way out
                scanner.jump(content_size)
    except (ValueError, EOFError, OSError, RecursionError) as error:
        raise ReadError(f"{label}: the engine's tar-split records are damaged: {error}") from error
    scanner.close()
    records = scanner.records()
    if contents and len(set(records.path_list())) < len(records):
        raise ReadError(f"{label}: it has a path twice, and what was there first can't be read any more")
    return layer_index(diff_id, records, contents, uncompressed_size=length, verified=True)


def _runs(source: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """Pieces of the stream that stand together, and the size of the content after them."""
    pending: list[bytes] = []
    for lines in _whole_lines(source):
        for piece, size in _entries(lines):
            if piece:
                decoded = a2b_base64(piece)
                if len(piece) % 4 or len(decoded) != len(piece) // 4 * 3 - piece.count(b"=", -2):
                    raise ValueError("a piece is not base64")
                pending.append(decoded)
            elif size:
                yield b"".join(pending), int(size)
                pending.clear()
        yield b"".join(pending), 0
        pending.clear()


def _whole_lines(source: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    with igzip.GzipFile(fileobj=source) as uncompressed:  # type: ignore[no-untyped-call]  # half typed
        while chunk := uncompressed.read(_CHUNK):
            lines, newline, rest_of_chunk = chunk.rpartition(b"\n")
            if newline:
                yield rest + lines
                rest = rest_of_chunk
            else:
                rest += chunk
                if len(rest) > _MAX_LINE:
                    raise ValueError(f"a line of more than {_MAX_LINE} bytes")
    if rest:
        yield rest


def _entries(lines: bytes) -> list[tuple[bytes, bytes]]:
    """For each line (piece in base64, nothing) or (nothing, size in decimal); both empty for empty files."""
    entries = _LINE.findall(lines)
    if len(entries) != lines.count(b"\n") + 1:
        entries = [_entry(line) for line in lines.split(b"\n") if line]
    return entries


def _entry(line: bytes) -> tuple[bytes, bytes]:
    """One line in whatever way JSON allows to write it."""
    entry = json.loads(line)
    if not isinstance(entry, dict):
        raise ValueError("an entry is not a JSON object")  # noqa: TRY004 - one error type for damaged records
    kind, payload, size = entry.get("type"), entry.get("payload") or "", entry.get("size") or 0
    if kind == _SEGMENT and isinstance(payload, str) and _BASE64.fullmatch(payload):
        return payload.encode("ascii"), b""
    if kind == _FILE and isinstance(size, int) and size >= 0:
        return b"", b"%d" % size if size else b""
    raise ValueError("an entry of no known type")
