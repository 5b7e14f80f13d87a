"""What the builder does about a docker that misbehaves in ways a real one can't be made to."""

from __future__ import annotations

import tempfile
from io import StringIO
from pathlib import Path

import pytest

from bloatcheck.build.client import DockerClient, Frontend
from bloatcheck.build.docker import DockerBuilder
from bloatcheck.build.model import BuiltImage
from bloatcheck.cli.log import PlainLog
from bloatcheck.config.model import BuildSpec, ImageSpec
from bloatcheck.errors import BuildError, Place

WRITTEN = "sha256:" + "a" * 64
TAGGED = "sha256:" + "b" * 64
WRITES = f'[ -n "$iidfile" ] && {{ printf {WRITTEN} > "$iidfile"; exit 0; }}'


def build(
    root: Path,
    *,
    docker: str,
    build: BuildSpec | None = None,
    frontend: Frontend = Frontend.BUILDX,
    stream: StringIO | None = None,
) -> BuiltImage:
    """Builds with a `docker` that is this piece of shell; `$iidfile` is where it may write the id."""
    program = root / "docker"
    program.write_text(
        f"#!/bin/sh\nfor word; do case $word in --iidfile=*) iidfile=${{word#*=}};; esac; done\n{docker}\n"
    )
    program.chmod(0o755)
    (root / "Dockerfile").write_text("FROM scratch\n")
    builder = DockerBuilder(
        client=DockerClient(str(program), "28.2.2", frontend, None, "0.24.0", "docker-container"),
        root=root,
        log=PlainLog(stream or StringIO()),
        run_id="1",
        repository="acme/shop",
        environment={"PATH": "/usr/bin:/bin"},
    )
    return builder.build(ImageSpec("api", build=build or BuildSpec("Dockerfile"), place=Place("c.yml", 3)))


def test_the_engine_is_asked_for_what_the_iidfile_says(tmp_path: Path) -> None:
    built = build(
        tmp_path,
        docker=f'{WRITES}; [ "$5" = {WRITTEN} ] && echo "$5"',
    )
    assert built.reference == f"docker-daemon:{WRITTEN}"
    assert built.builder == "docker buildx 0.24.0 (docker-container)"


def test_an_id_the_engine_does_not_know_gives_way_to_our_tag(tmp_path: Path) -> None:
    """On the containerd store buildx writes the configuration's digest; the engine knows the manifest's."""
    built = build(
        tmp_path,
        docker=f'{WRITES}; case "$5" in bloatcheck.local/*) echo {TAGGED};; *) exit 1;; esac',
    )
    assert built.reference == f"docker-daemon:{TAGGED}"


def test_success_without_an_image_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="docker reported success, but the engine holds no image") as caught:
        build(tmp_path, docker='[ -n "$iidfile" ]')
    assert "docker buildx use default" in str(caught.value.hint)
    assert caught.value.place == Place("c.yml", 3)


def test_a_docker_that_is_killed_is_told(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="docker was ended by signal 9"):
        build(tmp_path, docker="kill -9 $$")


def test_a_docker_that_says_nothing_is_told_by_its_exit_code(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="docker ended with exit code 5") as caught:
        build(tmp_path, docker="exit 5")
    assert caught.value.place == Place("Dockerfile")
    assert caught.value.output == ()
    assert caught.value.hint == (
        "to see it by hand: docker buildx build --progress=plain --load --file=./Dockerfile ."
    )


def test_a_full_disk_is_named_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        build(tmp_path, docker="echo 'ERROR: failed to solve: write /x: no space left on device'; exit 1")
    assert "docker builder prune" in str(caught.value.hint)


def test_no_room_for_temporary_files_is_named_with_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nothing"))
    with pytest.raises(BuildError, match="no directory for temporary files") as caught:
        build(tmp_path, docker="exit 0")
    assert "TMPDIR" in str(caught.value.hint)


@pytest.mark.parametrize("value", ["a\0b", "x" * 200_000, "\ud800"])
def test_a_value_that_no_program_can_be_given_is_a_clear_error(tmp_path: Path, value: str) -> None:
    with pytest.raises(BuildError, match="docker can't be started"):
        build(tmp_path, docker="exit 0", build=BuildSpec("Dockerfile", args={"A": value}))


def test_a_specification_without_a_build_is_an_error(tmp_path: Path) -> None:
    builder = DockerBuilder(
        client=DockerClient("docker", "28.2.2", Frontend.BUILDX),
        root=tmp_path,
        log=PlainLog(StringIO()),
        run_id="1",
        repository="acme/shop",
        environment={},
    )
    with pytest.raises(BuildError, match="api has nothing to build"):
        builder.build(ImageSpec("api"))


RACE = f"""echo 'Step 2/2 : COPY a /a'; echo 'unable to find image "{TAGGED}"' >&2; exit 1"""


def test_the_legacy_builder_that_lost_an_image_from_under_its_search_is_asked_again(tmp_path: Path) -> None:
    """It looks through all images of the engine, and gives up where one of them is removed meanwhile."""
    stream = StringIO()
    counting = 'case "$1" in build) echo x >> times; [ $(wc -l < times) -gt 3 ] ||'
    built = build(
        tmp_path,
        docker=f'{counting} {{ {RACE}; }};; esac; {WRITES}; [ "$5" = {WRITTEN} ] && echo "$5"',
        frontend=Frontend.LEGACY,
        stream=stream,
    )
    assert built.reference == f"docker-daemon:{WRITTEN}"
    assert stream.getvalue().count("building again") == 3


@pytest.mark.parametrize(("frontend", "times"), [(Frontend.LEGACY, 5), (Frontend.BUILDKIT, 1)])
def test_it_is_not_asked_for_ever_and_no_other_builder_is(
    tmp_path: Path, frontend: Frontend, times: int
) -> None:
    with pytest.raises(BuildError, match="unable to find image"):
        build(tmp_path, docker=f'[ "$1" = build ] && echo x >> times; {RACE}', frontend=frontend)
    assert (tmp_path / "times").read_text().count("x") == times
