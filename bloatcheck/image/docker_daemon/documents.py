"""From the id that the engine gives an image to its configuration, through documents named by their digest.

The id is the configuration's own digest on a graphdriver store, and the digest of a manifest or an index
of them on the containerd store (OCI image-spec, image-index.md and manifest.md). A document counts only
if it hashes to the digest it was asked for by, so it doesn't matter who hands it over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from bloatcheck.oci.digest import Digest, algorithm, parse_digest
from bloatcheck.oci.image_config import ImageConfig, parse_image_config
from bloatcheck.oci.platform import Platform

MAX_DOCUMENT = 8 << 20
"""Bytes of one document. Registries take 4 MiB at most."""

Fetch = Callable[[Digest], "bytes | None"]
"""The document with this digest, from wherever it lies; None if it isn't there. Not trusted."""


class Documents(Protocol):
    """Keeps documents from one run to the next, named by their digest."""

    def get(self, digest: Digest) -> bytes | None:
        """The document, or None; the reader checks it against the digest."""
        ...

    def put(self, digest: Digest, document: bytes) -> None:
        """Keeps it."""
        ...


@dataclass(frozen=True, slots=True)
class Blob:
    """A layer as it is stored, usually compressed. `size` in bytes."""

    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class ImageDocuments:
    """What an image's id led to.

    `blobs` are the layers as they are stored, one for each of the configuration's diff_ids; None where the
    id is the configuration's own, and so no manifest was read. `path` are all documents on the way.
    """

    config_digest: Digest
    config: ImageConfig
    blobs: tuple[Blob, ...] | None
    path: Mapping[Digest, bytes]


def find_image(
    root: Digest, fetch: Fetch, *, platform: Platform, diff_ids: tuple[Digest, ...]
) -> ImageDocuments | None:
    """The configuration that `root` leads to; None where a document on the way is missing or is another.

    Of an index's images that one is meant which the engine itself showed: the same platform and layers.
    """
    try:
        for found in _configurations(root, fetch):
            its = found.config.platform
            if (its.os, its.architecture, found.config.diff_ids) == (
                platform.os,
                platform.architecture,
                diff_ids,
            ):
                return found
    except ValueError:
        return None
    return None


def _configurations(root: Digest, fetch: Fetch) -> Iterator[ImageDocuments]:
    document = _genuine(root, fetch)
    content = _json_object(document)
    if document is None or content is None:
        return
    listed = content.get("manifests")
    if not isinstance(listed, list):
        yield from _configuration(root, document, content, fetch)
        return
    for manifest in (_blob(descriptor).digest for descriptor in listed):
        manifest_document = _genuine(manifest, fetch)
        manifest_content = _json_object(manifest_document)
        if manifest_document is None or manifest_content is None:
            continue
        for found in _configuration(manifest, manifest_document, manifest_content, fetch):
            yield ImageDocuments(
                found.config_digest, found.config, found.blobs, {root: document, **found.path}
            )


def _configuration(
    digest: Digest, document: bytes, content: Mapping[str, object], fetch: Fetch
) -> Iterator[ImageDocuments]:
    """The one configuration of a manifest, or the configuration that the document is itself."""
    layers, config = content.get("layers") or [], content.get("config")  # an image without layers has null
    if "rootfs" in content:
        yield ImageDocuments(digest, parse_image_config(document), None, {digest: document})
    elif isinstance(layers, list) and isinstance(config, dict):
        config_digest = parse_digest(config.get("digest"))
        config_document = _genuine(config_digest, fetch)
        if config_document is not None:
            image_config = parse_image_config(config_document)
            blobs = tuple(_blob(descriptor) for descriptor in layers)
            if len(blobs) != len(image_config.diff_ids):
                raise ValueError("a manifest and its configuration differ in the number of layers")
            path = {digest: document, config_digest: config_document}
            yield ImageDocuments(config_digest, image_config, blobs, path)


def _genuine(digest: Digest, fetch: Fetch) -> bytes | None:
    document = fetch(digest)
    if document is None or len(document) > MAX_DOCUMENT:
        return None
    computed = hashlib.new(algorithm(digest), document).hexdigest()
    return document if digest == f"{algorithm(digest)}:{computed}" else None


def _json_object(document: bytes | None) -> Mapping[str, object] | None:
    try:
        content = json.loads(document) if document is not None else None
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _blob(descriptor: object) -> Blob:
    """What a descriptor points to (OCI image-spec, descriptor.md).

    Raises:
        ValueError: not a descriptor.
    """
    if not isinstance(descriptor, dict) or not isinstance(descriptor.get("size"), int):
        raise ValueError("not a descriptor")  # noqa: TRY004 - one error type for a malformed document
    return Blob(parse_digest(descriptor.get("digest")), descriptor["size"])
