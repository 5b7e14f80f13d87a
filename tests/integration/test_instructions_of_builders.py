"""Real builders: every layer is told to come from the line whose files it holds.

Each instruction leaves a file named after its own line, so that the layers themselves say what is right.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import tarfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.docker_clients import CLIENTS, Client, busybox_base, docker, present
from support.engines import Engine, containerd_store_engine

from bloatcheck.analysis.place import instructions_of_layers, place_of, text_of
from bloatcheck.errors import Place
from bloatcheck.oci.dockerfile import parse_dockerfile
from bloatcheck.oci.image_config import parse_image_config

INSTRUCTIONS = (
    "ARG BASE",
    "FROM $BASE AS build",
    "LABEL stage=build",
    "ARG VERSION=1.2",
    "ENV DIR=/opt/$VERSION",
    "RUN touch /L@",
    "RUN touch /L@",
    "FROM build AS unused",
    "RUN touch /L@",
    "FROM build AS middle",
    "WORKDIR /work/L@",
    "WORKDIR ../L@",
    "COPY file.txt $DIR/L@",
    "copy --chown=1:1 file.txt \\\n  # with a comment\n\n  ${DIR}/L@",
    'COPY ["with space.txt", "/some dir/L@"]',
    "ADD archive.tar /L@/",
    'SHELL ["/bin/sh", "-e", "-c"]',
    "RUN echo   'spaced   out' && \\\n  # why\n\ttouch /L@  # done",
    "FROM unused AS last",
    "FROM middle",
    "ARG TOKEN=two words",
    "COPY --from=last /bin/sh /L@",
    'RUN echo "$TOKEN" > /L@',
    'RUN ["/bin/touch", "/L@"]',
    "EXPOSE 80",
    "RUN touch /L@",
    "USER 1:1",
    "HEALTHCHECK CMD true",
    'ENTRYPOINT ["/bin/sh"]',
    "CMD echo hi",
)

NEWER_INSTRUCTIONS = (
    "ARG BASE",
    "FROM $BASE AS other",
    "RUN touch /L@",
    "FROM $BASE",
    "RUN <<EOF\ntouch /L@\necho hi\nEOF",
    "RUN <<-EOF\n\ttouch /L@\n\tEOF",
    "RUN <<EOF\n#!/bin/sh\ntouch /L@\nEOF",
    "RUN <<EOF\n#!/bin/sh\ntouch /L@\nEOF",
    "RUN cat <<ONE <<TWO > /L@\n1\nONE\n2\nTWO",
    'COPY <<EOF <<"two" /L@/\n1\nEOF\n2\ntwo',
    "COPY --link file.txt /L@",
    "COPY --link --chown=1 --from=other /bin/sh /x/L@",
    "ADD --link --chmod=600 file.txt /L@",
    "RUN --mount=type=cache,target=/cache --network=none touch /L@",
    "WORKDIR /L@",
)


Buildah = Callable[..., None]


@dataclass(frozen=True)
class Built:
    """The configuration, and the lines that each layer's files name."""

    config: bytes
    lines: list[list[int]]


def write(folder: Path, instructions: Sequence[str]) -> str:
    text = ""
    for instruction in instructions:
        text += instruction.replace("@", str(text.count("\n") + 1)) + "\n"
    (folder / "Dockerfile").write_text(text)
    (folder / "file.txt").write_text("file")
    (folder / "with space.txt").write_text("file")
    with tarfile.open(folder / "archive.tar", "w") as tar:
        tar.add(folder / "file.txt", "file.txt")
    return text


def opened(archive: bytes) -> Built:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:

        def member(name: str) -> bytes:
            file = tar.extractfile(name)
            assert file
            return file.read()

        manifest = json.loads(member("manifest.json"))[0]
        return Built(member(manifest["Config"]), [lines_in(member(name)) for name in manifest["Layers"]])


def lines_in(layer: bytes) -> list[int]:
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        names = tar.getnames()
    return sorted({int(number) for name in names for number in re.findall(r"\bL(\d+)\b", name)})


