"""Manifests and indexes: what is taken from them, and what is refused."""

import json

import pytest
from support.image_builder import ImageUnderTest, Layout, sha256

from bloatcheck.oci import manifest as manifests
from bloatcheck.oci.manifest import document_type, parse_index, parse_manifest
from bloatcheck.oci.platform import Platform

DIGEST = sha256(b"x")
CONFIG = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": DIGEST, "size": 10}
LAYER = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": DIGEST, "size": 20}


def document(**fields: object) -> bytes:
    return json.dumps({"schemaVersion": 2, **fields}).encode()


def test_a_manifest_has_a_configuration_and_layers() -> None:
    manifest = parse_manifest(document(config=CONFIG, layers=[LAYER, {**LAYER, "size": 30}]))

    assert manifest.config.digest == DIGEST
    assert [layer.size for layer in manifest.layers] == [20, 30]


def test_docker_s_types_are_as_good_as_oci_s() -> None:
    config = {**CONFIG, "mediaType": "application/vnd.docker.container.image.v1+json"}

    assert parse_manifest(document(config=config, layers=[])).layers == ()


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    ],
)
def test_layers_that_may_not_be_distributed_are_known(media_type: str) -> None:
    layer = {**LAYER, "mediaType": media_type}
    (parsed,) = parse_manifest(document(config=CONFIG, layers=[layer])).layers

    assert parsed.is_foreign


def test_attestations_in_an_index_are_no_images() -> None:
    layout = Layout()
    image = layout.manifest(
        ImageUnderTest(), platform={"os": "linux", "architecture": "arm64", "variant": "v8"}
    )
    attestation = layout.manifest(
        ImageUnderTest(),
        platform={"os": "unknown", "architecture": "unknown"},
        annotations={
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": image["digest"],
        },
    )
    index = parse_index(document(manifests=[image, attestation]))

    assert [entry.platform for entry in index.images] == [Platform("linux", "arm64")]
    assert len(index.manifests) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (document(layers=[]), "no configuration"),
        (document(config=[], layers=[]), "not a JSON object"),
        (document(config={**CONFIG, "digest": "sha256:xyz"}), "not a digest"),
        (document(config={**CONFIG, "digest": "sha256:../../etc/passwd"}), "not a digest"),
        (document(config={**CONFIG, "size": -1}), "size"),
        (document(config={**CONFIG, "size": 1 << 80}), "size"),
        (document(config={**CONFIG, "size": True}), "size"),
        (document(config={**CONFIG, "size": "10"}), "size"),
        (document(config={**CONFIG, "mediaType": 5}), "mediaType"),
        (document(config={**CONFIG, "mediaType": "application/vnd.cncf.helm.config"}), "not an image's"),
        (document(config=CONFIG, layers={}), "not a JSON array"),
        (document(config=CONFIG, layers=[1]), "not a JSON object"),
        (document(config=CONFIG, layers=[LAYER] * 1001), "1001 layers"),
    ],
)
def test_what_is_no_image_manifest_is_refused_with_the_reason(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_manifest(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (document(), "no list of manifests"),
        (document(manifests={}), "not a JSON array"),
        (document(manifests=[{**LAYER, "platform": []}]), "not a JSON object"),
        (document(manifests=[{**LAYER, "annotations": 5}]), "not a JSON object"),
        (document(manifests=[LAYER] * 10_001), "10001 entries"),
    ],
)
def test_what_is_no_index_is_refused_with_the_reason(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_index(content)


def test_a_document_of_absurd_length_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "MAX_DOCUMENT", 100)

    with pytest.raises(ValueError, match="101 bytes, more than 100"):
        parse_manifest(b" " * 101)


def test_a_documents_own_type_counts_before_the_declared_one_and_its_shape_last() -> None:
    index, manifest = manifests.OCI_INDEX, manifests.DOCKER_MANIFEST

    assert document_type(document(mediaType=index), manifest) == index
    assert document_type(document(), manifest) == manifest
    assert document_type(document(manifests=[]), "text/plain") == manifests.OCI_INDEX
    assert document_type(document(config={}, layers=[]), None) == manifests.OCI_MANIFEST
    with pytest.raises(ValueError, match="neither a manifest nor an index"):
        document_type(document(mediaType="text/html"), None)
