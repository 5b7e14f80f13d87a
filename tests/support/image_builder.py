"""Builds layers and images byte by byte: sound ones, and those that nobody should make."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bloatcheck.image.zstd import zstd
from bloatcheck.oci.digest import Digest

BLOCK = 512
END = bytes(2 * BLOCK)


def header(
    name: bytes = b"file",
    *,
    flag: bytes = b"0",
    size: int | bytes = 0,
    mode: int | bytes = 0o644,
    uid: int | bytes = 0,
    gid: int | bytes = 0,
    link: bytes = b"",
    magic: bytes = b"ustar\x0000",
    prefix: bytes = b"",
    checksum: bytes | None = None,
    overwrite: tuple[int, bytes] | None = None,
) -> bytes:
    """One header block; numbers as bytes are written as they are."""
    block = bytearray(BLOCK)

    def put(offset: int, length: int, value: int | bytes) -> None:
        if isinstance(value, int):
            value = b"%0*o\0" % (length - 1, value)
        block[offset : offset + len(value)] = value[:length]

    put(0, 100, name)
    put(100, 8, mode)
    put(108, 8, uid)
    put(116, 8, gid)
    put(124, 12, size)
    put(136, 12, 0)
    put(156, 1, flag)
    put(157, 100, link)
    put(257, 8, magic)
    put(345, 155, prefix)
    if overwrite:
        put(overwrite[0], BLOCK, overwrite[1])
    put(148, 8, b" " * 8)
    put(148, 8, b"%06o\0 " % sum(block) if checksum is None else checksum)
    return bytes(block)


def padded(content: bytes) -> bytes:
    """Content filled up to whole blocks."""
    return content + bytes(-len(content) % BLOCK)


def entry(
    name: bytes, content: bytes = b"", *, flag: bytes = b"0", magic: bytes = b"ustar\x0000", mode: int = 0o644
) -> bytes:
    """A record with content."""
    return header(name, size=len(content), flag=flag, magic=magic, mode=mode) + padded(content)


def pax_payload(records: dict[bytes, bytes]) -> bytes:
    """The content of an extended header."""
    payload = b""
    for keyword, value in records.items():
        rest = b" " + keyword + b"=" + value + b"\n"
        length = len(rest)
        while len(b"%d" % length) + len(rest) != length:
            length = len(b"%d" % length) + len(rest)
        payload += b"%d" % length + rest
    return payload


def pax(records: dict[bytes, bytes], *, flag: bytes = b"x") -> bytes:
    """An extended header, local unless said otherwise."""
    return entry(b"PaxHeaders/file", pax_payload(records), flag=flag)


def long_name(name: bytes, *, flag: bytes = b"L") -> bytes:
    """GNU's long name, or with `K` long link target."""
    return entry(b"././@LongLink", name + b"\0", flag=flag, magic=b"ustar  \0")


def member(
    name: str,
    content: bytes = b"",
    *,
    type: bytes = tarfile.REGTYPE,  # noqa: A002 - tarfile's own word
    link: str = "",
    mode: int = 0o644,
    uid: int = 0,
    gid: int = 0,
) -> tuple[tarfile.TarInfo, bytes]:
    """A member for `layer`."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.uid, info.gid = type, link, mode, uid, gid
    info.size = len(content)
    return info, content


def layer(*members: tuple[tarfile.TarInfo, bytes], format: int = tarfile.PAX_FORMAT) -> bytes:  # noqa: A002 - as above
    """A tar stream as Python writes it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=format, errors="surrogateescape") as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return stream.getvalue()


def files(**contents: bytes) -> bytes:
    """A layer of some files in the root."""
    return layer(*(member(name, content) for name, content in contents.items()))


def sha256(content: bytes) -> Digest:
    """The digest of some bytes."""
    return Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda content: content,
    "+gzip": lambda content: gzip.compress(content, 1, mtime=0),
    "+zstd": lambda content: zstd.compress(content, 1),
}
"""By the ending of the media type."""


@dataclass
class ImageUnderTest:
    """An image: its layers as tar streams, base first, and what its configuration says besides."""

    layers: Sequence[bytes] = field(default_factory=lambda: [files(etc=b"0123456789")])
    os: str = "linux"
    architecture: str = "amd64"
    variant: str | None = None
    names: Sequence[str] = ("example:latest",)
    instructions: Sequence[str] = ()
    """As the builder recorded them, one a layer."""
    entrypoint: Sequence[str] = ()

    @property
    def config(self) -> bytes:
        """The configuration document."""
        document = {
            "architecture": self.architecture,
            "os": self.os,
            **({"variant": self.variant} if self.variant else {}),
            "config": {"Entrypoint": list(self.entrypoint)} if self.entrypoint else {},
            "rootfs": {"type": "layers", "diff_ids": [sha256(layer) for layer in self.layers]},
            "history": [
                {"created_by": instruction}
                for instruction in self.instructions
                or [f"COPY layer {number}" for number, _ in enumerate(self.layers)]
            ],
        }
        return json.dumps(document).encode()

    @property
    def platform(self) -> dict[str, str]:
        """As an index has it."""
        variant = {"variant": self.variant} if self.variant else {}
        return {"os": self.os, "architecture": self.architecture, **variant}


