"""Buildx, and an engine with the containerd image store: Debian 13's, beside this machine's own."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from support.docker_clients import busybox_base, docker
from support.engines import Engine, buildx_plugins, containerd_store_engine, usual_engine

from bloatcheck.build.choose import Builders
from bloatcheck.build.model import BuiltImage, FailedBuild
from bloatcheck.build.ours import OurTag
from bloatcheck.cli.log import PlainLog
from bloatcheck.cli.main import main
from bloatcheck.config.model import BuilderChoice, BuildSpec, BuildxSettings, ImageSpec, PrebuiltSpec
from bloatcheck.errors import ExitCode, Place

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(
    scope="module", params=[usual_engine, containerd_store_engine], ids=["usual", "containerd-store"]
)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param is usual_engine:
        yield usual_engine()
        return
    with containerd_store_engine() as private:
        yield private


@pytest.fixture(scope="module")
def base(engine: Engine) -> Iterator[str]:
    with busybox_base(engine.environment) as name:
        yield name


@pytest.fixture(scope="module")
def environment(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """With a client that finds the plugin."""
    settings = tmp_path_factory.mktemp("docker")
    (settings / "cli-plugins").symlink_to(buildx_plugins())
    kept = {name: value for name, value in engine.environment.items() if name != "DOCKER_BUILDKIT"}
    return {**kept, "DOCKER_CONFIG": str(settings)}


@pytest.fixture
def repository(tmp_path: Path, base: str, engine: Engine) -> Iterator[str]:
    """The identity of a repository, here `tmp_path`, whose images go afterwards."""
    (tmp_path / "Dockerfile").write_text(f"FROM {base}\nRUN echo {uuid.uuid4()} > /mark\n")
    identity = str(tmp_path.resolve())
    yield identity
    for name in engine.docker("images", "--format={{.Repository}}:{{.Tag}}").split():
        if (tag := OurTag.parse(name)) and tag.belongs_to(identity):
            engine.docker("rmi", "--force", name)


def builders(root: Path, repository: str, environment: dict[str, str], **more: str) -> Builders:
    return Builders(
        root=root,
        log=PlainLog(StringIO()),
        run_id=uuid.uuid4().hex,
        repository=repository,
        environment={**environment, **more},
    )


def built(result: BuiltImage | FailedBuild) -> BuiltImage:
    assert isinstance(result, BuiltImage), str(result.error)
    return result


SPEC = ImageSpec("api", build=BuildSpec("Dockerfile"))


@pytest.mark.parametrize(
    "choice",
    [{}, {"BUILDX_NO_DEFAULT_ATTESTATIONS": "0"}, {"DOCKER_BUILDKIT": "0"}],
    ids=["buildx", "with-attestations", "legacy"],
)
def test_the_reference_is_what_the_engine_knows(
    engine: Engine, environment: dict[str, str], repository: str, tmp_path: Path, choice: dict[str, str]
) -> None:
    image = built(builders(tmp_path, repository, environment, **choice).build(SPEC))
    identifier = image.reference.removeprefix("docker-daemon:")
    assert engine.docker("image", "inspect", "--format={{.Id}}", identifier) == identifier
    assert image.builder == (
        "docker (legacy builder)" if "DOCKER_BUILDKIT" in choice else "docker buildx 0.13.1 (docker)"
    )


def test_without_attestations_the_same_build_is_the_same_image(
    environment: dict[str, str], repository: str, tmp_path: Path
) -> None:
    one, other = (built(builders(tmp_path, repository, environment).build(SPEC)) for _ in range(2))
    assert one.reference == other.reference


def test_a_builder_is_asked_for_by_name(environment: dict[str, str], repository: str, tmp_path: Path) -> None:
    by_name = replace(
        builders(tmp_path, repository, environment),
        choice=BuilderChoice.BUILDX,
        buildx=BuildxSettings(builder="default", cache_from=("type=local,src=.cache",)),
    )
    assert built(by_name.build(SPEC)).builder == "docker buildx 0.13.1 (docker)"

    unknown = replace(by_name, buildx=BuildxSettings(builder="nix")).build(SPEC)
    assert isinstance(unknown, FailedBuild)
    assert "no buildx builder 'nix'" in unknown.error.message


def test_a_failing_build_tells_its_line(
    environment: dict[str, str], repository: str, tmp_path: Path, base: str
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {base}\nENV A=1\nRUN echo $A; \\\n    exit 7\n")
    result = builders(tmp_path, repository, environment).build(SPEC)
    assert isinstance(result, FailedBuild)
    assert result.error.place == Place("Dockerfile", 3, 4)
    assert result.error.message.endswith("exit code: 7")


def test_a_bake_file_leads_to_the_images_in_the_engine(
    engine: Engine, environment: dict[str, str], repository: str, tmp_path: Path
) -> None:
    name = f"bloatcheck-test/bake:{uuid.uuid4().hex}"
    bake = {"target": {"api": {"tags": [name]}, "web": {"args": {"A": "1"}, "tags": [f"{name}-web"]}}}
    (tmp_path / "docker-bake.json").write_text(json.dumps(bake))
    try:
        subprocess.run(
            ["docker", "buildx", "bake", "--metadata-file=metadata.json", "api", "web"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            check=True,
        )
        prebuilt = PrebuiltSpec(metadata_file="metadata.json", metadata_target="api")
        image = built(builders(tmp_path, repository, environment).build(ImageSpec("api", prebuilt=prebuilt)))
        identifier = engine.docker("image", "inspect", "--format={{.Id}}", name)
        assert image.reference == f"docker-daemon:{identifier}"
    finally:
        for tag in (name, f"{name}-web"):
            engine.docker("rmi", tag)


def test_clean_takes_it_all_away(
    environment: dict[str, str],
    repository: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    image = built(builders(tmp_path, repository, environment).build(SPEC))
    identifier = image.reference.removeprefix("docker-daemon:")
    container = f"bloatcheck-test-{uuid.uuid4().hex}"
    docker("create", f"--name={container}", identifier, "true", environment=environment)
    monkeypatch.setenv("DOCKER_HOST", environment["DOCKER_HOST"])
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.chdir(tmp_path)

    assert main(["clean"]) is ExitCode.OK
    assert f"{container} (created)" in capsys.readouterr().out
    assert main(["clean", "--yes"]) is ExitCode.OK
    output = capsys.readouterr().out
    assert f"removed container {container}" in output
    assert "removed api (" in output
    assert container not in docker("ps", "--all", "--format={{.Names}}", environment=environment)
    assert identifier not in docker("images", "--no-trunc", "--format={{.ID}}", environment=environment)
