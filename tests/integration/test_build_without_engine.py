"""Buildah and podman really build, without an engine, what docker builds with one."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.containers_tools import TOOLS, needed, own_storage
from support.docker_clients import BUSYBOX
from support.recording_log import RecordingLog

from bloatcheck import pipeline
from bloatcheck.build.choose import Builders
from bloatcheck.build.model import BuiltImage, FailedBuild
from bloatcheck.cli.main import main
from bloatcheck.config.model import BuilderChoice, BuildSpec, Config, ImageSpec
from bloatcheck.errors import ExitCode, Place
from bloatcheck.image.open import open_image

DOCKERFILE = """\
FROM scratch AS base
COPY busybox /bin/busybox
RUN ["/bin/busybox", "ln", "-s", "busybox", "/bin/sh"]

FROM base AS made
RUN busybox dd if=/dev/zero of=/made bs=1000 count=300

FROM base
ARG WORD=none
ENV A=1
WORKDIR /srv
COPY . .
SHELL ["/bin/sh", "-e", "-c"]
RUN busybox rm /srv/gone && \\
    echo $WORD > /srv/word
COPY --from=made /made /srv/made
HEALTHCHECK CMD true
CMD ["/bin/sh"]
"""
SPEC = ImageSpec("api", build=BuildSpec("Dockerfile", args={"WORD": "hello"}))


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    with own_storage() as made:
        yield made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    if not BUSYBOX.exists():
        pytest.skip("there is no busybox: apt-get install busybox-static")
    folder = tmp_path / "repository"
    folder.mkdir()
    shutil.copy(BUSYBOX.resolve(), folder / "busybox")
    for name in ("kept", "gone", "ignored"):
        (folder / name).write_text(name * 1000)
    (folder / ".dockerignore").write_text("ignored\n")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    return folder


def builders(root: Path, environment: dict[str, str], choice: BuilderChoice) -> Builders:
    return Builders(
        root=root,
        log=RecordingLog(),
        run_id="1",
        repository="test/without-engine",
        environment=environment,
        choice=choice,
    )


def build(root: Path, environment: dict[str, str], choice: BuilderChoice) -> BuiltImage:
    result = builders(root, environment, choice).build(SPEC)
    assert isinstance(result, BuiltImage), str(result.error)
    return result


def sizes(built: BuiltImage) -> list[int]:
    """Of the layers that hold files, in bytes: builders differ in which empty ones they write."""
    with closing(open_image(built.reference)) as image:
        indexes = {
            index.diff_id: index for index in image.index_layers({each.diff_id for each in image.layers})
        }
        found = [indexes[layer.diff_id].content_size for layer in image.layers]
    return [size for size in found if size]


@pytest.mark.parametrize("tool", TOOLS)
def test_an_image_is_built_read_and_leaves_nothing_to_read(
    tool: str, root: Path, environment: dict[str, str]
) -> None:
    built = build(root, environment, BuilderChoice(needed(tool)))

    assert built.builder.startswith(f"{tool} ")
    assert built.dockerfile == "Dockerfile"
    assert built.build_seconds
    assert len(sizes(built)) == 4
    assert built.handed_over
    assert built.handed_over.is_dir()
    built.discard()
    assert not built.handed_over.exists()


@pytest.mark.engine
@pytest.mark.parametrize("tool", TOOLS)
def test_layers_hold_as_many_bytes_as_dockers(tool: str, root: Path, environment: dict[str, str]) -> None:
    ours = build(root, environment, BuilderChoice(needed(tool)))
    kept = {name: value for name, value in os.environ.items() if name != "DOCKER_BUILDKIT"}
    dockers = build(root, kept, BuilderChoice.DOCKER)
    try:
        assert sizes(ours) == sizes(dockers)
    finally:
        ours.discard()


@pytest.mark.parametrize("tool", TOOLS)
def test_several_are_built_at_once(tool: str, root: Path, environment: dict[str, str]) -> None:
    specs = [
        ImageSpec(name, build=BuildSpec("Dockerfile", args={"WORD": name})) for name in ("one", "three", "x")
    ]
    config = Config(root=root, images=tuple(specs), builder=BuilderChoice(needed(tool)), jobs=3)
    results = pipeline.measure(config, log=RecordingLog(), environment=environment)
    measured = [result.snapshot for result in results if isinstance(result, pipeline.Measured)]
    assert [snapshot.name for snapshot in measured] == ["one", "three", "x"]
    assert [snapshot.content_size - measured[2].content_size for snapshot in measured] == [2, 4, 0]


@pytest.mark.parametrize("tool", TOOLS)
def test_a_failing_build_tells_its_line(tool: str, root: Path, environment: dict[str, str]) -> None:
    (root / "Dockerfile").write_text(DOCKERFILE.replace("echo $WORD", "exit 7"))
    result = builders(root, environment, BuilderChoice(needed(tool))).build(SPEC)
    assert isinstance(result, FailedBuild)
    assert result.error.place == Place("Dockerfile", 14, 15), "\n".join(result.error.output)
    assert "exit status 7" in result.error.message
    assert result.error.hint
    assert f"{tool} --storage-driver=overlay build" in result.error.hint
    assert "bloatcheck.local" not in result.error.hint


def test_where_no_engine_is_the_main_job_goes_on_with_buildah(
    root: Path,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    needed("buildah")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(tempfile, "tempdir", str(root.parent))
    monkeypatch.chdir(root)
    assert main(["run", "--json", "--report-dir", str(root.parent / "out")]) is ExitCode.OK
    said = capsys.readouterr()
    (image,) = json.loads(said.out)["images"]
    assert image["name"] == "repository"
    assert "docker is not installed" in said.err
    assert "so buildah 1." in said.err
    assert not list(root.parent.glob("bloatcheck-*"))
