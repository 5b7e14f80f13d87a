"""Where the files of an image on disk lie: in a folder, in a tar archive, or in a compressed tar archive."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bloatcheck.errors import ReadError
from bloatcheck.image.decompress import SNIFFED, Compression, Decompressor, sniff
from bloatcheck.image.layer_index import Kind, LayerRecords, OutsideRootError, clean_path, text
from bloatcheck.image.sink import Buffer, Sink
from bloatcheck.image.tar_scanner import OnPayload, TarScanner, scan_file

_PIECE = 256 << 10
_MAX_LINKS = 8
_MAX_MEMBERS = 100_000
"""Files in an archive of images, which has a handful a layer."""
_MAX_KEPT_DOCUMENT = 1 << 20
_MAX_KEPT = 64 << 20


@dataclass(frozen=True, slots=True)
class Region:
    """Bytes of an open file.

    `identity` names them on this machine for as long as nobody writes to the file: device, inode, times,
    offset and length.
    """

    file: int
    offset: int
    size: int
    identity: str


class Files(Protocol):
    """The files of an image, by their path below its root: `index.json`, `blobs/sha256/…`."""

    def size(self, path: str) -> int | None:
        """A file's length in bytes; None if there is no such file."""
        ...

    def read(self, path: str, *, limit: int) -> bytes:
        """A small file's content.

        Raises:
            ReadError: missing, longer than `limit` bytes, or unreadable.
        """
        ...

    def region(self, path: str) -> Region | None:
        """Where to read a file in place; None where that can't be done and it must be fed.

        Raises:
            ReadError: missing or unreadable.
        """
        ...

    def feed(self, sinks: Mapping[str, Sink]) -> None:
        """Hands these files to their sinks, each in one piece after another, in one pass over the source.

        Raises:
            ReadError: one is missing or unreadable, or a sink says so.
        """
        ...

    def close(self) -> None:
        """Frees what is open."""
        ...


_NO_ARCHIVE = "it is damaged or was cut off, or it is no archive of an image"


def open_archive(path: str) -> Archive | CompressedArchive:
    """Opens a tar archive, compressed or not.

    Raises:
        ReadError: not one, or unreadable.
    """
    file, status = _open(path)
    try:
        if not stat.S_ISREG(status.st_mode):
            raise ReadError(  # noqa: TRY301 - whatever fails here closes the file
                f"{path} is a folder, not an archive", hint="if it is an OCI layout, write oci: before it"
            )
        whole = _region(file, status)
        if region_compression(whole, path) is Compression.NONE:
            return Archive(path, whole)
        return CompressedArchive(path, whole)
    except BaseException:
        os.close(file)
        raise


class Folder:
    """Files in a folder, such as an OCI layout."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._regions: dict[str, Region] = {}

    def size(self, path: str) -> int | None:
        """See `Files`."""
        try:
            return Path(self._full(path)).stat().st_size
        except OSError:
            return None

    def read(self, path: str, *, limit: int) -> bytes:
        """See `Files`."""
        return read_region(self.region(path), limit, self._full(path))

    def region(self, path: str) -> Region:
        """See `Files`."""
        if path not in self._regions:
            file, status = _open(self._full(path))
            if not stat.S_ISREG(status.st_mode):
                os.close(file)
                raise ReadError(f"{self._full(path)} is not a regular file")
            self._regions[path] = _region(file, status)
        return self._regions[path]

    def feed(self, sinks: Mapping[str, Sink]) -> None:
        """See `Files`."""
        for path, sink in sinks.items():
            feed_region(self.region(path), sink, self._full(path))

    def close(self) -> None:
        """See `Files`."""
        for region in self._regions.values():
            os.close(region.file)
        self._regions.clear()

    def _full(self, path: str) -> str:
        return str(Path(self._path, *path.split("/")))


class _Members:
    """Where an archive's members lie, by clean path; a later one of the same name takes the place."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._places: dict[str, tuple[int, int]] = {}
        self._links: dict[str, str] = {}

    def add(self, path: bytes, size: int, offset: int) -> str | None:
        """Takes a regular file and returns its clean path; None for one outside the root.

        Raises:
            ReadError: there are absurdly many.
        """
        if len(self._places) >= _MAX_MEMBERS:
            raise ReadError(f"{self._label}: more than {_MAX_MEMBERS} files", hint=_NO_ARCHIVE)
        try:
            clean = text(clean_path(path))
        except OutsideRootError:
            return None
        self._places[clean] = (offset, size)
        return clean

    def add_links(self, records: LayerRecords) -> None:
        """Takes the links, once the archive was scanned."""
        for record in records:
            path, target = text(record.path), text(record.link_target)
            if record.kind == Kind.SYMLINK:
                self._links[path] = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            elif record.kind == Kind.HARD_LINK:
                self._links[path] = target

    def resolve(self, path: str) -> str:
        """The path where the content lies."""
        for _ in range(_MAX_LINKS):
            if path in self._places or path not in self._links:
                break
            path = self._links[path]
        return path

    def find(self, path: str) -> tuple[int, int] | None:
        """Offset and size of a file."""
        return self._places.get(self.resolve(path))

    def get(self, path: str) -> tuple[int, int]:
        """Offset and size of a file.

        Raises:
            ReadError: there is no such file.
        """
        place = self.find(path)
        if place is None:
            raise ReadError(f"{self._label}: it has no file {path[:200]!r}", hint=_NO_ARCHIVE)
        return place


