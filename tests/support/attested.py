"""Images with what BuildKit attests about them."""

from __future__ import annotations

import json

from support.image_builder import ImageUnderTest, Layout, named

from bloatcheck.oci.digest import Digest

PREDICATE = "https://slsa.dev/provenance/v0.2"
STATEMENT = {
    "predicateType": PREDICATE,
    "predicate": {"materials": [{"uri": "pkg:docker/debian@12", "digest": {"sha256": "ab" * 32}}]},
}


def attested(
    statement: bytes, *, predicate: str = PREDICATE, about: Digest | None = None, lost: bool = False
) -> Layout:
    """A layout as BuildKit writes it: an index with the image, and with what is attested about it."""
    layout = Layout()
    image = layout.manifest(ImageUnderTest(), platform=ImageUnderTest().platform)
    layer = layout.blob(
        "application/vnd.in-toto+json", statement, annotations={"in-toto.io/predicate-type": predicate}
    )
    config = layout.blob("application/vnd.oci.image.config.v1+json", b"{}")
    manifest = json.dumps({"schemaVersion": 2, "config": config, "layers": [layer]}).encode()
    attestation = layout.blob(
        "application/vnd.oci.image.manifest.v1+json",
        manifest,
        platform={"os": "unknown", "architecture": "unknown"},
        annotations={
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": about or image["digest"],
        },
    )
    layout.entries.append(layout.index([image, attestation], **named("api")))
    if lost:
        layout.files["blobs/" + str(layer["digest"]).replace(":", "/")] = b"other"
    return layout
