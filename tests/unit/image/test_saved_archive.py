"""The stream of `docker save`, in each of its layouts."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.errors import ReadError
from bloatcheck.image.docker_daemon.documents import MAX_DOCUMENT
from bloatcheck.image.docker_daemon.saved_archive import SavedArchive, read_saved_archive


def tar(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return stream.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


BASE, TOP = tar({"base": bytes(700)}), tar({"{top": bytes(5)})
DIFF_IDS = [f"sha256:{sha256(layer)}" for layer in (BASE, TOP, BASE)]
CONFIG = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": DIFF_IDS}}).encode()


def manifest(config: str, *layers: str) -> bytes:
    return json.dumps([{"Config": config, "RepoTags": None, "Layers": layers}]).encode()


CLASSIC = tar(
    {
        "1/VERSION": b"1.0",
        "1/json": b"{}",
        "1/layer.tar": BASE,
        "2/layer.tar": TOP,
        f"{sha256(CONFIG)}.json": CONFIG,
        "manifest.json": manifest(f"{sha256(CONFIG)}.json", "1/layer.tar", "2/layer.tar", "3/layer.tar"),
        "repositories": b"{}",
    },
    {"3/layer.tar": "../1/layer.tar"},
)
BLOBS = {sha256(content): content for content in (CONFIG, BASE, TOP)}
OCI_SHAPED = tar(
    {
        **{f"blobs/sha256/{digest}": BLOBS[digest] for digest in sorted(BLOBS)},
        "index.json": b"{}",
        "manifest.json": manifest(*(f"blobs/sha256/{sha256(blob)}" for blob in (CONFIG, BASE, TOP, BASE))),
        "oci-layout": b"{}",
    }
)
ZIPPED = {content: gzip.compress(content) for content in (BASE, TOP)}
CONTAINERD = tar(
    {
        **{f"blobs/sha256/{sha256(blob)}": blob for blob in (*ZIPPED.values(), CONFIG)},
        "manifest.json": manifest(
            f"blobs/sha256/{sha256(CONFIG)}",
            *(f"blobs/sha256/{sha256(ZIPPED[layer])}" for layer in (BASE, TOP, BASE)),
        ),
    }
)
PODMAN = tar(
    {
        f"{sha256(BASE)}.tar": BASE,
        f"{sha256(TOP)}.tar": TOP,
        f"{sha256(CONFIG)}.json": CONFIG,
        "manifest.json": manifest(
            f"{sha256(CONFIG)}.json", *(f"{sha256(layer)}.tar" for layer in (BASE, TOP, BASE))
        ),
    },
    {"1/layer.tar": f"../{sha256(BASE)}.tar"},
)
LAYOUTS = pytest.mark.parametrize(
    "archive",
    [CLASSIC, OCI_SHAPED, CONTAINERD, PODMAN],
    ids=["classic", "docker 25", "containerd store", "podman"],
)


def read(archive: bytes, unwanted: frozenset[str] = frozenset()) -> SavedArchive:
    return read_saved_archive(io.BytesIO(archive), label="docker-daemon:api", unwanted=unwanted)


@LAYOUTS
def test_each_layer_is_listed_under_its_diff_id(archive: bytes) -> None:
    saved = read(archive)
    found = []
    for diff_id, path in saved.layer_paths():
        layer = saved.layer(path)
        assert layer
        index = layer.index(diff_id)
        found.append((diff_id, [record.path for record in index.records], index.uncompressed_size))
    assert found == [
        (DIFF_IDS[0], [b"base"], len(BASE)),
        (DIFF_IDS[1], [b"{top"], len(TOP)),
        (DIFF_IDS[2], [b"base"], len(BASE)),
    ]


@LAYOUTS
def test_the_configuration_is_found_by_its_digest(archive: bytes) -> None:
    assert read(archive).documents_by_digest()[f"sha256:{sha256(CONFIG)}"] == CONFIG  # type: ignore[index]


@pytest.mark.parametrize("archive", [OCI_SHAPED, PODMAN], ids=["docker 25", "podman"])
def test_an_unwanted_layer_that_is_called_by_its_digest_is_not_listed(archive: bytes) -> None:
    saved = read(archive, frozenset([sha256(BASE)]))
    assert [saved.layer(path) is not None for _, path in saved.layer_paths()] == [False, True, False]


def test_links_that_go_in_circles_lead_nowhere() -> None:
    saved = read(tar({}, {"1/layer.tar": "../2/layer.tar", "2/layer.tar": "../1/layer.tar"}))
    assert saved.layer("1/layer.tar") is None


@pytest.mark.parametrize(
    "document",
    [
        b"{}",
        b"[1]",
        b"[{}]",
        b"not json",
        b"[" * 100_000,
        manifest("missing.json"),
        manifest(f"{sha256(CONFIG)}.json", "1/layer.tar"),
        manifest("../../etc/passwd"),
    ],
    ids=["object", "numbers", "empty", "not json", "deep", "no config", "too few layers", "outside"],
)
def test_a_malformed_manifest_is_a_clear_error(document: bytes) -> None:
    saved = read(tar({f"{sha256(CONFIG)}.json": CONFIG, "manifest.json": document}))
    if document == b"{}":
        assert list(saved.layer_paths()) == []
        return
    with pytest.raises(ReadError, match="the manifest in the engine's archive"):
        list(saved.layer_paths())


def test_a_document_of_absurd_size_is_refused_before_it_is_kept() -> None:
    with pytest.raises(ReadError, match="has a document of"):
        read(tar({"manifest.json": bytes(MAX_DOCUMENT + 1)}))


def test_an_archive_that_is_cut_off_is_a_clear_error() -> None:
    with pytest.raises(ReadError, match="the engine's archive of docker-daemon:api"):
        read(CLASSIC[:2000])


@given(st.data())
def test_a_damaged_archive_is_read_or_a_clear_error(data: st.DataObject) -> None:
    archive = bytearray(data.draw(st.sampled_from([CLASSIC, OCI_SHAPED, CONTAINERD, PODMAN])))
    for _ in range(data.draw(st.integers(1, 4))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ReadError):
        saved = read(bytes(archive))
        for diff_id, path in saved.layer_paths():
            layer = saved.layer(path)
            if layer:
                layer.index(diff_id)