class Archive:
    """A tar archive; its members are read in place."""

    def __init__(self, path: str, whole: Region) -> None:
        self._path = path
        self._whole = whole
        self._members = _Members(path)
        self._members.add_links(
            scan_file(whole.file, whole.offset, whole.size, label=path, on_payload=self._note)
        )

    def size(self, path: str) -> int | None:
        """See `Files`."""
        place = self._members.find(path)
        return place[1] if place else None

    def read(self, path: str, *, limit: int) -> bytes:
        """See `Files`."""
        return read_region(self.region(path), limit, f"{path} in {self._path}")

    def region(self, path: str) -> Region:
        """See `Files`."""
        offset, size = self._members.get(path)
        return Region(self._whole.file, offset, size, f"{self._whole.identity}+{offset}+{size}")

    def feed(self, sinks: Mapping[str, Sink]) -> None:
        """See `Files`."""
        for path, sink in sinks.items():
            feed_region(self.region(path), sink, f"{path} in {self._path}")

    def close(self) -> None:
        """See `Files`."""
        os.close(self._whole.file)

    def _note(self, path: bytes, size: int, offset: int) -> None:
        self._members.add(path, size, offset)


class CompressedArchive:
    """A compressed tar archive, as `docker save | gzip` makes it.

    Nothing is unpacked to disk: each pass expands it anew. The first one keeps small members, so that an
    image's documents need no second.
    """

    def __init__(self, path: str, whole: Region) -> None:
        self._path = path
        self._whole = whole
        self._members = _Members(path)
        self._kept: dict[str, _Keep] = {}
        self._room = _MAX_KEPT
        self._members.add_links(self._expand(self._keep_small))

    def size(self, path: str) -> int | None:
        """See `Files`."""
        place = self._members.find(path)
        return place[1] if place else None

    def read(self, path: str, *, limit: int) -> bytes:
        """See `Files`."""
        _, size = self._members.get(path)
        _check_length(size, limit, f"{path} in {self._path}")
        found = self._members.resolve(path)
        if found not in self._kept:
            self._kept[found] = _Keep()
            self.feed({path: self._kept[found]})
        return bytes(self._kept[found].content)

    def region(self, path: str) -> None:
        """See `Files`."""
        self._members.get(path)

    def feed(self, sinks: Mapping[str, Sink]) -> None:
        """See `Files`."""
        wanted = {self._members.get(path)[0]: sink for path, sink in sinks.items()}
        if len(wanted) < len(sinks):
            raise ReadError(f"{self._path}: two of its layers are one file", hint=_NO_ARCHIVE)
        self._expand(lambda _path, _size, offset: wanted.get(offset))

    def close(self) -> None:
        """See `Files`."""
        os.close(self._whole.file)

    def _expand(self, on_payload: OnPayload) -> LayerRecords:
        scanner = TarScanner(self._path, on_payload=on_payload)
        feed_region(self._whole, Decompressor(scanner, label=self._path), self._path)
        return scanner.records()

    def _keep_small(self, path: bytes, size: int, offset: int) -> Sink | None:
        clean = self._members.add(path, size, offset)
        if clean is None or size > min(_MAX_KEPT_DOCUMENT, self._room):
            return None
        self._room -= size
        self._kept[clean] = _Keep()
        return self._kept[clean]


class _Keep:
    """Keeps what it is fed."""

    def __init__(self) -> None:
        self.content = bytearray()

    def feed(self, data: Buffer, /) -> None:
        """The next piece."""
        self.content += data

    def close(self) -> None:
        """Nothing is left to do."""


def feed_region(region: Region, sink: Sink, label: str) -> None:
    """Hands a region to a sink, piece by piece, and closes it.

    Raises:
        ReadError: it can't be read, or the file has become shorter.
    """
    position, end = region.offset, region.offset + region.size
    while position < end:
        piece = _pread(region.file, min(_PIECE, end - position), position, label)
        if not piece:
            raise ReadError(f"{label}: it has become shorter while it was read")
        sink.feed(piece)
        position += len(piece)
    sink.close()


def read_region(region: Region, limit: int, label: str) -> bytes:
    """A small region's content.

    Raises:
        ReadError: longer than `limit` bytes, or unreadable.
    """
    _check_length(region.size, limit, label)
    kept = _Keep()
    feed_region(region, kept, label)
    return bytes(kept.content)


def region_compression(region: Region, label: str) -> Compression:
    """How a region's content is compressed.

    Raises:
        ReadError: in a way that isn't supported, or it is unreadable.
    """
    try:
        return sniff(_pread(region.file, min(SNIFFED, region.size), region.offset, label))
    except ValueError as error:
        raise ReadError(f"{label}: {error}") from error


def _check_length(size: int, limit: int, label: str) -> None:
    if size > limit:
        raise ReadError(f"{label} has {size} bytes, more than {limit}", hint=_NO_ARCHIVE)


def _open(path: str) -> tuple[int, os.stat_result]:
    """Opens for reading, without waiting on a pipe or a device that stands in a file's place."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ReadError(f"{path} can't be opened: {reason}", hint="check the path") from error
    status = os.fstat(file)
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        os.close(file)
        raise ReadError(f"{path} is neither a file nor a folder", hint="check the path")
    return file, status


def _region(file: int, status: os.stat_result) -> Region:
    identity = f"{status.st_dev}:{status.st_ino}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_size}"
    return Region(file, 0, status.st_size, identity)


def _pread(file: int, count: int, offset: int, label: str) -> bytes:
    try:
        return os.pread(file, count, offset)
    except OSError as error:
        raise ReadError(f"{label} can't be read: {error.strerror}") from error
