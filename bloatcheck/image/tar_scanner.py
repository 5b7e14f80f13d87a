"""Lists a tar stream's records without touching their contents.

The scanner itself does no I/O. It is fed pieces of the stream of any length and says how many bytes after
a piece it doesn't need: a seekable source jumps over them, a streaming one reads and drops them. Scanners
nest: the payload of a record can be fed to another one, which is how the layers inside an archive of an
image are listed in one pass.

Speed comes from three things: one generator keeps its state in local variables, a header is taken apart by
one `unpack_from`, and records go straight into columns. Rare things (long names, extended headers, sparse
files, odd numbers) leave the straight road.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Generator
from struct import Struct
from typing import Protocol, TypeAlias, Union
from zlib import adler32

from bloatcheck.errors import ReadError
from bloatcheck.image.layer_index import (
    DIGEST_LENGTH,
    NO_DIGEST,
    Kind,
    LayerRecords,
    OutsideRootError,
    RecordColumns,
    text,
)
from bloatcheck.image.tar_header import (
    BLOCK,
    ZERO_BLOCK,
    check_owner_id,
    check_size,
    checksum_matches,
    parse_attributes,
    parse_number,
    parse_size,
    pax_number,
    pax_records,
    pax_text,
)

Buffer: TypeAlias = Union[bytes, bytearray, memoryview]  # noqa: UP007 - evaluated, and old Pythons can't

MAX_RECORDS = 5_000_000
"""Records of one layer. The largest images known have half a million."""
MAX_TEXT = 256 << 20
"""Bytes of all paths and link targets of one layer."""
MAX_EXTENDED_HEADER = 1 << 20
"""Bytes of one long name or extended header; the limit of the engines' own reader."""

_WINDOW = 64 << 10
_CACHED_FIELDS = 1 << 14

_HEADER = Struct("100s24s11sB12x8sB")
"""Name; mode, uid and gid; size and the byte that ends it; checksum; type."""
_HALF = BLOCK // 2
_CHECKSUM_SHIFT = 2 - 8 * ord(" ")
"""Each adler32 starts at 1, and the checksum counts its own field as blanks."""

_REGULAR, _SPARSE = ord("0"), ord("S")
_OTHER_REGULAR = frozenset((0, ord("7")))
_LINKS = frozenset((ord("1"), ord("2")))
_WITHOUT_CONTENT = {
    ord("1"): Kind.HARD_LINK,
    ord("2"): Kind.SYMLINK,
    ord("3"): Kind.CHARACTER_DEVICE,
    ord("4"): Kind.BLOCK_DEVICE,
    ord("5"): Kind.DIRECTORY,
    ord("6"): Kind.FIFO,
}
_LONG_NAME, _LONG_LINK = ord("L"), ord("K")
_PAX_LOCAL, _PAX_LOCAL_SOLARIS, _PAX_GLOBAL = ord("x"), ord("X"), ord("g")
_EXTENDED = frozenset((_LONG_NAME, _LONG_LINK, _PAX_LOCAL, _PAX_LOCAL_SOLARIS, _PAX_GLOBAL))

_SPARSE_MORE, _SPARSE_REAL_SIZE = 482, slice(483, 495)
_SPARSE_EXTENSION_MORE = 504
"""The old GNU sparse format: whether another block of its map follows, and the size with holes."""


class PayloadSink(Protocol):
    """Takes the content of one record, piece by piece. A piece is only good until `feed` returns."""

    def feed(self, data: Buffer, /) -> None:
        """The next piece."""
        ...

    def close(self) -> None:
        """The content was complete."""
        ...


OnPayload = Callable[[bytes, int, int], "PayloadSink | None"]
"""Asked for every regular file that isn't sparse, with path (as written), size, and offset in the stream."""


