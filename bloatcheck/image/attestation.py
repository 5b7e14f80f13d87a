"""What an image's builder wrote beside it about the images that it used.

BuildKit attests in a manifest of its own, which stands in the index
(https://docs.docker.com/build/metadata/attestations/attestation-storage/); buildah annotates the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from bloatcheck.errors import ReadError
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.manifest import MAX_DOCUMENT, Descriptor, Manifest, parse_manifest
from bloatcheck.oci.provenance import Material, annotated_base, materials_of

_MAX_STATEMENTS = 10


def attested_materials(
    digest: Digest,
    manifest: Manifest,
    attestations: Sequence[Descriptor],
    read: Callable[[Descriptor], bytes],
) -> tuple[Material, ...]:
    """The images that the builder says it used. What is damaged or missing says nothing.

    Args:
        digest: of the manifest.
        manifest: the image's.
        attestations: the entries of its index that are no images.
        read: a document of at most `MAX_DOCUMENT` bytes, checked against its digest.
    """
    annotated = annotated_base(manifest.annotations)
    found = [annotated] if annotated else []
    try:
        for attestation in [entry for entry in attestations if entry.is_about(digest)][:_MAX_STATEMENTS]:
            if attestation.size > MAX_DOCUMENT:
                continue
            statements = [layer for layer in parse_manifest(read(attestation)).layers if layer.is_provenance]
            for statement in statements[:_MAX_STATEMENTS]:
                if statement.size <= MAX_DOCUMENT:
                    found += materials_of(json.loads(read(statement)))
    except (ReadError, ValueError, RecursionError):
        return tuple(found)
    return tuple(found)
