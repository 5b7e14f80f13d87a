"""Contents while a layer is listed: a digest of each regular file's, and what is to be kept of some.

A content comes in one of two ways. Fed piece by piece, it is gathered in memory, or in a nameless temporary
file, where somebody wants to look into it; everything else passes. Read in place, it is looked into where
it lies.
"""

from __future__ import annotations

import errno
import hashlib
import heapq
import io
import os
from collections.abc import Mapping
from typing import BinaryIO, Protocol

from bloatcheck.errors import ReadError
from bloatcheck.image.capture import Capture, Captured, Extract, OnlyIf
from bloatcheck.image.layer_index import (
    DIGEST_LENGTH,
    Kind,
    LayerIndex,
    LayerRecords,
    OutsideRootError,
    clean_path,
)
from bloatcheck.image.sink import Buffer, Sink
from bloatcheck.oci.digest import Digest

MAX_IN_MEMORY = 8 << 20
"""Bytes of a content that is gathered in memory; a longer one goes to a temporary file."""
MAX_GATHERED = 512 << 20
"""Bytes of a content that is gathered at all."""
MAX_KEPT = 160 << 20
"""Bytes that are kept of one layer; where it is more, the largest are left out."""

_OVERHEAD = 256
"""Bytes that keeping anything takes besides, roughly."""
_PIECE = 256 << 10
_SHORTER = "a content has become shorter while it was read"
_EMPTY = hashlib.sha256().digest()[:DIGEST_LENGTH]


class Place(Protocol):
    """Where contents lie that needn't be fed."""

    def find(self, path: bytes, size: int) -> int:
        """An open file that is the content, good until the next call.

        Args:
            path: the record's, clean.
            size: of the content, in bytes; not 0.

        Raises:
            ReadError: it isn't there, or is another one.
        """
        ...


class Kept:
    """What was kept of one layer's contents, within bounds.

    Args:
        capture: chooses.
    """

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._kept: dict[bytes, tuple[int, Captured]] = {}
        self._largest: list[tuple[int, bytes]] = []
        self._room = MAX_KEPT
        self._left_out: dict[bytes, int] = {}

    def wanted(self, path: bytes, size: int, mode: int) -> Extract | None:
        """What to do with a file's content."""
        return self._capture.wants(path, size, mode)

    def add(self, path: bytes, record: int, captured: Captured) -> None:
        """Keeps what was made of the content of the record with this number."""
        self._forget(path)
        cost = _cost(path, captured)
        self._kept[path] = (record, captured)
        heapq.heappush(self._largest, (-cost, path))
        self._room -= cost
        while self._room < 0:
            cost, largest = heapq.heappop(self._largest)
            if largest in self._kept and _cost(largest, self._kept[largest][1]) == -cost:
                self.leave_out(largest, self._kept[largest][0])

    def leave_out(self, path: bytes, record: int) -> None:
        """Says that what was to be kept is too large."""
        self._forget(path)
        self._left_out[path] = record

    def result(self, records: LayerRecords) -> tuple[Mapping[bytes, Captured], int]:
        """What was kept of the files that are the last of their path, and how many were left out."""
        if not self._kept and not self._left_out:
            return {}, 0
        last = {
            path: (number, kind)
            for number, (path, kind) in enumerate(zip(records.path_list(), records.kinds, strict=True))
            if path in self._kept or path in self._left_out
        }
        kept = {
            path: captured
            for path, (record, captured) in self._kept.items()
            if last.get(path) == (record, Kind.REGULAR)
        }
        left_out = [
            path for path, record in self._left_out.items() if last.get(path) == (record, Kind.REGULAR)
        ]
        return kept, len(left_out)

    def _forget(self, path: bytes) -> None:
        if path in self._kept:
            self._room += _cost(path, self._kept.pop(path)[1])


def _cost(path: bytes, captured: Captured) -> int:
    return len(captured.content) + len(path) + _OVERHEAD


class Contents:
    """Takes a layer's contents one after the other, fed.

    Args:
        capture: chooses what is kept.
    """

    def __init__(self, capture: Capture) -> None:
        self._kept = Kept(capture)
        self._hasher = hashlib.sha256()
        self._gathering: _Gathering | None = None
        self._path = b""
        self._record = 0
        self._size = 0
        self.digest = _EMPTY
        """Of the content that was taken last, once it is complete."""

    def take(self, path: bytes, size: int, mode: int, record: int) -> Sink | None:
        """Announces a content.

        Args:
            path: as it is written.
            size: bytes.
            mode: permission bits.
            record: the record's number in the layer.

        Returns:
            What the content is to be fed to; None if it needn't be fed.

        Raises:
            ReadError: it can't be read in place.
        """
        self._path, extract = self._wanted(path, size, mode)
        if not size:
            self.digest = _EMPTY
            if extract:
                self._look(extract, io.BytesIO(), self._path, 0, record)
            return None
        self._hasher = hashlib.sha256()
        self._record, self._size = record, size
        self._gathering = _Gathering(extract, size) if extract else None
        return self

    def feed(self, data: Buffer, /) -> None:
        """The next piece of the content."""
        self._hasher.update(data)
        gathering = self._gathering
        if gathering:
            try:
                if not gathering.feed(data):
                    self._gathering = None
            except OSError:
                gathering.close()
                self._gathering = None
                self._kept.leave_out(self._path, self._record)

    def close(self) -> None:
        """The content is complete."""
        self.digest = self._hasher.digest()[:DIGEST_LENGTH]
        gathering, self._gathering = self._gathering, None
        if gathering:
            self._look(gathering.extract, gathering.file(), self._path, self._size, self._record)
            gathering.close()

    def result(self, records: LayerRecords) -> tuple[Mapping[bytes, Captured], int]:
        """What was kept, by clean path, and how many contents were too large for it."""
        return self._kept.result(records)

    def _wanted(self, path: bytes, size: int, mode: int) -> tuple[bytes, Extract | None]:
        """The clean path, and what to do with the content."""
        try:
            path = clean_path(path)
        except OutsideRootError:
            return b"", None  # the whole layer is refused for it
        return path, self._kept.wanted(path, size, mode)

    def _look(self, extract: Extract, file: BinaryIO, path: bytes, size: int, record: int) -> None:
        if isinstance(extract, OnlyIf):
            if not file.read(_longest(extract)).startswith(extract.beginnings):
                return
            file.seek(0)
            extract = extract.extract
        if captured := extract(file, size):
            self._kept.add(path, record, captured)