class TarScanner:
    """Lists the records of one tar stream.

    Args:
        label: what is being read, for error messages: `layer sha256:… of api.tar`.
        digests: whether to hash the content of every regular file; then no content can be skipped.
        on_payload: decides whose contents are wanted.
    """

    def __init__(self, label: str, *, digests: bool = False, on_payload: OnPayload | None = None) -> None:
        self._label = label
        self._columns = RecordColumns()
        self._scan = _scan(label, self._columns, digests=digests, on_payload=on_payload)
        self._skip = next(self._scan)
        self._done = False

    @property
    def skip(self) -> int:
        """How many bytes from here on the scanner doesn't need; meaningless once `done`."""
        return self._skip

    @property
    def done(self) -> bool:
        """The end of the archive was seen; what follows is ignored, as tar ignores it."""
        return self._done

    def jump(self, count: int) -> None:
        """Says that the source left out the next `count` bytes, at most `skip`."""
        self._skip -= count

    def feed(self, data: Buffer, /) -> None:
        """The next piece of the stream, of any length.

        Raises:
            ReadError: the stream is damaged or hostile.
        """
        if self._skip and not self._done:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = memoryview(data)[skipped:]
        if data and not self._done:
            self._send(data)

    def close(self) -> None:
        """Says that the stream has ended.

        Raises:
            ReadError: it ended too early.
        """
        if not self._done:
            self._send(b"")

    def records(self) -> LayerRecords:
        """What was listed; `close` comes first.

        Raises:
            ReadError: a path lies outside the root.
        """
        try:
            return self._columns.build()
        except OutsideRootError as error:
            raise ReadError(
                f"{self._label}: {error}", hint="no engine unpacks such a layer; build the image anew"
            ) from error

    def _send(self, data: Buffer) -> None:
        try:
            self._skip = self._scan.send((data, self._skip))
        except StopIteration:
            self._done = True


def scan_file(
    file: int,
    offset: int,
    length: int,
    *,
    label: str,
    digests: bool = False,
    on_payload: OnPayload | None = None,
) -> LayerRecords:
    """Lists a tar stream that lies in a file, jumping over the contents.

    Args:
        file: a descriptor open for reading; its position is neither used nor moved.
        offset: where in the file the stream starts, in bytes.
        length: its length in bytes.
        label: as for `TarScanner`, like the rest.
        digests: see there.
        on_payload: see there.

    Raises:
        ReadError: the stream is damaged or hostile, or the file can't be read.
    """
    scanner = TarScanner(label, digests=digests, on_payload=on_payload)
    position, end = offset, offset + length
    while not scanner.done:
        jumped = min(scanner.skip, end - position)
        scanner.jump(jumped)
        position += jumped
        try:
            piece = os.pread(file, min(_WINDOW, end - position), position)
        except OSError as error:
            raise ReadError(f"{label}: {error.strerror} while reading") from error
        if not piece:
            break
        scanner.feed(piece)
        position += len(piece)
    scanner.close()
    return scanner.records()


class _Extended:
    """What long names and extended headers say about the record that follows."""

    __slots__ = ("long_link", "long_name", "pax")

    def __init__(self, everywhere: dict[bytes, bytes]) -> None:
        self.pax = everywhere
        self.long_name = b""
        self.long_link = b""

    def update(self, flag: int, payload: bytes, everywhere: dict[bytes, bytes]) -> None:
        """Takes one header; a second one of its type replaces the first, as engines have it.

        Raises:
            ValueError: malformed.
        """
        if flag == _LONG_NAME:
            self.long_name = payload.partition(b"\0")[0]
        elif flag == _LONG_LINK:
            self.long_link = payload.partition(b"\0")[0]
        else:
            self.pax = {**everywhere, **dict(pax_records(payload))}

    def path(self, name: bytes) -> bytes:
        """The record's path; `name` where nothing else is said."""
        pax = self.pax
        return self.long_name or pax_text(pax, b"GNU.sparse.name") or pax_text(pax, b"path") or name

    def link(self, name: bytes) -> bytes:
        """The record's link target, likewise."""
        return self.long_link or pax_text(self.pax, b"linkpath") or name

    def number(self, *keywords: bytes, default: int) -> int:
        """The first of these numbers that is given; an empty one says nothing."""
        values = (self.pax.get(keyword) for keyword in keywords)
        return next((pax_number(value) for value in values if value), default)


