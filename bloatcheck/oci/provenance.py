"""What BuildKit says about the images that went into a build: SLSA provenance, 0.2 and 1.

https://slsa.dev/spec/v0.2/provenance ("materials"), https://slsa.dev/spec/v1.0/provenance
("resolvedDependencies"); names are package URLs (`pkg:docker/debian@bookworm-slim?platform=linux%2Famd64`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from bloatcheck.oci.digest import Digest, parse_digest
from bloatcheck.oci.registry_reference import parse_registry_reference

MAX_MATERIALS = 200
BASE_NAME = "org.opencontainers.image.base.name"
BASE_DIGEST = "org.opencontainers.image.base.digest"
"""OCI image-spec, annotations.md."""
_MAX_URI = 2048
_PACKAGE_URL = "pkg:docker/"


@dataclass(frozen=True, slots=True)
class Material:
    """An image that a build used: its name with its tag, as FROM would have it, and its digest."""

    name: str
    digest: Digest | None = None


def annotated_base(annotations: Mapping[str, str]) -> Material | None:
    """The base that annotations name, or labels: buildah's, and those of whoever sets them.

    Labels are inherited: an image may have its base's, which name another one.
    """
    name = annotations.get(BASE_NAME)
    if not name:
        return None
    try:
        parse_registry_reference(name)
    except ValueError:
        return None
    try:
        return Material(name, parse_digest(annotations.get(BASE_DIGEST)))
    except ValueError:
        return Material(name)


def materials_of(provenance: object) -> tuple[Material, ...]:
    """The images of a predicate, of an in-toto statement with one, or of one under each platform.

    What can't be understood is left out, for it only adds to what is told.
    """
    found: dict[Material, None] = {}
    for predicate in _predicates(provenance):
        definition = predicate.get("buildDefinition")
        listed = (
            definition.get("resolvedDependencies")
            if isinstance(definition, dict)
            else predicate.get("materials")
        )
        for item in listed[:MAX_MATERIALS] if isinstance(listed, list) else ():
            material = _material(item)
            if material:
                found[material] = None
    return tuple(found)[:MAX_MATERIALS]


def _predicates(document: object) -> list[dict[str, object]]:
    if not isinstance(document, dict):
        return []
    predicate = document.get("predicate")
    if isinstance(predicate, dict):
        return [predicate]
    if "materials" in document or "buildDefinition" in document:
        return [document]
    return [
        inner
        for outer in document.values()
        for inner in (outer, outer.get("SLSA") if isinstance(outer, dict) else None)
        if isinstance(inner, dict) and ("materials" in inner or "buildDefinition" in inner)
    ][:MAX_MATERIALS]


def _material(item: object) -> Material | None:
    if not isinstance(item, dict):
        return None
    uri, digests = item.get("uri"), item.get("digest")
    if not isinstance(uri, str) or len(uri) > _MAX_URI or not uri.startswith(_PACKAGE_URL):
        return None
    path, _, query = uri.removeprefix(_PACKAGE_URL).partition("?")
    name, _, tag = path.partition("@")
    name, tag = unquote(name), unquote(tag)
    given = digests.get("sha256") if isinstance(digests, dict) else None
    try:
        digest_text = (
            f"sha256:{given}" if given else parse_qs(query, max_num_fields=20).get("digest", [""])[0]
        )
        reference = f"{name}:{tag}" if tag and not tag.startswith("sha256:") else name
        parse_registry_reference(reference)
        return Material(reference, parse_digest(digest_text) if digest_text else None)
    except ValueError:
        return None