def check(
    text: str, built: Built, build_args: Mapping[str, str], *, layerless: frozenset[str] = frozenset()
) -> None:
    """`layerless` instructions leave their files to the next layer."""
    config = parse_image_config(built.config)
    dockerfile = parse_dockerfile(text)
    strays = {instruction.line for instruction in dockerfile if instruction.keyword in layerless}
    found = instructions_of_layers(config, dockerfile, build_args=dict(build_args))
    assert any(found)
    end_of = {instruction.line: instruction.end_line for instruction in dockerfile}
    for instructions, named in zip(found, built.lines, strict=True):
        lines = [line for line in named if line not in strays]
        expected = Place("Dockerfile", lines[0], end_of[lines[-1]]) if lines else None
        assert place_of(instructions, "Dockerfile") == expected
        for instruction in instructions:
            assert text_of([instruction]).split(" ")[0] == instruction.keyword


def build(folder: Path, base: str, environment: Mapping[str, str]) -> Built:
    tag = f"bloatcheck-test/lines:{uuid.uuid4().hex}"
    docker("build", "-q", "-t", tag, f"--build-arg=BASE={base}", str(folder), environment=environment)
    try:
        saved = subprocess.run(
            ["docker", "save", tag], env=environment, capture_output=True, timeout=120, check=True
        )
    finally:
        docker("rmi", "-f", tag, environment=environment)
    return opened(saved.stdout)


@pytest.mark.engine
@pytest.mark.parametrize("client", CLIENTS[:2], ids=lambda client: client.name)
def test_docker(client: Client, tmp_path: Path) -> None:
    environment = present(client).environment(tmp_path)
    folder = tmp_path / "context"
    folder.mkdir()
    text = write(folder, INSTRUCTIONS)
    with busybox_base() as base:
        check(text, build(folder, base, environment), {"BASE": base})


@pytest.fixture
def buildah(tmp_path: Path) -> Iterator[Buildah]:
    """Runs buildah on a store of its own."""
    if not shutil.which("buildah"):
        pytest.skip("there is no buildah")
    storage = [f"--root={tmp_path}/root", f"--runroot={tmp_path}/run", "--storage-driver=overlay"]

    def run(*arguments: str) -> None:
        command = ["buildah", *storage, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr

    yield run
    # It leaves its overlays mounted.
    mounts = [line.split(" ")[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in reversed(mounts):
        if mount.startswith(f"{tmp_path}/root"):
            subprocess.run(["umount", mount], check=True)


@pytest.mark.engine
@pytest.mark.parametrize("layers", [True, False], ids=["layers", "one-layer-a-stage"])
def test_buildah(buildah: Buildah, tmp_path: Path, *, layers: bool) -> None:
    folder = tmp_path / "context"
    folder.mkdir()
    text = write(folder, INSTRUCTIONS)
    with busybox_base() as base:
        docker("save", "-o", str(tmp_path / "base.tar"), base)
        buildah("pull", f"docker-archive:{tmp_path}/base.tar")
        buildah(
            *("bud", "-q", "--pull-never", "--isolation=chroot", f"--layers={str(layers).lower()}"),
            *(f"--build-arg=BASE={base}", "-t", "built", str(folder)),
        )
    buildah("push", "-q", "built", f"docker-archive:{tmp_path}/built.tar")
    built = opened((tmp_path / "built.tar").read_bytes())
    check(text, built, {"BASE": base}, layerless=frozenset({"WORKDIR"}))


@pytest.fixture(scope="module")
def newer_engine() -> Iterator[Engine]:
    with containerd_store_engine() as engine:
        yield engine


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize("instructions", [INSTRUCTIONS, NEWER_INSTRUCTIONS], ids=["usual", "newer"])
def test_a_newer_buildkit(newer_engine: Engine, tmp_path: Path, instructions: Sequence[str]) -> None:
    environment = {**newer_engine.environment, **present(CLIENTS[0]).environment(tmp_path)}
    environment["DOCKER_HOST"] = newer_engine.host
    folder = tmp_path / "context"
    folder.mkdir()
    text = write(folder, instructions)
    with busybox_base(environment) as base:
        check(text, build(folder, base, environment), {"BASE": base})