def _scan(  # noqa: C901, PLR0912, PLR0915 - one loop with its state in locals is what makes it fast
    label: str, columns: RecordColumns, *, digests: bool, on_payload: OnPayload | None
) -> Generator[int, tuple[Buffer, int], None]:
    """Yields how many bytes to leave out and is sent the piece after them; an empty piece is the end.

    At the end the second item says how many of the bytes to leave out were missing.
    """
    paths, links = columns.paths, columns.link_targets
    add_kind, add_size = columns.kinds.append, columns.sizes.append
    add_mode, add_uid, add_gid = columns.modes.append, columns.uids.append, columns.gids.append
    unpack = _HEADER.unpack_from
    owners: dict[bytes, tuple[int, int, int]] = {}
    sums: dict[bytes, int] = {}
    everywhere: dict[bytes, bytes] = {}
    extended: _Extended | None = None

    buffer: Buffer = b""
    start = position = end = 0  # `start`: where in the stream the buffer begins
    name = b""

    while True:
        if position + BLOCK > end:
            rest = bytes(buffer[position:end])
            piece, missing = yield max(position - end, 0)
            if not piece:
                if missing or rest or extended:
                    raise _damaged(label, "the stream ends too early", start + position, name)
                return
            start += position
            buffer = rest + piece if rest else piece
            position, end = 0, len(buffer)
            _check_limits(label, columns)
            continue

        at = start + position
        name, owner, digits, terminator, checksum, flag = unpack(buffer, position)
        name = name.rstrip(b"\0")
        try:
            expected = sums.get(checksum)
            if expected is None:
                expected = parse_number(checksum) + sum(checksum) + _CHECKSUM_SHIFT
                if len(sums) > _CACHED_FIELDS:
                    sums.clear()
                sums[checksum] = expected
            half = position + _HALF
            if (adler32(buffer[position:half]) & 0xFFFF) + (
                adler32(buffer[half : position + BLOCK]) & 0xFFFF
            ) != expected:
                header = bytes(buffer[position : position + BLOCK])
                if header == ZERO_BLOCK and not extended:
                    return
                if not checksum_matches(header):
                    raise ValueError("not a tar header")  # noqa: TRY301 - one place adds where it happened

            if b"\0" in name:
                name = name.partition(b"\0")[0]
            if buffer[position + 345] and buffer[position + 257 : position + 263] == b"ustar\0":
                name = bytes(buffer[position + 345 : position + 500]).partition(b"\0")[0] + b"/" + name
            attributes = owners.get(owner)
            if attributes is None:
                attributes = parse_attributes(owner)
                if len(owners) > _CACHED_FIELDS:
                    owners.clear()
                owners[owner] = attributes
            mode, uid, gid = attributes

            link = None
            kind = _WITHOUT_CONTENT.get(flag)
            if kind:
                size = stored = 0
                if flag in _LINKS:
                    link = bytes(buffer[position + 157 : position + 257]).partition(b"\0")[0]
            else:
                if digits.isdigit() and terminator in b"\0 ":
                    size = stored = int(digits, 8)
                else:
                    size = stored = parse_size(digits + bytes((terminator,)))
                if flag == _REGULAR:
                    kind = Kind.REGULAR
            whole = True
            more = False

            if kind is None:
                if flag in _EXTENDED:
                    if size > MAX_EXTENDED_HEADER:
                        raise ValueError(f"an extended header of {size} bytes")  # noqa: TRY301 - as above
                    position += BLOCK
                    padded = (size + BLOCK - 1) & -BLOCK
                    if position + padded > end:
                        start += position
                        gathered = bytearray(buffer[position:])
                        while padded > len(gathered):
                            piece, _ = yield 0
                            if not piece:
                                raise ValueError("the stream ends inside an extended header")  # noqa: TRY301
                            gathered += piece
                        buffer, position, end = gathered, 0, len(gathered)
                    payload = bytes(buffer[position : position + size])
                    position += padded
                    if flag == _PAX_GLOBAL:
                        everywhere.update(pax_records(payload))
                    else:
                        extended = extended or _Extended(everywhere)
                        extended.update(flag, payload, everywhere)
                    continue
                kind = Kind.OTHER
                if flag in _OTHER_REGULAR:
                    kind = Kind.REGULAR
                elif flag == _SPARSE:
                    kind = Kind.REGULAR
                    header = bytes(buffer[position : position + BLOCK])
                    size = parse_size(header[_SPARSE_REAL_SIZE])
                    whole, more = False, header[_SPARSE_MORE] != 0

            position += BLOCK
            while more:
                while position + BLOCK > end:
                    piece, _ = yield 0
                    if not piece:
                        raise ValueError("the stream ends inside the map of a sparse file")  # noqa: TRY301
                    start += position
                    buffer = bytes(buffer[position:]) + piece
                    position, end = 0, len(buffer)
                more = buffer[position + _SPARSE_EXTENSION_MORE] != 0
                position += BLOCK
            if extended or everywhere:
                said, extended = extended or _Extended(everywhere), None
                name = said.path(name)
                uid = check_owner_id(said.number(b"uid", default=uid))
                gid = check_owner_id(said.number(b"gid", default=gid))
                if link is not None:
                    link = said.link(link)
                elif flag not in _WITHOUT_CONTENT:
                    stored = check_size(said.number(b"size", default=stored))
                    real = said.number(b"GNU.sparse.realsize", b"GNU.sparse.size", default=-1)
                    if real >= 0:
                        whole, size = False, check_size(real)
                    elif whole:
                        size = stored
            if flag == 0 and name.endswith(b"/"):
                kind, size, stored = Kind.DIRECTORY, 0, 0
        except ValueError as error:
            raise _damaged(label, str(error), at, name) from error

        paths += name + b"\0"
        add_kind(kind)
        add_size(size if kind is Kind.REGULAR else 0)
        add_mode(mode)
        add_uid(uid)
        add_gid(gid)
        if link is not None:
            links += link + b"\0"

        sink = hasher = None
        if kind is Kind.REGULAR and whole:
            sink = on_payload(name, size, start + position) if on_payload else None
            hasher = hashlib.sha256() if digests else None
        if sink or hasher:
            remaining = stored
            while remaining:
                if position == end:
                    piece, _ = yield 0
                    if not piece:
                        raise _damaged(label, "the stream ends too early", start + position, name)
                    start += position
                    buffer, position, end = piece, 0, len(piece)
                content = memoryview(buffer)[position : position + remaining]
                if hasher:
                    hasher.update(content)
                if sink:
                    sink.feed(content)
                position += len(content)
                remaining -= len(content)
            if sink:
                sink.close()
            position += -stored % BLOCK
        else:
            position += stored + -stored % BLOCK
        if digests:
            columns.digests += hasher.digest()[:DIGEST_LENGTH] if hasher else NO_DIGEST


def _check_limits(label: str, columns: RecordColumns) -> None:
    if len(columns.kinds) > MAX_RECORDS:
        raise ReadError(f"{label}: more than {MAX_RECORDS} records", hint="no sound image has as many")
    if len(columns.paths) + len(columns.link_targets) > MAX_TEXT:
        raise ReadError(f"{label}: more than {MAX_TEXT} bytes of paths", hint="no sound image has as many")


def _damaged(label: str, what: str, offset: int, name: bytes) -> ReadError:
    return ReadError(
        f"{label}: {what} (at byte {offset}, entry {text(name)[:200]!r})",
        hint="the archive is damaged or was cut off; write or pull it again",
    )
