"""Debian's docker-registry, filled by skopeo: one image is the same whatever way it is read."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.capturing import EVERYTHING
from support.engines import usual_engine
from support.image_builder import (
    ImageUnderTest,
    Layout,
    classic_archive_files,
    files,
    layer,
    layout_of,
    member,
    write_archive,
)
from support.recording_log import RecordingLog
from support.registry import MisbehavingRegistry, basic, docker_registry, push, skopeo

from bloatcheck.errors import NotThereError, ReadError
from bloatcheck.image.model import Image
from bloatcheck.image.open import open_image
from bloatcheck.image.registry import current_digest, open_registry
from bloatcheck.image.verify import verify_image
from bloatcheck.oci.platform import Platform
from bloatcheck.oci.registry_reference import parse_registry_reference

IMAGE = ImageUnderTest(
    layers=[
        layer(
            member("etc", type=b"5", mode=0o755),
            member("etc/motd", b"hello\n" * 1000, mode=0o640, uid=1, gid=2),
            member("etc/same", type=b"1", link="etc/motd"),
            member("etc/link", type=b"2", link="../somewhere", mode=0o777),
            member("old", b"x" * 5000),
        ),
        layer(member(".wh.old"), member("new", bytes(100_000), mode=0o4755)),
        files(top=b"0123456789"),
    ]
)
SIZES = [11_000, 100_000, 10]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Filled with `api:gzip`, `api:zstd` and `api:index`."""
    folder = tmp_path_factory.mktemp("registry")
    layout_of(IMAGE).write(folder / "plain")
    both = Layout()
    arm = ImageUnderTest(layers=[files(arm=b"123")], architecture="arm64")
    entries = [both.manifest(one, compression="+gzip", platform=one.platform) for one in (IMAGE, arm)]
    both.entries = [both.index(entries, annotations={"org.opencontainers.image.ref.name": "both"})]
    both.write(folder / "both")
    with docker_registry(folder / "registry") as host:
        for compression in ("gzip", "zstd"):
            push(
                f"oci:{folder}/plain:example:latest",
                f"{host}/api:{compression}",
                *("--dest-compress-format", compression),
            )
        push(f"oci:{folder}/both:both", f"{host}/api:index", "--all")
        yield host


def contents(image: Image) -> dict[str, Any]:
    """What an image is made of, without how it is compressed."""
    diff_ids = [one.diff_id for one in image.layers]
    indexes = {index.diff_id: index for index in image.index_layers(diff_ids, EVERYTHING)}
    in_order: Any = [indexes[one.diff_id] for one in image.layers]
    return {
        "id": image.image_id,
        "config": image.config,
        "sizes": [index.content_size for index in in_order],
        "records": [sorted(index.records) for index in in_order],
        "captured": [index.captured for index in in_order],
    }


def read(reference: str) -> dict[str, Any]:
    with closing(open_image(reference)) as image:
        return contents(image)


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_the_registry_says_what_a_pull_downloads(registry: str, tmp_path: Path, compression: str) -> None:
    skopeo(
        "copy",
        "--quiet",
        "--src-tls-verify=false",
        f"docker://{registry}/api:{compression}",
        f"dir:{tmp_path}",
    )
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    with closing(open_image(f"docker://{registry}/api:{compression}")) as image:
        assert [one.compressed_size for one in image.layers] == [one["size"] for one in manifest["layers"]]
        assert [one.media_type for one in image.layers] == [one["mediaType"] for one in manifest["layers"]]
        assert image.source.transport == "docker"


def test_one_image_is_the_same_through_every_transport(registry: str, tmp_path: Path) -> None:
    layout_of(IMAGE, compression="+zstd").write(tmp_path / "layout")
    layout_of(IMAGE, compression="+gzip").write_archive(tmp_path / "layout.tar")
    write_archive(tmp_path / "saved.tar", classic_archive_files(IMAGE))
    expected = read(f"oci:{tmp_path}/layout")
    assert expected["sizes"] == SIZES
    for reference in (
        f"oci-archive:{tmp_path}/layout.tar",
        f"docker-archive:{tmp_path}/saved.tar",
        f"docker://{registry}/api:gzip",
        f"docker://{registry}/api:zstd",
    ):
        assert read(reference) == expected, reference


@pytest.mark.engine
def test_and_through_the_engine(registry: str, tmp_path: Path) -> None:
    engine = usual_engine()
    name = f"bloatcheck-registry-{uuid.uuid4().hex[:12]}:x"
    layout_of(IMAGE).write(tmp_path / "layout")
    source = f"oci:{tmp_path}/layout:example:latest"
    skopeo("copy", "--quiet", "--dest-daemon-host", engine.host, source, f"docker-daemon:{name}")
    try:
        through_engine = read(f"docker-daemon:{name}")
        push(f"docker-daemon:{name}", f"{registry}/from-engine:x", "--src-daemon-host", engine.host)
    finally:
        engine.docker("rmi", name)
    through_registry = read(f"docker://{registry}/from-engine:x")
    for part in ("sizes", "records"):
        assert through_engine[part] == through_registry[part]
    assert through_registry["sizes"] == SIZES


