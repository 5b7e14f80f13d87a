"""Builders elsewhere: buildx makes them of several nodes, and a silent one is told as what it is."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.engines import buildx_plugins
from support.recording_log import RecordingLog

from bloatcheck.build.choose import Builders
from bloatcheck.build.client import ask_client
from bloatcheck.build.model import FailedBuild
from bloatcheck.config.model import BuilderChoice, BuildSpec, BuildxSettings, ImageSpec
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


@pytest.fixture
def many(environment: dict[str, str]) -> Iterator[str]:
    """A builder of two nodes, made as docs/builders.md has it; nobody answers at either."""
    name = f"bloatcheck-test-{uuid.uuid4().hex[:8]}"

    def buildx(*arguments: str) -> None:
        subprocess.run(
            ["docker", "buildx", *arguments], env=environment, check=True, capture_output=True, timeout=60
        )

    buildx("create", f"--name={name}", "--driver=remote", "--platform=linux/amd64", "tcp://127.0.0.1:11")
    buildx(
        *("create", f"--name={name}", "--driver=remote", "--platform=linux/arm64"),
        *("--append", "tcp://127.0.0.1:12"),
    )
    yield name
    buildx("rm", name)


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
