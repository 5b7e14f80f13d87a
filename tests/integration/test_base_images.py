"""Real builders and engines: the image that another one stands on is found, and never a wrong one."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from support.attested import STATEMENT, attested
from support.docker_clients import CLIENTS, Client, busybox_base, debian_image, docker, present
from support.recording_log import RecordingLog
from support.registry import docker_registry
from support.snapshots import digest

from bloatcheck.analysis.find_base import find_base_clues
from bloatcheck.analysis.measure import DockerfileSource, take_snapshot
from bloatcheck.analysis.snapshot import Base, ImageSnapshot
from bloatcheck.errors import Place
from bloatcheck.image.base import Lookup, look_up_bases
from bloatcheck.image.open import open_image
from bloatcheck.oci.platform import Platform

pytestmark = pytest.mark.engine
HOST = Platform("linux", "amd64")


@contextmanager
def built(folder: Path, client: Client, dockerfile: str, *arguments: str) -> Iterator[str]:
    """An image of this Dockerfile, under a name of its own."""
    context = folder / f"context-{uuid.uuid4().hex}"
    context.mkdir()
    (context / "Dockerfile").write_text(dockerfile)
    (context / "file.txt").write_text("file")
    tag = f"bloatcheck-test/base:{uuid.uuid4().hex}"
    environment = present(client).environment(folder)
    docker("build", "-q", "-t", tag, *arguments, str(context), environment=environment)
    try:
        yield tag
    finally:
        docker("rmi", "-f", tag, environment=environment)


def snapshot_of(
    reference: str,
    dockerfile: str | None,
    lookup: Lookup,
    build_args: dict[str, str | None] | None = None,
) -> ImageSnapshot:
    source = DockerfileSource(path="D", text=dockerfile, build_args=build_args or {}) if dockerfile else None
    with closing(open_image(reference)) as image:
        clues = find_base_clues(image, dockerfile=source, lookup=lookup)
        layers = list(image.index_layers({layer.diff_id for layer in image.layers}))
        return take_snapshot(image, layers, name="api", dockerfile=source, base_clues=clues)


def layer_count(reference: str) -> int:
    return len(docker("image", "inspect", "-f", "{{range .RootFS.Layers}}x{{end}}", reference))


BUILDERS = pytest.mark.parametrize("client", CLIENTS[:2], ids=lambda client: client.name)
WAYS = pytest.mark.parametrize("lookup", [Lookup.NOBODY, Lookup.ENGINE])


@BUILDERS
@WAYS
def test_an_imported_image_under_several_stages(client: Client, lookup: Lookup, tmp_path: Path) -> None:
    dockerfile = """\
