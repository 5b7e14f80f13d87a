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

import os
from collections.abc import Callable, Generator
from struct import Struct
from typing import TypeAlias
from zlib import adler32

from bloatcheck.errors import ReadError
from bloatcheck.image.contents import Contents
from bloatcheck.image.layer_index import (
    NO_DIGEST,
    Kind,
    LayerRecords,
    OutsideRootError,
    RecordColumns,
    text,
)
from bloatcheck.image.sink import Buffer, Sink
from bloatcheck.image.tar_header import (
    BLOCK,
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    CONTIGUOUS,
    DIRECTORY,
    EXTENDED,
    FIFO,
    HARD_LINK,
    KEYWORDS,
    LONG_LINK,
    LONG_NAME,
    OLD_REGULAR,
    PAX_GLOBAL,
    PAX_LOCAL,
    PAX_LOCAL_SOLARIS,
    REGULAR,
    SPARSE,
    SPARSE_EXTENSION_CONTINUES,
    SYMLINK,
    USTAR,
    WITHOUT_CONTENT,
    ZERO_BLOCK,
    Extended,
    Header,
    check_size,
    checksum_matches,
    parse_attributes,
    parse_header,
    parse_number,
    parse_pax,
)

MAX_RECORDS = 5_000_000
"""Records of one layer. The largest images known have half a million."""
MAX_TEXT = 256 << 20
"""Bytes of all paths and link targets of one layer."""
MAX_EXTENDED_HEADER = 1 << 20
"""Bytes of one long name or extended header; the limit of the engines' own reader."""

_WINDOW = 64 << 10
_CACHED_FIELDS = 1 << 14
_SHOWN_TEXT = 256

_HEADER = Struct("100s24s11sB12x8sB")
"""Name; mode, uid and gid; size and the byte that ends it; checksum; type."""
_ADLER_MODULUS = 65521
_CHECKSUM_SHIFT = 1 - 8 * ord(" ")
"""The low half of adler32 is 1 and the sum of all bytes; the checksum counts its own field as blanks. A
header that is wrong by exactly the modulus passes: one has to be made on purpose, and engines refuse it."""

_KINDS = {
    OLD_REGULAR: Kind.REGULAR,
    REGULAR: Kind.REGULAR,
    CONTIGUOUS: Kind.REGULAR,
    SPARSE: Kind.REGULAR,
    HARD_LINK: Kind.HARD_LINK,
    SYMLINK: Kind.SYMLINK,
    CHARACTER_DEVICE: Kind.CHARACTER_DEVICE,
    BLOCK_DEVICE: Kind.BLOCK_DEVICE,
    DIRECTORY: Kind.DIRECTORY,
    FIFO: Kind.FIFO,
}
_PLAIN = {flag: int(_KINDS[flag]) for flag in (REGULAR, DIRECTORY, SYMLINK, HARD_LINK)}
"""What the straight road knows."""
_LINKS = frozenset((HARD_LINK, SYMLINK))
_PAX = frozenset((PAX_LOCAL, PAX_LOCAL_SOLARIS))
_GLOBAL_KEYWORDS = (b"path", b"linkpath", b"uid", b"gid")
"""What a global header can say. Of a size for all files no two readers make the same."""


OnPayload = Callable[[bytes, int, int], "Sink | None"]
"""Asked for every regular file that isn't sparse, with path (as written), size, and offset in the stream."""


class TarScanner:
    """Lists the records of one tar stream.

    Args:
        label: what is being read, for error messages: `layer sha256:… of api.tar`.
        on_payload: decides whose contents are wanted.
        contents: takes the content of every regular file that isn't sparse, and tells its digest.
    """

    def __init__(
        self, label: str, *, on_payload: OnPayload | None = None, contents: Contents | None = None
    ) -> None:
        self._label = label
        self._columns = RecordColumns()
        self._scan = _Scan(label, self._columns, on_payload=on_payload, contents=contents).steps()
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
    on_payload: OnPayload | None = None,
) -> LayerRecords:
    """Lists a tar stream that lies in a file, jumping over the contents that nobody takes.

    Args:
        file: a descriptor open for reading; its position is neither used nor moved.
        offset: where in the file the stream starts, in bytes.
        length: its length in bytes.
        label: as for `TarScanner`, like the rest.
        on_payload: see there.

    Raises:
        ReadError: the stream is damaged or hostile, or the file can't be read.
    """
    scanner = TarScanner(label, on_payload=on_payload)
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
    if os.fstat(file).st_size < end:
        raise ReadError(f"{label}: the file is shorter than it was", hint="something else writes to it")
    return scanner.records()


