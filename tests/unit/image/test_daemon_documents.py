"""From the engine's id to the configuration, through documents that prove themselves."""

from __future__ import annotations

import hashlib
import json

import pytest

from bloatcheck.image.docker_daemon.documents import ImageDocuments, find_image
from bloatcheck.oci.digest import Digest, parse_digest
from bloatcheck.oci.platform import Platform

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
LAYER = parse_digest(f"sha256:{'2' * 64}")
BLOB = parse_digest(f"sha256:{'3' * 64}")


class Shelf:
    """Documents by digest."""

    def __init__(self) -> None:
        self.documents: dict[Digest, bytes] = {}

    def put(self, content: object) -> Digest:
        document = json.dumps(content).encode()
        digest = parse_digest(f"sha256:{hashlib.sha256(document).hexdigest()}")
        self.documents[digest] = document
        return digest

    def config(self, platform: Platform, *diff_ids: Digest) -> Digest:
        return self.put(
            {"os": platform.os, "architecture": platform.architecture, "rootfs": {"diff_ids": diff_ids}}
        )

    def manifest(self, config: Digest, *blobs: Digest) -> Digest:
        layers = [{"digest": blob, "size": 7} for blob in blobs] or None
        return self.put({"config": {"digest": config, "size": 1}, "layers": layers})

    def index(self, *manifests: Digest) -> Digest:
        return self.put({"manifests": [{"digest": manifest, "size": 1} for manifest in manifests]})

    def find(self, root: Digest, platform: Platform, *diff_ids: Digest) -> ImageDocuments | None:
        return find_image(root, self.documents.get, platform=platform, diff_ids=diff_ids)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_a_graphdrivers_id_is_the_configurations_own(shelf: Shelf) -> None:
    config = shelf.config(AMD64, LAYER)
    found = shelf.find(config, AMD64, LAYER)
    assert found
    assert (found.config_digest, found.blobs) == (config, None)


def test_a_manifests_id_leads_to_configuration_and_blobs(shelf: Shelf) -> None:
    config = shelf.config(AMD64, LAYER)
    found = shelf.find(shelf.manifest(config, BLOB), AMD64, LAYER)
    assert found
    assert found.config_digest == config
    assert [(blob.digest, blob.size) for blob in found.blobs or ()] == [(BLOB, 7)]


def test_of_an_index_the_image_that_the_engine_shows_is_meant(shelf: Shelf) -> None:
    """Both have the same layers, and one more manifest isn't there at all."""
    amd64, arm64 = shelf.config(AMD64, LAYER), shelf.config(ARM64, LAYER)
    index = shelf.index(BLOB, shelf.manifest(amd64, BLOB), shelf.manifest(arm64, BLOB))
    for platform, config in ((AMD64, amd64), (ARM64, arm64)):
        found = shelf.find(index, platform, LAYER)
        assert found
        assert found.config_digest == config
        assert set(found.path) <= set(shelf.documents)
        assert index in found.path


def test_an_image_without_layers_has_no_blobs(shelf: Shelf) -> None:
    found = shelf.find(shelf.manifest(shelf.config(AMD64)), AMD64)
    assert found
    assert found.blobs == ()


def test_a_document_that_is_another_is_not_believed(shelf: Shelf) -> None:
    config = shelf.config(AMD64, LAYER)
    shelf.documents[config] += b" "
    assert shelf.find(config, AMD64, LAYER) is None


@pytest.mark.parametrize("platform", [ARM64, Platform("windows", "amd64")])
def test_another_platform_is_not_found(shelf: Shelf, platform: Platform) -> None:
    assert shelf.find(shelf.config(AMD64, LAYER), platform, LAYER) is None


def test_other_layers_are_not_found(shelf: Shelf) -> None:
    assert shelf.find(shelf.config(AMD64, LAYER), AMD64, BLOB) is None


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "x",
        {},
        {"manifests": [{}]},
        {"manifests": [None]},
        {"layers": [], "config": {"digest": "../x"}},
        {"layers": [{"digest": BLOB}], "config": {"digest": BLOB}},
        {"rootfs": []},
        {"rootfs": {"diff_ids": ["x"]}},
    ],
)
def test_a_malformed_document_leads_nowhere(shelf: Shelf, content: object) -> None:
    assert shelf.find(shelf.put(content), AMD64, LAYER) is None


def test_a_manifest_with_another_number_of_layers_leads_nowhere(shelf: Shelf) -> None:
    assert shelf.find(shelf.manifest(shelf.config(AMD64, LAYER), BLOB, BLOB), AMD64, LAYER) is None


def test_json_of_absurd_depth_leads_nowhere(shelf: Shelf) -> None:
    document = b"[" * 200_000
    digest = parse_digest(f"sha256:{hashlib.sha256(document).hexdigest()}")
    shelf.documents[digest] = document
    assert shelf.find(digest, AMD64, LAYER) is None