def test_a_digest_names_it_as_well(registry: str) -> None:
    with closing(open_registry(f"{registry}/api:gzip")) as image:
        expected = image.image_id
    shown = subprocess.run(
        [
            "skopeo",
            "inspect",
            "--tls-verify=false",
            "--format",
            "{{.Digest}}",
            f"docker://{registry}/api:gzip",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    with closing(open_registry(f"{registry}/api@{shown.stdout.strip()}")) as image:
        assert image.image_id == expected


def test_what_a_tag_stands_for_is_known_without_a_pull(registry: str) -> None:
    for tag in ("gzip", "index"):
        with closing(open_registry(f"{registry}/api:{tag}", platform=Platform("linux", "amd64"))) as image:
            assert current_digest(parse_registry_reference(f"{registry}/api:{tag}")) == image.digest
    with pytest.raises(NotThereError):
        current_digest(parse_registry_reference(f"{registry}/api:nothing"))


def test_what_is_not_there_is_told(registry: str) -> None:
    for name in ("api:nothing", "nothing", "api@sha256:" + "0" * 64):
        with pytest.raises(ReadError, match=r"not there \(404\)"):
            open_registry(f"{registry}/{name}")


def test_a_password_is_taken_from_dockers_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    layout_of(IMAGE).write(tmp_path / "layout")
    log = RecordingLog()
    with docker_registry(tmp_path / "registry", users={"me": "pässword"}) as host:
        push(f"oci:{tmp_path}/layout:example:latest", f"{host}/private:x", "--dest-creds", "me:pässword")
        with pytest.raises(ReadError, match=r"access denied \(401, no credentials\)"):
            open_registry(f"{host}/private:x", log=log)
        _log_in(tmp_path, host, "me", "wrong")
        with pytest.raises(ReadError, match=r"credentials that docker keeps are refused"):
            open_registry(f"{host}/private:x", log=log)
        _log_in(tmp_path, host, "me", "pässword")
        with closing(open_registry(f"{host}/private:x", log=log)) as image:
            assert contents(image)["sizes"] == SIZES
    assert not log.warnings


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLOATCHECK_CACHE", str(tmp_path / "cache"))


def test_inspect_shows_sizes_on_the_wire(registry: str) -> None:
    shown = _inspect(f"docker://{registry}/api:gzip").stdout
    assert "111 kB in 3 layers, " in shown
    assert " compressed" in shown
    assert "COPY layer 2" in shown


def test_inspect_takes_a_platform_and_writes_json(registry: str) -> None:
    done = _inspect(f"docker://{registry}/api:index", "--platform", "linux/arm64", "--json")
    snapshot = json.loads(done.stdout)
    assert (snapshot["platform"], snapshot["content_size"]) == ("linux/arm64", 3)
    assert snapshot["layers"][0]["compressed_size"] > 0
    assert snapshot["measure"]["transport"] == "docker"


def test_inspect_says_which_platforms_there_are(registry: str) -> None:
    done = _inspect(f"docker://{registry}/api:index", "--platform", "linux/s390x", code=3)
    assert "linux/amd64, linux/arm64" in done.stderr


def test_a_second_look_downloads_no_layer() -> None:
    registry = MisbehavingRegistry()
    registry.holds(IMAGE)
    with registry.running():
        first = _inspect(f"docker://{registry.name}", "--json").stdout
        assert len(registry.asked_for("/blobs/")) == 4
        registry.seen.clear()
        assert _inspect(f"docker://{registry.name}", "--json").stdout == first
    assert len(registry.asked_for("/blobs/")) == 1  # the configuration


def test_verify_proves_every_layer_by_one_download() -> None:
    registry = MisbehavingRegistry()
    registry.holds(IMAGE)
    with registry.running():
        with closing(open_registry(registry.name)) as image:
            checks, digest = verify_image(image), image.layers[1].digest or ""
        assert [(check.content_size, check.problems) for check in checks] == [(size, ()) for size in SIZES]
        assert len(registry.asked_for("/blobs/")) == 4
        blob = registry.blobs[digest]
        registry.blobs[digest] = blob[:-9] + bytes([blob[-9] ^ 1]) + blob[-8:]
        with closing(open_registry(registry.name)) as image:
            assert len([check for check in verify_image(image) if check.problems]) == 1


def _inspect(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "bloatcheck", "inspect", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done


def _log_in(folder: Path, host: str, username: str, password: str) -> None:
    auth = basic(username, password).removeprefix("Basic ")
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
