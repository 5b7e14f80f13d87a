"""What docker can do is asked of docker, never assumed.

The clients here are scripts that answer as real ones did; real clients are asked in
`tests/integration/test_build_docker.py`.
"""

import json
from pathlib import Path

import pytest

from bloatcheck.build import client as client_module
from bloatcheck.build.client import Frontend, ask_client
from bloatcheck.errors import BuildError, ExitCode
from bloatcheck.oci.platform import Platform

ANSWER = json.dumps(
    {"Client": {"Version": "28.2.2"}, "Server": {"ApiVersion": "1.41", "Os": "linux", "Arch": "amd64"}}
)
NO_SERVER = json.dumps({"Client": {"Version": "28.2.2"}, "Server": None})
NO_BUILDX = "echo \"docker: 'buildx' is not a docker command.\" >&2; exit 1"
BUILDX = "echo 'github.com/docker/buildx v0.24.0 d0e5e86'"


def docker(
    folder: Path,
    *,
    version: str = f"echo '{ANSWER}'",
    buildx: str = NO_BUILDX,
    inspect: str = "exit 1",
    help_: str = "exit 1",
) -> dict[str, str]:
    """An environment whose `docker` runs these pieces of shell."""
    program = folder / "docker"
    program.write_text(
        f"""#!/bin/sh
case "$*" in
  version*) {version};;
  "buildx version") {buildx};;
  "buildx inspect") {inspect};;
  "build --help") {help_};;
  *) echo "unexpected: $*" >&2; exit 99;;
esac
"""
    )
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_buildx_is_taken_where_it_is(tmp_path: Path) -> None:
    client = ask_client(
        docker(tmp_path, buildx=BUILDX, inspect="echo 'Name: default'; echo 'Driver: docker'")
    )
    assert client.frontend is Frontend.BUILDX
    assert client.name == "docker buildx 0.24.0 (docker)"
    assert client.loads_by_itself
    assert client.engine_platform == Platform("linux", "amd64")


@pytest.mark.parametrize("driver", ["docker-container", "kubernetes", "remote", "cloud"])
def test_a_builder_outside_of_the_engine_must_be_told_to_load(tmp_path: Path, driver: str) -> None:
    client = ask_client(docker(tmp_path, buildx=BUILDX, inspect=f"echo 'Driver:        {driver}'"))
    assert not client.loads_by_itself


def test_an_unknown_driver_is_told_to_load_too(tmp_path: Path) -> None:
    client = ask_client(docker(tmp_path, buildx=BUILDX))
    assert client.name == "docker buildx 0.24.0"
    assert not client.loads_by_itself


def test_an_older_client_builds_with_its_own_buildkit(tmp_path: Path) -> None:
    client = ask_client(
        docker(tmp_path, help_='[ "$DOCKER_BUILDKIT" = 1 ] && echo "--progress string  Set type of progress"')
    )
    assert client.frontend is Frontend.BUILDKIT
    assert client.name == "docker (BuildKit)"


def test_a_newer_client_without_the_plugin_has_the_legacy_builder_only(tmp_path: Path) -> None:
    client = ask_client(
        docker(tmp_path, help_="echo 'ERROR: BuildKit is enabled but buildx is missing'; exit 1")
    )
    assert client.frontend is Frontend.LEGACY
    assert client.unwanted_legacy


def test_an_engine_too_old_for_buildkit_gets_the_legacy_builder(tmp_path: Path) -> None:
    old = json.dumps({"Client": {"Version": "20.10.24"}, "Server": {"ApiVersion": "1.30"}})
    client = ask_client(docker(tmp_path, version=f"echo '{old}'", help_="echo --progress"))
    assert client.frontend is Frontend.LEGACY


def test_buildkit_can_be_turned_off(tmp_path: Path) -> None:
    environment = docker(tmp_path, buildx=BUILDX) | {"DOCKER_BUILDKIT": "0"}
    client = ask_client(environment)
    assert client.frontend is Frontend.LEGACY
    assert not client.unwanted_legacy


def test_no_docker_is_named_with_its_cure() -> None:
    with pytest.raises(BuildError, match="docker is not installed") as caught:
        ask_client({"PATH": "/nonexistent"})
    assert "install Docker" in str(caught.value.hint)
    assert caught.value.exit_code is ExitCode.UNREADABLE


@pytest.mark.parametrize(
    ("complaint", "cure"),
    [
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", "start it"),
        ("permission denied while trying to connect to the Docker daemon socket", "usermod -aG docker"),
        ('context "nope": context not found: open /root/.docker/…: no such file', "docker context ls"),
    ],
)
def test_an_engine_that_does_not_answer_is_named_with_its_cure(
    tmp_path: Path, complaint: str, cure: str
) -> None:
    environment = docker(tmp_path, version=f"echo '{NO_SERVER}'; echo '{complaint}' >&2; exit 1")
    with pytest.raises(BuildError, match="the Docker engine does not answer") as caught:
        ask_client(environment)
    assert complaint in caught.value.message
    assert cure in str(caught.value.hint)


@pytest.mark.parametrize("answer", ["", "[]", "null", "not json", "[" * 100_000, NO_SERVER])
def test_an_answer_that_is_none_is_no_traceback(tmp_path: Path, answer: str) -> None:
    (tmp_path / "answer").write_text(answer)
    with pytest.raises(BuildError, match="does not answer"):
        ask_client(docker(tmp_path, version=f"cat {tmp_path}/answer"))


def test_a_docker_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_ASKING_SECONDS", 0.2)
    with pytest.raises(BuildError, match=r"took more than 0\.2 s"):
        ask_client(docker(tmp_path, version="exec sleep 60"))


def test_a_docker_that_is_no_program_is_named(tmp_path: Path) -> None:
    environment = docker(tmp_path)
    (tmp_path / "docker").write_bytes(b"\x7fELF nonsense")
    with pytest.raises(BuildError, match="docker can't be started"):
        ask_client(environment)


def test_what_a_buildx_builder_can_start_is_asked_of_it(tmp_path: Path) -> None:
    """As buildx tells it, of two nodes: what was configured by hand has a star."""
    said = (
        "Driver: docker-container\nPlatforms: linux/amd64*, linux/amd64/v2, linux/386\nPlatforms: linux/arm64"
    )
    client = ask_client(docker(tmp_path, buildx=BUILDX, inspect=f"printf '{said}\n'"))
    names = ("linux/amd64", "linux/amd64/v2", "linux/386", "linux/arm64")
    assert client.runs == frozenset(Platform.parse(name) for name in names)


@pytest.mark.parametrize("said", ["Driver: remote\nPlatforms:", "Driver: remote", "Platforms: nonsense"])
def test_a_builder_that_is_not_up_does_not_tell(tmp_path: Path, said: str) -> None:
    assert ask_client(docker(tmp_path, buildx=BUILDX, inspect=f"printf '{said}\n'")).runs is None


def test_of_an_engine_on_another_kernel_nothing_is_known(tmp_path: Path) -> None:
    assert ask_client(docker(tmp_path)).runs is None
