"""What images are built with: what was chosen, or what is there. The tools here are scripts."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from support.recording_log import RecordingLog

from bloatcheck.build.choose import Builders
from bloatcheck.build.containers import ContainersBuilder
from bloatcheck.build.docker import DockerBuilder
from bloatcheck.build.model import BuiltImage, FailedBuild
from bloatcheck.config.model import BuilderChoice, BuildSpec, BuildxSettings, ImageSpec
from bloatcheck.errors import BuildError

SPEC = ImageSpec("api", build=BuildSpec("Dockerfile"))
DOCKER = """
case "$*" in
  version*) echo '{"Client": {"Version": "28.2.2"}, "Server": {"Os": "linux", "Arch": "amd64"}}';;
  "buildx version") echo 'github.com/docker/buildx v0.24.0 d0e5e86';;
  "buildx inspect ci") echo 'Driver: kubernetes';;
  *) echo "$*" >&2; exit 1;;
esac
"""
NO_ENGINE = 'echo "Cannot connect to the Docker daemon" >&2; exit 1'
BUILDAH = """
case "$*" in
  info) echo '{"store": {"GraphDriverName": "overlay"}}';;
  --version) echo 'buildah version 1.28.2 (image-spec 1.1.0)';;
  *push*) echo no room >&2; exit 125;;
  *) for word; do case $word in --iidfile=*) printf sha256:abc > "${word#*=}";; esac; done;;
esac
"""
PODMAN = """
case "$*" in
  "info --format=json") echo '{"store": {"graphDriverName": "overlay"}}';;
  --version) echo 'podman version 4.3.1';;
esac
"""


def builders(
    root: Path,
    choice: BuilderChoice = BuilderChoice.AUTO,
    *,
    buildx: BuildxSettings | None = None,
    variables: dict[str, str] | None = None,
    **programs: str,
) -> Builders:
    """With these programs, pieces of shell, and no others."""
    folder = root / "programs"
    folder.mkdir()
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    (root / "Dockerfile").write_text("FROM scratch\n")
    return Builders(
        root=root,
        log=RecordingLog(),
        run_id="1",
        repository="acme/shop",
        environment={"PATH": str(folder), **(variables or {})},
        choice=choice,
        buildx=buildx or BuildxSettings(),
    )


def warnings(made: Builders) -> list[str]:
    assert isinstance(made.log, RecordingLog)
    return made.log.warnings


def test_an_engine_that_answers_is_taken_first(tmp_path: Path) -> None:
    made = builders(tmp_path, docker=DOCKER, buildah=BUILDAH, podman=PODMAN)
    assert made.builder_for(SPEC).name == "docker buildx 0.24.0"
    assert not warnings(made)


def test_an_engine_that_does_not_answer_gives_way_to_buildah_and_that_is_told(tmp_path: Path) -> None:
    made = builders(tmp_path, docker=NO_ENGINE, buildah=BUILDAH, podman=PODMAN)
    assert made.builder_for(SPEC).name == "buildah 1.28.2"
    (warning,) = warnings(made)
    assert "Cannot connect to the Docker daemon; so buildah 1.28.2 builds" in warning


def test_without_any_docker_there_is_nothing_to_warn_of(tmp_path: Path) -> None:
    made = builders(tmp_path, podman=PODMAN)
    assert made.builder_for(SPEC).name == "podman 4.3.1"
    assert not warnings(made)


def test_what_fails_in_dockers_place_says_why_it_was_not_docker(tmp_path: Path) -> None:
    failed = builders(tmp_path, docker=NO_ENGINE, buildah=BUILDAH).build(SPEC)
    assert isinstance(failed, FailedBuild)
    assert "docker did not build it: the Docker engine does not answer" in str(failed.error.hint)


def test_what_is_there_is_found_out_once(tmp_path: Path) -> None:
    counted = f"echo >> {tmp_path}/asked\n{NO_ENGINE}"
    made = builders(tmp_path, docker=counted)
    for _ in range(3):
        assert isinstance(made.build(SPEC), FailedBuild)
    assert (tmp_path / "asked").read_text() == "\n"


def test_with_nothing_to_build_with_both_ways_out_are_told(tmp_path: Path) -> None:
    failed = builders(tmp_path).build(SPEC)
    assert isinstance(failed, FailedBuild)
    assert "docker is not installed" in failed.error.message
    assert "install Docker" in str(failed.error.hint)
    assert "apt-get install buildah" in str(failed.error.hint)


def test_a_tool_that_is_there_and_does_not_work_says_why(tmp_path: Path) -> None:
    failed = builders(tmp_path, buildah="echo 'unshare: Operation not permitted' >&2; exit 1").build(SPEC)
    assert isinstance(failed, FailedBuild)
    assert "docker is not installed" in failed.error.message
    assert "buildah can't be used: unshare" in str(failed.error.hint)
    assert "seccomp=unconfined" in str(failed.error.hint)


@pytest.mark.parametrize("choice", [BuilderChoice.BUILDAH, BuilderChoice.PODMAN])
def test_a_tool_that_was_chosen_is_taken_though_docker_is_there(
    tmp_path: Path, choice: BuilderChoice
) -> None:
    made = builders(tmp_path, choice, docker=DOCKER, buildah=BUILDAH, podman=PODMAN)
    builder = made.builder_for(SPEC)
    assert isinstance(builder, ContainersBuilder)
    assert builder.tool.program == choice.value


@pytest.mark.parametrize("choice", [BuilderChoice.BUILDAH, BuilderChoice.PODMAN])
def test_a_tool_that_was_chosen_and_is_not_there_is_an_error(tmp_path: Path, choice: BuilderChoice) -> None:
    with pytest.raises(BuildError, match=f"{choice.value} is not installed") as caught:
        builders(tmp_path, choice, docker=DOCKER).builder_for(SPEC)
    assert f"apt-get install {choice.value}" in str(caught.value.hint)


def test_docker_that_was_chosen_gives_way_to_nobody(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="the Docker engine does not answer"):
        builders(tmp_path, BuilderChoice.DOCKER, docker=NO_ENGINE, buildah=BUILDAH).builder_for(SPEC)


def test_buildx_that_was_chosen_and_is_not_there_is_an_error(tmp_path: Path) -> None:
    docker = DOCKER.replace('"buildx version") echo', '"buildx version") exit 1; echo')
    with pytest.raises(BuildError, match=r"docker 28\.2\.2 has no buildx"):
        builders(tmp_path, BuilderChoice.BUILDX, docker=docker).builder_for(SPEC)


@pytest.mark.parametrize("choice", [BuilderChoice.BUILDX, BuilderChoice.BAKE])
def test_both_that_are_buildx_need_it(tmp_path: Path, choice: BuilderChoice) -> None:
    made = builders(tmp_path, choice, docker=DOCKER).builder_for(SPEC)
    assert isinstance(made, DockerBuilder)
    assert made.name.startswith("docker buildx 0.24.0")


def test_a_buildx_builder_is_asked_for_by_name(tmp_path: Path) -> None:
    made = builders(
        tmp_path, BuilderChoice.BUILDX, buildx=BuildxSettings(builder="ci"), docker=DOCKER
    ).builder_for(SPEC)
    assert isinstance(made, DockerBuilder)
    assert made.name == "docker buildx 0.24.0 (kubernetes)"
    assert not made.client.loads_by_itself


def test_a_buildx_builder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no buildx builder 'nix' that can be used") as caught:
        builders(
            tmp_path, BuilderChoice.BUILDX, buildx=BuildxSettings(builder="nix"), docker=DOCKER
        ).builder_for(SPEC)
    assert "docker buildx ls" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("info", "variables", "options"),
    [
        ("""echo '{"store": {"GraphDriverName": "btrfs"}}'""", {}, ("--storage-driver=btrfs",)),
        ("echo prior storage driver overlay failed >&2; exit 125", {}, ("--storage-driver=vfs",)),
        ("echo '{}'", {}, ()),
        ("""echo '{"store": {"GraphDriverName": "vfs"}}'""", {"STORAGE_DRIVER": "vfs"}, ()),
    ],
    ids=["told", "found-out-before", "not-told", "chosen"],
)
def test_the_storage_that_works_is_spelled_out_from_then_on(
    tmp_path: Path, info: str, variables: dict[str, str], options: tuple[str, ...]
) -> None:
    buildah = f"""