ARG BASE=debian:none
FROM $BASE AS one
COPY file.txt /one
FROM one AS two
WORKDIR /srv/work
FROM two
RUN echo hi > /hi
LABEL a=b
"""
    with busybox_base() as base, built(tmp_path, client, dockerfile, f"--build-arg=BASE={base}") as tag:
        snapshot = snapshot_of(tag, dockerfile, lookup, {"BASE": base})
    assert snapshot.base == Base(name=base, layer_count=1)
    assert [layer.place and layer.place.line for layer in snapshot.layers] == [None, 3, 5, 7]


@BUILDERS
@WAYS
def test_debian(client: Client, lookup: Lookup, tmp_path: Path) -> None:
    debian = debian_image()
    dockerfile = f"FROM {debian}\nCOPY file.txt /one\n"
    with built(tmp_path, client, dockerfile) as tag:
        assert snapshot_of(tag, dockerfile, lookup).base == Base(name=debian, layer_count=layer_count(debian))


@BUILDERS
def test_scratch(client: Client, tmp_path: Path) -> None:
    dockerfile = "FROM scratch\nCOPY file.txt /one\n"
    with built(tmp_path, client, dockerfile) as tag:
        assert snapshot_of(tag, dockerfile, Lookup.ENGINE).base == Base(name="scratch", layer_count=0)


@BUILDERS
def test_triggers_of_the_base_image_stand_where_from_stands(client: Client, tmp_path: Path) -> None:
    with (
        busybox_base() as lowest,
        built(tmp_path, client, f"FROM {lowest}\nRUN echo a > /a\nONBUILD COPY file.txt /b\n") as base,
    ):
        dockerfile = f"# ours\nFROM {base}\nRUN echo c > /c\n"
        with built(tmp_path, client, dockerfile) as tag:
            known = snapshot_of(tag, dockerfile, Lookup.ENGINE)
            unknown = snapshot_of(tag, dockerfile, Lookup.NOBODY)
    assert known.base == Base(name=base, layer_count=2)
    assert [layer.place for layer in known.layers] == [None, None, Place("D", 2, 2), Place("D", 3, 3)]
    assert unknown.base is None
    assert [layer.place for layer in unknown.layers] == [None, None, None, Place("D", 3, 3)]


def test_a_base_that_was_replaced_since_is_not_taken_for_it(tmp_path: Path) -> None:
    name = f"bloatcheck-test/replaced:{uuid.uuid4().hex}"
    with busybox_base() as one, built(tmp_path, CLIENTS[0], f"FROM {one}\nRUN echo 2 > /2\n") as other:
        docker("tag", one, name)
        try:
            dockerfile = f"FROM {name}\nRUN echo 1 > /1\n"
            with built(tmp_path, CLIENTS[0], dockerfile) as tag:
                docker("tag", other, name)
                assert snapshot_of(tag, dockerfile, Lookup.ENGINE).base == Base(name=name, layer_count=1)
                assert snapshot_of(tag, f"FROM {name}\nRUN otherwise\n", Lookup.ENGINE).base is None
        finally:
            docker("rmi", name, check=False)


def test_buildah(tmp_path: Path) -> None:
    if not shutil.which("buildah"):
        pytest.skip("there is no buildah")
    store = [f"--root={tmp_path}/root", f"--runroot={tmp_path}/run", "--storage-driver=vfs"]

    def buildah(*arguments: str) -> None:
        done = subprocess.run(
            ["buildah", *store, *arguments], capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr

    (tmp_path / "file.txt").write_text("file")
    with busybox_base() as base:
        docker("save", "-o", str(tmp_path / "base.tar"), base)
    buildah("pull", f"docker-archive:{tmp_path}/base.tar")
    dockerfile = f"FROM {base}\nCOPY file.txt /one\nCOPY file.txt /two\n"
    (tmp_path / "Dockerfile").write_text(dockerfile)
    buildah("bud", "-q", "--pull-never", "--isolation=chroot", "--layers", "-t", "built", str(tmp_path))
    buildah("push", "-q", "built", f"oci:{tmp_path}/layout:built")
    snapshot = snapshot_of(f"oci:{tmp_path}/layout:built", dockerfile, Lookup.NOBODY)
    assert snapshot.base
    assert (snapshot.base.name, snapshot.base.layer_count) == (base, 1)


def test_a_registry_is_asked_for_what_the_engine_lacks_and_only_on_request(tmp_path: Path) -> None:
    if not shutil.which("skopeo"):
        pytest.skip("there is no skopeo")
    with docker_registry(tmp_path / "registry") as host, busybox_base() as base:
        reference = f"{host}/acme/base:1"
        docker("save", "-o", str(tmp_path / "base.tar"), base)
        digest_file = tmp_path / "digest"
        subprocess.run(
            [
                *("skopeo", "copy", "-q", "--dest-tls-verify=false", f"--digestfile={digest_file}"),
                *(f"docker-archive:{tmp_path}/base.tar", f"docker://{reference}"),
            ],
            check=True,
            timeout=120,
        )
        with closing(open_image(base)) as image:
            diff_ids = image.config.diff_ids
        assert look_up_bases([reference], diff_ids, platform=HOST) == ()
        (known,) = look_up_bases([reference], diff_ids, platform=HOST, lookup=Lookup.REGISTRY)
        assert (known.reference, known.diff_ids) == (reference, diff_ids)
        assert known.digest == digest_file.read_text().strip()


def test_provenance_in_a_registry_names_the_base(tmp_path: Path) -> None:
    if not shutil.which("skopeo"):
        pytest.skip("there is no skopeo")
    layout = attested(json.dumps(STATEMENT).encode()).write(tmp_path / "layout")
    with docker_registry(tmp_path / "registry") as host:
        subprocess.run(
            [
                *("skopeo", "copy", "-q", "--all", "--preserve-digests", "--dest-tls-verify=false"),
                *(f"oci:{layout}:api", f"docker://{host}/acme/api:1"),
            ],
            check=True,
            timeout=120,
        )
        with closing(open_image(f"docker://{host}/acme/api:1")) as image:
            clues = find_base_clues(image, lookup=Lookup.NOBODY)
    assert [material.name for material in clues.materials] == ["debian:12"]


def test_whoever_gives_no_answer_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    log = RecordingLog()
    found = look_up_bases(
        ["localhost:9/acme/base:1", "../x"],
        [digest(1)],
        platform=HOST,
        lookup=Lookup.REGISTRY,
        log=log,
    )
    assert found == ()
    told = "\n".join(log.details)
    assert "the engine can't be asked for base images: no container engine answers" in told
    assert "no registry tells of localhost:9/acme/base:1: " in told
