"""The stream of `docker save`, listed in one pass and in constant memory.

Three layouts are in use: the classic one (`<id>/layer.tar`, up to Docker 24), the OCI-shaped one (Docker 25
and later: `blobs/sha256/<digest>`, plain layers from a graphdriver, compressed ones from the containerd
store), and podman's (`<digest>.tar`). Which layer is which is said last, by `manifest.json`, so layers are
listed as they come and given their names at the end.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from bloatcheck.errors import ReadError
from bloatcheck.image.capture import Capture
from bloatcheck.image.docker_daemon.documents import MAX_DOCUMENT
from bloatcheck.image.docker_daemon.layer_listing import LayerListing
from bloatcheck.image.docker_daemon.transport import ByteStream
from bloatcheck.image.layer_index import Kind, text
from bloatcheck.image.sink import Buffer, Sink
from bloatcheck.image.tar_header import BLOCK
from bloatcheck.image.tar_scanner import TarScanner
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.image_config import parse_image_config

_CHUNK = 256 << 10
_MAX_DOCUMENTS = 64 << 20
"""Bytes of all documents of one archive."""
_MANIFEST = "manifest.json"
_MAX_LINKS = 8


@dataclass(slots=True)
class SavedArchive:
    """What a stream held.

    `layers` and `documents` by path, `links` from a path to the path that the archive has in its place.
    """

    layers: dict[str, LayerListing] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    def documents_by_digest(self) -> Mapping[Digest, bytes]:
        """Every document under the digest that it has."""
        return {
            Digest(f"sha256:{hashlib.sha256(document).hexdigest()}"): document
            for document in self.documents.values()
        }

    def layer_paths(self) -> Iterator[tuple[Digest, str]]:
        """Each layer's diff_id and path, as `manifest.json` joins them with the configurations.

        Raises:
            ReadError: it can't be understood, or names another number of layers than a configuration.
        """
        try:
            for entry in json.loads(self.documents.get(_MANIFEST, b"[]")):
                paths, config = entry["Layers"] or [], parse_image_config(self.documents[entry["Config"]])
                yield from zip(config.diff_ids, paths, strict=True)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ReadError(f"the manifest in the engine's archive can't be understood: {error}") from error

    def layer(self, path: str) -> LayerListing | None:
        """The layer at this path, through the archive's links."""
        return self.layers.get(self.resolve(path))

    def resolve(self, path: str) -> str:
        """The path that a layer lies at, through the archive's links."""
        for _ in range(_MAX_LINKS):
            if path in self.layers or path not in self.links:
                break
            path = self.links[path]
        return path


@dataclass(frozen=True, slots=True)
class Tap:
    """Takes the layers' blobs besides their listing.

    `make` makes a sink for the layer at a path; layers as long as one of `passed_over`, in bytes, get none
    and are not listed either.
    """

    make: Callable[[str], Sink]
    passed_over: Collection[int] = frozenset()


def read_saved_archive(
    stream: ByteStream,
    *,
    label: str,
    unwanted: frozenset[str],
    tap: Tap | None = None,
    capture: Capture | None = None,
) -> SavedArchive:
    """Reads the stream to its end.

    Args:
        stream: of `docker save`.
        label: the image's reference, for error messages.
        unwanted: hexadecimal digests, of layers or of their blobs, that need not be listed where the
            archive calls a layer by them.
        tap: takes the layers too.
        capture: what to keep of the layers' contents.

    Raises:
        ReadError: the archive is damaged.
    """
    reading = _Reading(label, unwanted, tap, capture)
    scanner = TarScanner(f"the engine's archive of {label}", on_payload=reading.on_payload)
    while chunk := stream.read(_CHUNK):
        scanner.feed(chunk)
    scanner.close()
    for record in scanner.records():
        if record.kind == Kind.SYMLINK:
            path, target = text(record.path), text(record.link_target)
            reading.archive.links[path] = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return reading.archive


class _Reading:
    """Decides what becomes of each member, and collects what comes of it."""

    def __init__(
        self, label: str, unwanted: frozenset[str], tap: Tap | None, capture: Capture | None
    ) -> None:
        self._tap = tap
        self._capture = capture
        self.archive = SavedArchive()
        self._label = label
        self._unwanted = unwanted
        self._documents_left = _MAX_DOCUMENTS

    def on_payload(self, member: bytes, size: int, _offset: int) -> Sink | None:
        path = posixpath.normpath(text(member))
        name = posixpath.basename(path)
        if name in self._unwanted or name.removesuffix(".tar") in self._unwanted:
            return None
        if not size:
            return None
        if path.startswith("blobs/"):
            return _Undecided(self, path, size)
        if name.endswith(".json"):
            return self.document(path, size)
        return self.layer(path, size) if name.endswith(".tar") else None

    def document(self, path: str, size: int) -> Sink:
        self._documents_left -= size
        if size > MAX_DOCUMENT or self._documents_left < 0:
            raise ReadError(
                f"the engine's archive of {self._label} has a document of {size} bytes: {path[:200]!r}"
            )
        return _Document(self.archive, path)

    def layer(self, path: str, size: int) -> Sink | None:
        if self._tap and size in self._tap.passed_over:
            return None
        listing = LayerListing(f"layer {path[:200]!r} of {self._label}", self._capture)
        self.archive.layers[path] = listing
        return _Both(listing, self._tap.make(path)) if self._tap else listing


class _Both:
    def __init__(self, one: Sink, other: Sink) -> None:
        self._sinks = (one, other)

    def feed(self, data: Buffer, /) -> None:
        for sink in self._sinks:
            sink.feed(data)

    def close(self) -> None:
        for sink in self._sinks:
            sink.close()


class _Document:
    def __init__(self, archive: SavedArchive, path: str) -> None:
        self._archive = archive
        self._path = path
        self._content = bytearray()

    def feed(self, data: Buffer, /) -> None:
        self._content += data

    def close(self) -> None:
        self._archive.documents[self._path] = bytes(self._content)


class _Undecided:
    """A blob is a document or a layer; its first bytes tell. JSON is text, and so never a tar header."""

    def __init__(self, reading: _Reading, path: str, size: int) -> None:
        self._reading = reading
        self._path = path
        self._size = size
        self._head = bytearray()
        self._sink: Sink | None = None
        self._decided = False

    def feed(self, data: Buffer, /) -> None:
        if self._decided:
            if self._sink:
                self._sink.feed(data)
            return
        self._head += data
        if len(self._head) >= min(BLOCK, self._size):
            is_document = self._head.startswith((b"{", b"[")) and b"\0" not in self._head[:BLOCK]
            sink_for = self._reading.document if is_document else self._reading.layer
            self._sink = sink_for(self._path, self._size)
            self._decided = True
            if self._sink:
                self._sink.feed(self._head)
            self._head = bytearray()

    def close(self) -> None:
        if self._sink:
            self._sink.close()
