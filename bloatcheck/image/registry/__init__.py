"""`docker://` - images in registries, read without an engine and without pulling them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from typing import NamedTuple

from bloatcheck.errors import ReadError, UsageError
from bloatcheck.image.attestation import attested_materials
from bloatcheck.image.oci_layout import MAX_CONFIG
from bloatcheck.image.platform_choice import check_platform, choose_image
from bloatcheck.image.registry.client import Document, RegistryClient
from bloatcheck.image.registry.credentials import Credentials, docker_credentials
from bloatcheck.image.registry.image import RegistryImage
from bloatcheck.image.registry.transport import Patience
from bloatcheck.log import Log
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.image_config import ImageConfig, parse_image_config
from bloatcheck.oci.manifest import (
    INDEX_TYPES,
    MAX_DOCUMENT,
    Descriptor,
    Manifest,
    document_type,
    parse_index,
    parse_manifest,
)
from bloatcheck.oci.platform import Platform
from bloatcheck.oci.provenance import Material
from bloatcheck.oci.registry_reference import RegistryReference, parse_registry_reference

__all__ = ["Credentials", "Patience", "RegistryImage", "current_digest", "open_registry"]

_MAX_DEPTH = 4
"""Indexes within indexes."""
_SCHEMA1 = (
    "application/vnd.docker.distribution.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
)


def open_registry(
    reference: str,
    *,
    platform: Platform | None = None,
    log: Log | None = None,
    find_credentials: Callable[[str], Credentials | None] | None = None,
    patience: Patience | None = None,
) -> RegistryImage:
    """Opens an image in a registry: two or three small requests, and no layer.

    Args:
        reference: `[registry/]repository[:tag][@digest]`, without the transport.
        platform: which one is wanted; by default the only one, or this machine's among several.
        log: told what is read, as details.
        find_credentials: for `host[:port]`, asked when the registry asks; by default docker's config.json.
        patience: how long to wait.

    Raises:
        UsageError: not a reference.
        ReadError: not there, refused, damaged, without this platform, or the registry gives no answer.
    """
    try:
        parsed = parse_registry_reference(reference)
    except ValueError as error:
        raise UsageError(
            f"not an image in a registry: {error}", hint="for example docker://ghcr.io/owner/api:1.2"
        ) from None
    find = find_credentials or (lambda registry: docker_credentials(registry, log=log))
    client = RegistryClient(parsed, lambda: find(parsed.registry), patience)
    try:
        found = _find_manifest(client, parsed, platform)
        manifest = found.manifest
        config = _read_config(client, manifest, platform)
    except ValueError as error:
        client.close()
        raise ReadError(f"docker://{parsed}: {error}", hint="push the image again") from None
    except BaseException:
        client.close()
        raise
    return RegistryImage(client, manifest, config, digest=found.digest, materials=found.materials, log=log)


def current_digest(
    reference: RegistryReference,
    *,
    log: Log | None = None,
    find_credentials: Callable[[str], Credentials | None] | None = None,
    patience: Patience | None = None,
) -> Digest:
    """What a tag stands for now: the digest of its manifest, or of its index where it has several platforms.

    Raises:
        ReadError: not there, refused, or the registry gives no answer.
    """
    find = find_credentials or (lambda registry: docker_credentials(registry, log=log))
    with closing(RegistryClient(reference, lambda: find(reference.registry), patience)) as client:
        return client.current_digest(reference.tag or "latest")


class _Found(NamedTuple):
    """`digest` is of what was asked for: the index where there is one, else the manifest."""

    digest: Digest
    manifest: Manifest
    materials: Callable[[], tuple[Material, ...]]


def _read(client: RegistryClient, descriptor: Descriptor) -> bytes:
    if descriptor.is_attestation:
        return client.manifest(descriptor.digest).content
    return client.document(descriptor, limit=MAX_DOCUMENT)


def _find_manifest(client: RegistryClient, reference: RegistryReference, platform: Platform | None) -> _Found:
    """The image's manifest, through indexes where there are such."""
    label = f"docker://{reference}"
    document = client.manifest(reference.digest or reference.tag or "latest")
    asked_for = document.digest
    attestations: list[Descriptor] = []
    for _ in range(_MAX_DEPTH):
        _refuse_schema1(document, label)
        if document_type(document.content, document.media_type) not in INDEX_TYPES:
            manifest = parse_manifest(document.content)
            return _Found(
                asked_for,
                manifest,
                partial(attested_materials, document.digest, manifest, attestations, partial(_read, client)),
            )
        index = parse_index(document.content)
        attestations += index.attestations
        chosen = choose_image(index, platform, label=label)
        document = client.manifest(chosen.digest)
        if len(document.content) != chosen.size:
            raise ValueError(
                f"the manifest {chosen.digest} is {len(document.content)} bytes long, not {chosen.size}"
            )
    raise ReadError(f"{label}: more than {_MAX_DEPTH} indexes stand one within another")


def _read_config(client: RegistryClient, manifest: Manifest, platform: Platform | None) -> ImageConfig:
    config = parse_image_config(client.document(manifest.config, limit=MAX_CONFIG))
    check_platform(config.platform, platform, label=f"docker://{client.reference}")
    if len(manifest.layers) != len(config.diff_ids):
        raise ValueError(
            f"its manifest has {len(manifest.layers)} layers, its configuration {len(config.diff_ids)}"
        )
    return config


def _refuse_schema1(document: Document, label: str) -> None:
    version = None
    with suppress(ValueError, RecursionError):
        data = json.loads(document.content)
        version = data.get("schemaVersion") if isinstance(data, dict) else None
    if version == 1 or document.media_type in _SCHEMA1:
        raise ReadError(
            f"{label}: the registry answers with docker's schema 1, which holds neither sizes nor diff_ids",
            hint="push the image again with a docker of 2017 or later",
        )
