"""Builders elsewhere: buildx spreads builds over their nodes, and a silent one is told as what it is."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.buildkits import BuildKit, buildkits
from support.engines import buildx_plugins
from support.recording_log import RecordingLog

from bloatcheck.build.choose import Builders
from bloatcheck.build.client import ask_client
from bloatcheck.build.model import FailedBuild
from bloatcheck.cli.main import main
from bloatcheck.config.model import BuilderChoice, BuildSpec, BuildxSettings, ImageSpec
from bloatcheck.errors import ExitCode
from bloatcheck.oci.platform import Platform

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """With a client that finds buildx."""
    settings = tmp_path / "docker"
    settings.mkdir()
    (settings / "cli-plugins").symlink_to(buildx_plugins())
    kept = {name: value for name, value in os.environ.items() if name != "DOCKER_BUILDKIT"}
    return {**kept, "DOCKER_CONFIG": str(settings)}


@contextmanager
def builder(environment: dict[str, str], amd64: str, arm64: str) -> Iterator[str]:
    """A builder of two nodes, made as docs/builders.md has it."""
    name = f"bloatcheck-test-{uuid.uuid4().hex[:8]}"

    def buildx(*arguments: str) -> None:
        subprocess.run(
            ["docker", "buildx", *arguments], env=environment, check=True, capture_output=True, timeout=60
        )

    buildx("create", f"--name={name}", "--driver=remote", "--platform=linux/amd64", amd64)
    buildx("create", f"--name={name}", "--driver=remote", "--platform=linux/arm64", "--append", arm64)
    try:
        yield name
    finally:
        buildx("rm", name)


@pytest.fixture
def many(environment: dict[str, str]) -> Iterator[str]:
    """A builder of two nodes; nobody answers at either."""
    with builder(environment, "tcp://127.0.0.1:11", "tcp://127.0.0.1:12") as name:
        yield name


@pytest.fixture(scope="module")
def nodes() -> Iterator[list[BuildKit]]:
    with buildkits(2) as started:
        yield started


@pytest.mark.parametrize("way", ["buildx", "bake"])
def test_two_daemons_share_the_builds_by_platform(
    way: str,
    environment: dict[str, str],
    nodes: list[BuildKit],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = [f"{way}-{number}" for number in (1, 2, 3)]
    for name in images:
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(
            f"FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /{name}\nCOPY common /common\n"
        )
        for size, file in ((1000, "amd64"), (2000, "arm64"), (300, "common")):
            (tmp_path / name / file).write_bytes(name.encode() * size)
    (tmp_path / ".bloatcheck.yml").write_text(
        json.dumps(
            {
                "version": 1,
                "builder": way,
                "buildx": {"builder": "MANY"},
                "jobs": 2,
                "images": [
                    {"name": name, "context": name, "platforms": ["linux/amd64", "linux/arm64"]}
                    for name in images
                ],
            }
        )
    )
    monkeypatch.chdir(tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DOCKER_BUILDKIT", raising=False)
    amd64, arm64 = nodes
    with builder(environment, amd64.address, arm64.address) as many:
        text = Path(".bloatcheck.yml").read_text()
        Path(".bloatcheck.yml").write_text(text.replace("MANY", many))
        try:
            assert main(["run", "--ci", "shell", "--report-dir", "out"]) is ExitCode.OK
        finally:
            main(["clean", "--yes"])
    report = json.loads(Path("out/report.json").read_text())
    sizes = {
        (image["name"], image["platform"]): sum(
            layer["content_size"] for layer in image["diff"]["after"]["layers"]
        )
        for image in report["images"]
    }
    assert sizes == {
        (name, platform): len(name) * (size + 300)
        for name in images
        for platform, size in (("linux/amd64", 1000), ("linux/arm64", 2000))
    }
    for name in images:
        assert f"COPY amd64 /{name}" in amd64.steps()
        assert f"COPY arm64 /{name}" in arm64.steps()
    assert "arm64" not in amd64.steps()
    assert "amd64" not in arm64.steps()


def test_each_node_tells_its_platform(environment: dict[str, str], many: str) -> None:
    client = ask_client(environment, buildx=True, builder=many)
    assert client.driver == "remote"
    assert client.runs == frozenset({Platform("linux", "amd64"), Platform("linux", "arm64")})
    assert not client.loads_by_itself


def test_a_builder_that_does_not_answer_is_told(
    environment: dict[str, str], many: str, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    builders = Builders(
        root=tmp_path,
        log=RecordingLog(),
        run_id="1",
        repository="test/remote",
        environment=environment,
        choice=BuilderChoice.BUILDX,
        buildx=BuildxSettings(builder=many),
    )
    failed = builders.build(ImageSpec("api", build=BuildSpec("Dockerfile")))
    assert isinstance(failed, FailedBuild)
    assert failed.error.hint
    assert "builder does not answer" in failed.error.hint

    foreign = ImageSpec("api", build=BuildSpec("Runs"), platform=Platform("linux", "s390x"))
    (tmp_path / "Runs").write_text("FROM debian\nRUN make\n")
    refused = builders.build(foreign)
    assert isinstance(refused, FailedBuild)
    assert "its Dockerfile runs programs of linux/s390x" in refused.error.message
    assert "linux/amd64, linux/arm64" in refused.error.message
