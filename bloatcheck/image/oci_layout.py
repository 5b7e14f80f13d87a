"""`oci:` - images in a folder of the OCI layout (image-spec, image-layout.md)."""

from __future__ import annotations

import hashlib

from bloatcheck.errors import ReadError
from bloatcheck.image.attestation import attested_materials
from bloatcheck.image.files import Files, Folder
from bloatcheck.image.files_image import FilesImage, LayerFile
from bloatcheck.image.model import LayerDescriptor
from bloatcheck.image.platform_choice import check_platform, choose_image
from bloatcheck.image.reference import split_path
from bloatcheck.oci.digest import Digest, algorithm, encoded
from bloatcheck.oci.image_config import ImageConfig, parse_image_config
from bloatcheck.oci.manifest import (
    INDEX_TYPES,
    MAX_DOCUMENT,
    Descriptor,
    Index,
    Manifest,
    document_type,
    parse_index,
    parse_manifest,
)
from bloatcheck.oci.platform import Platform
from bloatcheck.oci.provenance import Material

INDEX_FILE = "index.json"
MAX_CONFIG = 8 << 20
"""Bytes of a configuration: it holds the history, which a manifest doesn't."""
_MAX_DEPTH = 4
"""Indexes within indexes."""


def open_oci_layout(rest: str, *, platform: Platform | None = None) -> FilesImage:
    """Opens `path[:name]`.

    Raises:
        ReadError: not a layout, damaged, or without this image or platform.
    """
    path, name = split_path(rest)
    return open_layout(Folder(path), f"oci:{rest}", name=name, platform=platform, transport="oci")


def open_layout(
    files: Files, reference: str, *, name: str | None, platform: Platform | None, transport: str
) -> FilesImage:
    """Opens an image of a layout, wherever its files lie; closes them if that fails.

    Raises:
        ReadError: as `open_oci_layout`.
    """
    try:
        layout = _Layout(files, reference)
        digest, manifest = layout.manifest(layout.find(name, platform), platform)
        config = layout.config(manifest, platform)
        layers = layout.layers(manifest, config)
    except ValueError as error:
        files.close()
        raise ReadError(f"{reference}: {error}", hint="the image is damaged; save it again") from error
    except BaseException:
        files.close()
        raise
    return FilesImage(
        reference=reference,
        image_id=manifest.config.digest,
        config=config,
        layers=layers,
        files=files,
        transport=transport,
        materials=lambda: layout.materials(digest, manifest),
    )


class _Layout:
    """Reads a layout's documents. Its methods raise `ReadError`, and `ValueError` for malformed documents."""

    def __init__(self, files: Files, reference: str) -> None:
        self._files = files
        self._reference = reference
        self._attestations: list[Descriptor] = []

    def find(self, name: str | None, platform: Platform | None) -> Descriptor:
        """The entry of the layout's index that is meant."""
        index = parse_index(self._files.read(INDEX_FILE, limit=MAX_DOCUMENT))
        self._attestations += index.attestations
        images = index.images
        names = {image.names for image in images if image.names}
        if name is not None:
            images = tuple(image for image in images if name in image.names)
        if not images or (name is None and len(names) > 1):
            known = sorted(some for every in names for some in every)
            raise ReadError(
                f"{self._reference}: it has no image of this name"
                if name is not None
                else f"{self._reference}: it has {'several images' if images else 'no image'}",
                hint=f"put one of its names behind the path: {', '.join(known[:20])}" if known else _NO_NAMES,
            )
        return choose_image(Index(images), platform, label=self._reference)

    def manifest(self, descriptor: Descriptor, platform: Platform | None) -> tuple[Digest, Manifest]:
        """The manifest that a descriptor leads to, through indexes where there are such, and its digest."""
        for _ in range(_MAX_DEPTH):
            document = self._document(descriptor, MAX_DOCUMENT)
            if document_type(document, descriptor.media_type) not in INDEX_TYPES:
                return descriptor.digest, parse_manifest(document)
            index = parse_index(document)
            self._attestations += index.attestations
            descriptor = choose_image(index, platform, label=self._reference)
        raise ReadError(f"{self._reference}: more than {_MAX_DEPTH} indexes stand one within another")

    def materials(self, digest: Digest, manifest: Manifest) -> tuple[Material, ...]:
        """The images that the builder says it used."""
        return attested_materials(
            digest, manifest, self._attestations, lambda found: self._document(found, MAX_DOCUMENT)
        )

    def config(self, manifest: Manifest, platform: Platform | None) -> ImageConfig:
        """The configuration, of the wanted platform."""
        config = parse_image_config(self._document(manifest.config, MAX_CONFIG))
        check_platform(config.platform, platform, label=self._reference)
        return config

    def layers(self, manifest: Manifest, config: ImageConfig) -> list[LayerFile]:
        """The layers, manifest and configuration joined."""
        if len(manifest.layers) != len(config.diff_ids):
            raise ValueError(
                f"its manifest has {len(manifest.layers)} layers, its configuration {len(config.diff_ids)}"
            )
        return [
            LayerFile(
                LayerDescriptor(
                    diff_id=diff_id,
                    media_type=layer.media_type,
                    digest=layer.digest,
                    compressed_size=layer.size,
                ),
                None
                if layer.is_foreign and self._files.size(blob_path(layer.digest)) is None
                else blob_path(layer.digest),
            )
            for diff_id, layer in zip(config.diff_ids, manifest.layers, strict=True)
        ]

    def _document(self, descriptor: Descriptor, limit: int) -> bytes:
        document = self._files.read(blob_path(descriptor.digest), limit=limit)
        check_document(document, descriptor.digest)
        return document


_NO_NAMES = "none of its entries has a name"


def blob_path(digest: Digest) -> str:
    """Where a layout keeps content."""
    return f"blobs/{algorithm(digest)}/{encoded(digest)}"


def check_document(document: bytes, digest: Digest) -> None:
    """Holds a document to its digest.

    Raises:
        ValueError: it has another.
    """
    actual = hashlib.new(algorithm(digest), document).hexdigest()
    if actual != encoded(digest):
        raise ValueError(f"the document {digest} is another one, {algorithm(digest)}:{actual}")