class _Cursor:
    """The piece at hand, for the winding road; the straight one keeps the same four in local variables.

    `start` is where in the stream the buffer begins. `position` may lie past the buffer's end, which leaves
    out what is between.
    """

    __slots__ = ("buffer", "end", "position", "start")

    def __init__(self) -> None:
        self.buffer: Buffer = b""
        self.start = self.position = self.end = 0

    def at_least(self, count: int) -> _Steps:
        """Brings `count` bytes into the buffer.

        Raises:
            ValueError: the stream ends before.
        """
        if self.position + count <= self.end:
            return
        gathered = bytearray(self.buffer[self.position : self.end])
        skip = max(self.position - self.end, 0)
        while len(gathered) < count:
            piece, _ = yield skip
            if not piece:
                raise ValueError("the stream ends too early")
            gathered += piece
            skip = 0
        self.start += self.position
        self.buffer, self.position, self.end = gathered, 0, len(gathered)

    def content(self, size: int, sink: Sink) -> _Steps:
        """Hands over the next `size` bytes, piece by piece, and closes the sink.

        Raises:
            ValueError: the stream ends before.
        """
        while size:
            if self.position == self.end:
                piece, _ = yield 0
                if not piece:
                    raise ValueError("the stream ends too early")
                self.start += self.position
                self.buffer, self.position, self.end = piece, 0, len(piece)
            taken = memoryview(self.buffer)[self.position : self.position + size]
            sink.feed(taken)
            self.position += len(taken)
            size -= len(taken)
        sink.close()


_Steps: TypeAlias = Generator[int, "tuple[Buffer, int]", None]
"""Yields how many bytes to leave out and is sent the piece after them; an empty piece is the end.

At the end the second item says how many of the bytes to leave out were missing.
"""