case "$*" in
  info) {info};;
  "--storage-driver=vfs info") echo '{{}}';;
  --version) echo 'buildah version 1.28.2';;
esac
"""
    builder = builders(tmp_path, BuilderChoice.BUILDAH, variables=variables, buildah=buildah).builder_for(
        SPEC
    )
    assert isinstance(builder, ContainersBuilder)
    assert builder.tool.options == options


def test_a_container_that_forbids_user_namespaces_is_told_what_it_lacks(tmp_path: Path) -> None:
    buildah = "echo 'Error during unshare(CLONE_NEWUSER): Operation not permitted' >&2; exit 1"
    with pytest.raises(BuildError, match="buildah can't be used: Error during unshare") as caught:
        builders(tmp_path, BuilderChoice.BUILDAH, buildah=buildah).builder_for(SPEC)
    assert "seccomp=unconfined" in str(caught.value.hint)


def test_a_storage_that_does_not_work_is_told_in_the_tools_words(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="buildah can't be used: kernel does not support overlay fs"):
        builders(
            tmp_path, BuilderChoice.BUILDAH, buildah="echo kernel does not support overlay fs >&2; exit 125"
        ).builder_for(SPEC)


def test_an_image_that_cannot_be_handed_over_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    failed = builders(tmp_path, BuilderChoice.BUILDAH, buildah=BUILDAH).build(SPEC)
    assert isinstance(failed, FailedBuild)
    assert "api was built, but buildah could not hand it over: no room" in failed.error.message
    assert "TMPDIR" in str(failed.error.hint)
    assert not list(temporary.iterdir())


def test_an_image_that_is_handed_over_is_taken_away_by_whoever_read_it(tmp_path: Path) -> None:
    quick = BUILDAH.replace("echo no room >&2; exit 125", ": > image.tar")
    built = builders(tmp_path, BuilderChoice.BUILDAH, buildah=quick).build(SPEC)
    assert isinstance(built, BuiltImage)
    archive = Path(built.reference.removeprefix("docker-archive:"))
    assert archive.is_file()
    built.discard()
    assert not archive.parent.exists()
    built.discard()