class ContentsInPlace(Contents):
    """Takes a layer's contents where they lie.

    Args:
        capture: chooses what is kept.
        place: where they lie.
    """

    def __init__(self, capture: Capture, place: Place) -> None:
        super().__init__(capture)
        self._place = place
        self._buffer = memoryview(bytearray(_PIECE))

    def take(self, path: bytes, size: int, mode: int, record: int) -> Sink | None:
        """See `Contents`."""
        if not size:
            return super().take(path, size, mode, record)
        path, extract = self._wanted(path, size, mode)
        file = self._place.find(path, size)
        if size <= _PIECE:
            try:
                content = os.pread(file, size, 0)
            except OSError as error:
                raise _unreadable(error) from error
            self.digest = hashlib.sha256(content).digest()[:DIGEST_LENGTH]
            if len(content) < size:
                raise ReadError(_SHORTER)
            if extract:
                self._look(extract, io.BytesIO(content), path, size, record)
            return None
        self.digest = self._hash(file, size)
        if extract:
            with open(file, "rb", closefd=False) as content_file:
                content_file.seek(0)
                self._look(extract, content_file, path, size, record)
        return None

    def _hash(self, file: int, size: int) -> bytes:
        """A content's digest, read into one buffer over and over: new memory costs as much as hashing."""
        hasher, position = hashlib.sha256(), 0
        while size:
            try:
                count = os.preadv(file, [self._buffer[:size]], position)
            except OSError as error:
                raise _unreadable(error) from error
            if not count:
                raise ReadError(_SHORTER)
            hasher.update(self._buffer[:count])
            position, size = position + count, size - count
        return hasher.digest()[:DIGEST_LENGTH]


def _unreadable(error: OSError) -> ReadError:
    return ReadError(f"a content can't be read: {error.strerror}")


class _Gathering:
    """A content that is fed and will be looked into."""

    def __init__(self, extract: Extract, size: int) -> None:
        self.extract = extract
        self._size = size
        self._file: BinaryIO = io.BytesIO()
        self._undecided = _longest(extract) if isinstance(extract, OnlyIf) else 0
        self._length = 0

    def feed(self, data: Buffer) -> bool:
        """Takes a piece; False once it is clear that nobody will look.

        Raises:
            OSError: it is too large, or can't be written to a temporary file.
        """
        before, self._length = self._length, self._length + len(data)
        if self._undecided or before <= MAX_IN_MEMORY:
            self._file.write(data)
            if self._undecided:
                if self._length < self._undecided:
                    return True
                self._undecided = 0
                if not self._begins_well():
                    self.close()
                    return False
            if self._size > MAX_GATHERED:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
            if self._length > MAX_IN_MEMORY:
                self._file = _to_disk(self._file)
            return True
        self._file.write(data)
        return True

    def _begins_well(self) -> bool:
        if not isinstance(self.extract, OnlyIf):
            return True
        self._file.seek(0)
        beginning = self._file.read(_longest(self.extract))
        self._file.seek(0, os.SEEK_END)
        return beginning.startswith(self.extract.beginnings)

    def file(self) -> BinaryIO:
        """The content, at its start."""
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Frees memory, or the temporary file."""
        self._file.close()


def layer_index(
    diff_id: Digest,
    records: LayerRecords,
    contents: Contents | None,
    *,
    uncompressed_size: int | None,
    verified: bool,
) -> LayerIndex:
    """What a layer's listing and its contents make together."""
    captured, left_out = contents.result(records) if contents else (None, 0)
    return LayerIndex(
        diff_id=diff_id,
        records=records,
        uncompressed_size=uncompressed_size,
        verified=verified,
        captured=captured,
        left_out=left_out,
    )


def _to_disk(file: BinaryIO) -> BinaryIO:
    import shutil  # noqa: PLC0415 - rare, and slow to import
    import tempfile  # noqa: PLC0415 - likewise

    # open as long as the gathering is
    on_disk = tempfile.TemporaryFile(prefix="bloatcheck-")  # noqa: SIM115 - see above
    try:
        file.seek(0)
        shutil.copyfileobj(file, on_disk)
    except BaseException:
        on_disk.close()
        raise
    file.close()
    return on_disk


def _longest(extract: OnlyIf) -> int:
    return max(map(len, extract.beginnings), default=0)