class _Scan:
    """One stream's scan."""

    def __init__(
        self,
        label: str,
        columns: RecordColumns,
        *,
        on_payload: OnPayload | None,
        contents: Contents | None,
    ) -> None:
        self.label = label
        self.columns = columns
        self.on_payload = on_payload
        self.contents = contents
        self.cursor = _Cursor()
        self.everywhere: dict[bytes, bytes] = {}
        self.extended: Extended | None = None
        self.attributes: dict[bytes, tuple[int, int, int]] = {}
        self.done = False

    def steps(self) -> _Steps:  # noqa: C901, PLR0912, PLR0915 - calls in this loop would double its time
        """The straight road: plain records, listed at a glance. All others go the winding one."""
        columns, cursor = self.columns, self.cursor
        paths, links = columns.paths, columns.link_targets
        add_kind, add_size = columns.kinds.append, columns.sizes.append
        add_mode, add_uid, add_gid = columns.modes.append, columns.uids.append, columns.gids.append
        unpack = _HEADER.unpack_from
        known_attributes, sums = self.attributes, dict[bytes, int]()
        contents = self.contents
        straight = not self.on_payload
        buffer: Buffer = b""
        position = end = 0

        while True:
            if position + BLOCK > end:
                rest = bytes(buffer[position:end])
                piece, missing = yield max(position - end, 0)
                if not piece:
                    if missing or rest or self.extended:
                        raise self.error("the stream ends too early", cursor.start + position)
                    return
                cursor.start += position
                buffer = rest + piece if rest else piece
                position, end = 0, len(buffer)
                self.check_limits()
                continue

            name, owner, digits, terminator, checksum, flag = unpack(buffer, position)
            expected = sums.get(checksum)
            if expected is None:
                if len(sums) > _CACHED_FIELDS:
                    sums.clear()
                expected = sums[checksum] = _expected_adler(checksum)
            sound = adler32(buffer[position : position + BLOCK]) & 0xFFFF == expected
            kind = _PLAIN.get(flag)
            attributes = known_attributes.get(owner)
            if straight and sound and kind and attributes:
                size = 0
                if flag == REGULAR:
                    try:
                        size = int(digits, 8) if digits.isdigit() and terminator in b"\0 " else -1
                    except ValueError:
                        size = -1
                if size >= 0:
                    name = name.partition(b"\0")[0]
                    if buffer[position + 345] and buffer[position + 257 : position + 263] == USTAR:
                        name = (
                            bytes(buffer[position + 345 : position + 500]).partition(b"\0")[0] + b"/" + name
                        )
                    if flag == DIRECTORY:
                        name = name.rstrip(b"/")
                    elif flag in _LINKS:
                        links += bytes(buffer[position + 157 : position + 257]).partition(b"\0")[0] + b"\0"
                    paths += name + b"\0"
                    add_kind(kind)
                    add_size(size)
                    mode, uid, gid = attributes
                    add_mode(mode)
                    add_uid(uid)
                    add_gid(gid)
                    if contents and flag == REGULAR:
                        cursor.buffer, cursor.position, cursor.end = buffer, position + BLOCK, end
                        yield from self.content(name, size, mode)
                        buffer, position, end = cursor.buffer, cursor.position + -size % BLOCK, cursor.end
                        continue
                    if contents:
                        columns.digests += NO_DIGEST
                    position += BLOCK + size + -size % BLOCK
                    continue

            cursor.buffer, cursor.position, cursor.end = buffer, position, end
            yield from self.one_header(sound=sound)
            if self.done:
                return
            buffer, position, end = cursor.buffer, cursor.position, cursor.end
            straight = not (self.on_payload or self.extended or self.everywhere)

    def one_header(self, *, sound: bool) -> _Steps:
        """The winding road: any header at all, and what belongs to it; `sound` if its checksum is known."""
        cursor = self.cursor
        block = bytes(cursor.buffer[cursor.position : cursor.position + BLOCK])
        if not sound and block == ZERO_BLOCK and not self.extended:
            self.done = True
            return
        at = cursor.start + cursor.position
        try:
            if not sound and not checksum_matches(block):
                raise ValueError("not a tar header")  # noqa: TRY301 - below it gets its place
            cursor.position += BLOCK
            flag = block[156]
            if flag in EXTENDED:
                yield from self.extended_header(flag, check_size(parse_number(block[124:136])))
            else:
                yield from self.record(parse_header(block, self.attributes_in(block[100:124])))
        except ValueError as error:
            raise self.error(str(error), at) from error

    def attributes_in(self, fields: bytes) -> tuple[int, int, int]:
        """Permission bits, user and group; few combinations are in use, so they are parsed once."""
        attributes = self.attributes.get(fields)
        if attributes is None:
            attributes = parse_attributes(fields)
            if len(self.attributes) > _CACHED_FIELDS:
                self.attributes.clear()
            self.attributes[fields] = attributes
        return attributes

    def extended_header(self, flag: int, size: int) -> _Steps:
        """Keeps what a long name or an extended header says until the record that it speaks of."""
        if size > MAX_EXTENDED_HEADER:
            raise ValueError(f"an extended header of {size} bytes")
        cursor = self.cursor
        padded = size + -size % BLOCK
        if cursor.position + padded > cursor.end:
            yield from cursor.at_least(padded)
        payload = bytes(cursor.buffer[cursor.position : cursor.position + size])
        cursor.position += padded
        if flag == PAX_GLOBAL:
            said = parse_pax(payload)
            self.everywhere.update((key, said[key]) for key in _GLOBAL_KEYWORDS if key in said)
            return
        if flag in _PAX:
            said = parse_pax(payload)
            if self.extended is None and said.keys().isdisjoint(KEYWORDS):
                return  # times and attributes: the record itself is a plain one
        if self.extended is None:
            self.extended = Extended(self.everywhere)
        if flag == LONG_NAME:
            self.extended.long_name = payload.partition(b"\0")[0]
        elif flag == LONG_LINK:
            self.extended.long_link = payload.partition(b"\0")[0]
        else:
            self.extended.pax = {**self.everywhere, **said}

    def record(self, header: Header) -> _Steps:
        """Lists one record and hands on its content where that is wanted."""
        cursor, columns = self.cursor, self.columns
        map_continues = header.map_continues
        while map_continues:
            yield from cursor.at_least(BLOCK)
            map_continues = cursor.buffer[cursor.position + SPARSE_EXTENSION_CONTINUES] != 0
            cursor.position += BLOCK

        said, self.extended = self.extended or Extended(self.everywhere), None
        path = said.path(header.name)
        kind = _KINDS.get(header.flag, Kind.OTHER)
        if header.flag == OLD_REGULAR and path.endswith(b"/"):
            kind = Kind.DIRECTORY
        has_content = header.flag not in WITHOUT_CONTENT and kind is not Kind.DIRECTORY
        stored = said.size(header.size) if has_content else 0
        real = said.real_size(header.real_size)

        columns.paths += (path.rstrip(b"/") if kind is Kind.DIRECTORY else path) + b"\0"
        columns.kinds.append(kind)
        columns.sizes.append((stored if real is None else real) if kind is Kind.REGULAR else 0)
        columns.modes.append(header.mode)
        columns.uids.append(said.owner_id(b"uid", header.uid))
        columns.gids.append(said.owner_id(b"gid", header.gid))
        if kind in (Kind.SYMLINK, Kind.HARD_LINK):
            columns.link_targets += said.link(header.link) + b"\0"

        if kind is Kind.REGULAR and real is None:
            yield from self.content(path, stored, header.mode)
        else:
            cursor.position += stored
            if self.contents:
                columns.digests += NO_DIGEST
        cursor.position += -stored % BLOCK

    def content(self, path: bytes, size: int, mode: int) -> _Steps:
        """Hands on the content of the record at hand to whom it may concern, and goes behind it."""
        cursor, contents, sink = self.cursor, self.contents, None
        if contents:
            sink = contents.take(path, size, mode, len(self.columns.kinds) - 1)
        elif self.on_payload:
            sink = self.on_payload(path, size, cursor.start + cursor.position)
        if sink:
            yield from cursor.content(size, sink)
        else:
            cursor.position += size
        if contents:
            self.columns.digests += contents.digest

    def check_limits(self) -> None:
        """Bounds the memory that a stream can take.

        Raises:
            ReadError: over a limit.
        """
        if len(self.columns.kinds) > MAX_RECORDS:
            raise ReadError(f"{self.label}: more than {MAX_RECORDS} records", hint=_ABSURD)
        if len(self.columns.paths) + len(self.columns.link_targets) > MAX_TEXT:
            raise ReadError(f"{self.label}: more than {MAX_TEXT} bytes of paths", hint=_ABSURD)

    def error(self, what: str, offset: int) -> ReadError:
        """Says what is wrong, where, and after which record."""
        last = bytes(self.columns.paths[-_SHOWN_TEXT:-1]).rpartition(b"\0")[2]
        after = f", after {text(last)!r}" if self.columns.kinds else ""
        return ReadError(
            f"{self.label}: {what} (at byte {offset}{after})",
            hint="the archive is damaged or was cut off; write or pull it again",
        )


_ABSURD = "no sound image has as many; is this a layer made to exhaust its reader?"


def _expected_adler(checksum: bytes) -> int:
    """The low half of the adler32 that a header with this checksum field has; -1 if it is no number."""
    try:
        return (parse_number(checksum) + sum(checksum) + _CHECKSUM_SHIFT) % _ADLER_MODULUS
    except ValueError:
        return -1
