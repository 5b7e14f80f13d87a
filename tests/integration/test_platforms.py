"""One image for several platforms, really built: what runs nothing needs no emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.containers_tools import TOOLS, needed, own_storage
from support.docker_clients import CLIENTS, docker, present
from support.image_builder import ImageUnderTest, Layout, files, named
from support.recording_log import RecordingLog

from bloatcheck.build.choose import Builders
from bloatcheck.build.model import BuiltImage, FailedBuild
from bloatcheck.build.ours import OurTag
from bloatcheck.cli.main import main
from bloatcheck.config.load import load_config
from bloatcheck.config.model import BuilderChoice
from bloatcheck.errors import ExitCode
from bloatcheck.image.open import open_image

CONFIGURATION = """\
version: 1
images:
  - {name: api, platforms: [linux/amd64, linux/arm64, linux/riscv64]}
"""
FILES = "FROM scratch\nARG TARGETARCH\nCOPY program-$TARGETARCH /program\nENV A=1\nCMD ['/program']\n"
RUNS = "FROM scratch\nARG TARGETARCH\nCOPY program-$TARGETARCH /program\nRUN ['/program']\n".replace("'", '"')
SIZES = {"linux/amd64": 1000, "linux/arm64": 2000, "linux/riscv64": 3000}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / ".bloatcheck.yml").write_text(CONFIGURATION)
    (folder / "Dockerfile").write_text(FILES.replace("'", '"'))
    for platform, size in SIZES.items():
        program = folder / f"program-{platform.partition('/')[2]}"
        # No kernel can start it, like another platform's.
        program.write_bytes(b"x" * size)
        program.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def storage() -> Iterator[dict[str, str]]:
    with own_storage() as made:
        yield made


@pytest.fixture
def buildkit(tmp_path: Path, root: Path) -> Iterator[dict[str, str]]:
    """An environment whose docker builds with BuildKit; what it built is taken away."""
    yield present(CLIENTS[0]).environment(tmp_path)
    for name in docker("images", "--format={{.Repository}}:{{.Tag}}").split():
        if (tag := OurTag.parse(name)) and tag.belongs_to(str(root.resolve())):
            docker("rmi", "--force", name)


def build(root: Path, environment: dict[str, str], choice: BuilderChoice) -> list[BuiltImage | FailedBuild]:
    builders = Builders(
        root=root,
        log=RecordingLog(),
        run_id="1",
        repository=str(root.resolve()),
        environment=environment,
        choice=choice,
    )
    return [builders.build(spec) for spec in load_config(root).images]


def held(built: BuiltImage | FailedBuild) -> tuple[str, int]:
    """The platform that an image is for, and the bytes in it."""
    assert isinstance(built, BuiltImage), str(built.error)
    try:
        with closing(open_image(built.reference, platform=built.spec.platform)) as image:
            (layer,) = image.index_layers({layer.diff_id for layer in image.layers})
            return str(image.config.platform), layer.content_size
    finally:
        built.discard()


@pytest.mark.engine
def test_the_engine_builds_each_platform_without_an_emulator(root: Path, buildkit: dict[str, str]) -> None:
    assert dict(map(held, build(root, buildkit, BuilderChoice.DOCKER))) == SIZES


@pytest.mark.parametrize("tool", TOOLS)
def test_without_an_engine_each_platform_is_built_too(tool: str, root: Path, storage: dict[str, str]) -> None:
    assert dict(map(held, build(root, storage, BuilderChoice(needed(tool))))) == SIZES


@pytest.mark.engine
def test_each_platform_has_its_row_and_is_compared_with_itself(
    root: Path,
    buildkit: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in {**buildkit, "GITHUB_ACTIONS": ""}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(root)
    assert main(["baseline", "update"]) is ExitCode.OK
    capsys.readouterr()
    (root / "program-arm64").write_bytes(b"x" * 2500)
    assert main(["run", "--json", "--report-dir", str(root.parent / "all")]) is ExitCode.OK
    report = json.loads(capsys.readouterr().out)
    deltas = {
        image["platform"]: image["diff"]["after"]["layers"][0]["content_size"]
        - image["diff"]["before"]["layers"][0]["content_size"]
        for image in report["images"]
    }
    assert deltas == {"linux/amd64": 0, "linux/arm64": 500, "linux/riscv64": 0}
    assert {tuple(image["platforms"]) for image in report["images"]} == {tuple(SIZES)}

    # Two legs and their merge; the third one, which had something to build, is lost.
    (root / "program-riscv64").write_bytes(b"x" * 3500)
    for leg in ("linux/amd64", "linux/arm64"):
        where = root.parent / "legs" / leg.replace("/", "-")
        assert main(["run", "--leg", "--platform", leg, "--report-dir", str(where)]) is ExitCode.OK
    capsys.readouterr()
    assert main(["merge", str(root.parent / "legs"), "--json"]) is ExitCode.UNREADABLE
    merged = json.loads(capsys.readouterr().out)
    assert [image["platform"] for image in merged["images"] if image["failure"]] == ["linux/riscv64"]
    where = root.parent / "legs" / "riscv64"
    assert main(["run", "--leg", "--platform", "linux/riscv64", "--report-dir", str(where)]) is ExitCode.OK
    capsys.readouterr()
    assert main(["merge", str(root.parent / "legs")]) is ExitCode.OK


@pytest.mark.engine
def test_what_runs_programs_of_another_platform_is_told_with_what_is_missing(
    root: Path, buildkit: dict[str, str]
) -> None:
    (root / "Dockerfile").write_text(RUNS)
    last = build(root, buildkit, BuilderChoice.DOCKER)[-1]
    assert isinstance(last, FailedBuild)
    assert last.error.hint
    assert "QEMU" in last.error.hint
    assert last.error.place
    assert last.error.place.line == 4


def test_an_image_that_exists_is_read_for_each_platform_from_its_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = Layout()
    images = [
        ImageUnderTest([files(program=b"x" * size)], architecture=platform.partition("/")[2])
        for platform, size in SIZES.items()
    ]
    layout.entries = [
        layout.index([layout.manifest(image, platform=image.platform) for image in images], **named("latest"))
    ]
    layout.write(tmp_path / "layout")
    (tmp_path / ".bloatcheck.yml").write_text(
        CONFIGURATION.replace("name: api", "name: api, image: 'oci:layout'")
    )
    # No docker, buildah or podman.
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("GITHUB_ACTIONS", "")
    monkeypatch.chdir(tmp_path)
    assert main(["run", "--json", "--report-dir", str(tmp_path / "out")]) is ExitCode.OK
    found = {
        image["platform"]: image["diff"]["after"]["layers"][0]["content_size"]
        for image in json.loads(capsys.readouterr().out)["images"]
    }
    assert found == SIZES
