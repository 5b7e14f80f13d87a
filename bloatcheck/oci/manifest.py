"""Manifests and indexes, of OCI and of docker (OCI image-spec, manifest.md and image-index.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bloatcheck.oci.digest import Digest, parse_digest
from bloatcheck.oci.fields import array, as_object, parse_object, text
from bloatcheck.oci.platform import Platform

MAX_DOCUMENT = 4 << 20
"""Bytes of a manifest or an index; the most that registries take (distribution-spec, "Pushing Manifests")."""
MAX_LAYERS = 1000
"""Engines stop at 127."""
MAX_MANIFESTS = 10_000

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEX_TYPES = (OCI_INDEX, DOCKER_LIST)
MANIFEST_TYPES = (OCI_MANIFEST, DOCKER_MANIFEST)

_CONFIG_TYPES = frozenset(
    (
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    )
)
_FOREIGN_LAYERS = (
    "application/vnd.docker.image.rootfs.foreign.",
    "application/vnd.oci.image.layer.nondistributable.",
)
_ATTESTATION = "vnd.docker.reference.type"
_ATTESTED = "vnd.docker.reference.digest"
_PREDICATE = "in-toto.io/predicate-type"
_REFERENCE_NAMES = ("org.opencontainers.image.ref.name", "io.containerd.image.name")


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Points at content. `size` is in bytes."""

    media_type: str
    digest: Digest
    size: int
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_attestation(self) -> bool:
        """Whether it points at what BuildKit attests about another manifest: no image."""
        return _ATTESTATION in self.annotations

    @property
    def is_provenance(self) -> bool:
        """Whether it is the layer of an attestation that tells how the image was built."""
        return self.annotations.get(_PREDICATE, "").startswith("https://slsa.dev/provenance/")

    def is_about(self, digest: Digest) -> bool:
        """Whether it points at what is attested about the manifest of that digest."""
        return self.is_attestation and self.annotations.get(_ATTESTED) == digest

    @property
    def is_foreign(self) -> bool:
        """Whether it is a layer that registries may not hold, such as Windows base layers."""
        return self.media_type.startswith(_FOREIGN_LAYERS)

    @property
    def names(self) -> tuple[str, ...]:
        """What an OCI layout's index calls it."""
        return tuple(self.annotations[key] for key in _REFERENCE_NAMES if key in self.annotations)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One image on one platform: its configuration and its layers, base first."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Index:
    """Images by platform, or by name in an OCI layout."""

    manifests: tuple[Descriptor, ...]

    @property
    def images(self) -> tuple[Descriptor, ...]:
        """Its entries without attestations."""
        return tuple(entry for entry in self.manifests if not entry.is_attestation)

    @property
    def attestations(self) -> tuple[Descriptor, ...]:
        """What BuildKit attests about its entries."""
        return tuple(entry for entry in self.manifests if entry.is_attestation)


def parse_manifest(document: bytes) -> Manifest:
    """Reads an image manifest.

    Raises:
        ValueError: not JSON, not an image's manifest, too large, or fields of other types than specified.
    """
    data = _document(document, "manifest")
    if "config" not in data:
        raise ValueError(f"the manifest has no configuration (schema {data.get('schemaVersion')!r:.20})")
    config = _descriptor(data["config"])
    if config.media_type not in _CONFIG_TYPES:
        raise ValueError(f"the manifest is not an image's but of type {config.media_type[:100]!r}")
    layers = tuple(_descriptor(item) for item in array(data, "layers"))
    if len(layers) > MAX_LAYERS:
        raise ValueError(f"the manifest has {len(layers)} layers, more than {MAX_LAYERS}")
    return Manifest(config, layers, _annotations(data))


def parse_index(document: bytes) -> Index:
    """Reads an image index or a manifest list.

    Raises:
        ValueError: not JSON, not an index, too large, or fields of other types than specified.
    """
    data = _document(document, "index")
    if "manifests" not in data:
        raise ValueError("the index has no list of manifests")
    entries = array(data, "manifests")
    if len(entries) > MAX_MANIFESTS:
        raise ValueError(f"the index has {len(entries)} entries, more than {MAX_MANIFESTS}")
    return Index(tuple(_descriptor(item) for item in entries))


def document_type(document: bytes, declared: str | None) -> str:
    """The media type of a manifest or index: what it says itself, else what was declared, else by its shape.

    Raises:
        ValueError: not JSON, too large, or neither.
    """
    data = _document(document, "manifest")
    own = data.get("mediaType")
    for candidate in (own, declared):
        if isinstance(candidate, str) and candidate in (*INDEX_TYPES, *MANIFEST_TYPES):
            return candidate
    if "manifests" in data:
        return OCI_INDEX
    if "config" in data and "layers" in data:
        return OCI_MANIFEST
    raise ValueError(f"neither a manifest nor an index: {own or declared!r:.100}")


def _document(document: bytes, what: str) -> dict[str, object]:
    if len(document) > MAX_DOCUMENT:
        raise ValueError(f"the {what} has {len(document)} bytes, more than {MAX_DOCUMENT}")
    return parse_object(document, f"the {what}")


def _descriptor(item: object) -> Descriptor:
    data = as_object(item, "a descriptor")
    size = data.get("size")
    if type(size) is not int or not 0 <= size < 1 << 63:
        raise ValueError(f"a descriptor's size is no number of bytes: {size!r:.50}")
    return Descriptor(
        media_type=text(data, "mediaType"),
        digest=parse_digest(data.get("digest")),
        size=size,
        platform=_platform(data.get("platform")),
        annotations=_annotations(data),
    )


def _annotations(data: dict[str, object]) -> dict[str, str]:
    annotations = as_object(data.get("annotations") or {}, "annotations")
    return {key: value for key, value in annotations.items() if isinstance(value, str)}


def _platform(item: object) -> Platform | None:
    if item is None:
        return None
    data = as_object(item, "a platform")
    return Platform.of(text(data, "os"), text(data, "architecture"), text(data, "variant") or None)