def descriptor(media_type: str, content: bytes, **more: object) -> dict[str, object]:
    """A descriptor of some content."""
    return {"mediaType": media_type, "digest": sha256(content), "size": len(content), **more}


class Layout:
    """An OCI layout while it grows: `files` by path."""

    def __init__(self) -> None:
        self.files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
        self.entries: list[dict[str, object]] = []

    def blob(self, media_type: str, content: bytes, **more: object) -> dict[str, object]:
        """Puts content in and returns its descriptor."""
        self.files["blobs/" + sha256(content).replace(":", "/")] = content
        return descriptor(media_type, content, **more)

    def manifest(self, image: ImageUnderTest, *, compression: str = "", **more: object) -> dict[str, object]:
        """Puts an image in and returns its manifest's descriptor."""
        document = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": self.blob("application/vnd.oci.image.config.v1+json", image.config),
            "layers": [
                self.blob(
                    f"application/vnd.oci.image.layer.v1.tar{compression}", COMPRESSORS[compression](content)
                )
                for content in image.layers
            ],
        }
        return self.blob("application/vnd.oci.image.manifest.v1+json", json.dumps(document).encode(), **more)

    def index(self, entries: Sequence[dict[str, object]], **more: object) -> dict[str, object]:
        """Puts an index in and returns its descriptor."""
        media_type = "application/vnd.oci.image.index.v1+json"
        document = {"schemaVersion": 2, "mediaType": media_type, "manifests": list(entries)}
        return self.blob(media_type, json.dumps(document).encode(), **more)

    def all_files(self) -> dict[str, bytes]:
        """With the index of what was put into `entries`."""
        index = {"schemaVersion": 2, "manifests": self.entries}
        return {**self.files, "index.json": json.dumps(index).encode()}

    def write(self, folder: Path) -> Path:
        """As a folder."""
        for path, content in self.all_files().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        return folder

    def write_archive(self, path: Path) -> Path:
        """As a tar archive."""
        return write_archive(path, self.all_files())


def named(name: str) -> dict[str, Any]:
    """What names an entry of a layout's index."""
    return {"annotations": {"org.opencontainers.image.ref.name": name}}


def layout_of(image: ImageUnderTest, *, compression: str = "") -> Layout:
    """A layout that holds one image."""
    layout = Layout()
    layout.entries = [layout.manifest(image, compression=compression, **named(image.names[0]))]
    return layout


def write_archive(path: Path, contents: dict[str, bytes], *more: tuple[tarfile.TarInfo, bytes]) -> Path:
    """A tar archive of these files."""
    path.write_bytes(layer(*(member(name, content) for name, content in contents.items()), *more))
    return path


def classic_archive_files(*images: ImageUnderTest) -> dict[str, bytes]:
    """What `docker save` wrote up to Docker 24, in its order."""
    contents: dict[str, bytes] = {}
    entries = []
    for image in images:
        layers = []
        for content in image.layers:
            folder = sha256(content + image.config).partition(":")[2]
            contents[f"{folder}/VERSION"] = b"1.0"
            contents[f"{folder}/layer.tar"] = content
            layers.append(f"{folder}/layer.tar")
        config = f"{sha256(image.config).partition(':')[2]}.json"
        contents[config] = image.config
        entries.append({"Config": config, "RepoTags": list(image.names) or None, "Layers": layers})
    return {**contents, "manifest.json": json.dumps(entries).encode()}


def oci_shaped_archive_files(image: ImageUnderTest, *, compression: str = "") -> dict[str, bytes]:
    """What `docker save` writes since Docker 25; compressed where the containerd store kept it so."""
    layout = layout_of(image, compression=compression)
    entry = {
        "Config": "blobs/" + sha256(image.config).replace(":", "/"),
        "RepoTags": list(image.names),
        "Layers": [
            "blobs/" + sha256(COMPRESSORS[compression](content)).replace(":", "/") for content in image.layers
        ],
    }
    return {**layout.all_files(), "manifest.json": json.dumps([entry]).encode()}
