"""What becomes of images when bake does what a real one can't be made to. Docker is a script here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from support.recording_log import RecordingLog

from bloatcheck.build.bake import BakeBuilder
from bloatcheck.build.client import DockerClient, Frontend
from bloatcheck.build.model import BuiltImage, FailedBuild
from bloatcheck.config.model import BuildSpec, BuildxSettings, ImageSpec
from bloatcheck.oci.platform import Platform
from bloatcheck.works import Work

ID = "sha256:" + "a" * 64
SPECS = [ImageSpec(name, build=BuildSpec("Dockerfile")) for name in ("api", "web")]
LOADS = f"""
case "$*" in
  *" bake "*) echo "$*" > asked; echo "$BUILDX_BAKE_ENTITLEMENTS_FS" >> asked
    for word; do case $word in --file=*) cp "${{word#*=}}" file;; esac; done;;
  *web*api*|*api*web*) exit 1;;
  *inspect*/api-*) echo {ID};;
  *) exit 1;;
esac
"""


def bake(
    root: Path, docker: str, log: RecordingLog, *, fresh: bool = False
) -> dict[int, BuiltImage | FailedBuild]:
    program = root / "docker"
    program.write_text(f"#!/bin/sh\n{docker}\n")
    program.chmod(0o755)
    (root / "Dockerfile").write_text("FROM scratch\n")
    builder = BakeBuilder(
        client=DockerClient(str(program), "28.2.2", Frontend.BUILDX, None, "0.24.0", "docker-container"),
        root=root,
        log=log,
        run_id="1",
        repository="acme/shop",
        environment={"PATH": "/usr/bin:/bin", "BLOATCHECK_TOKEN": "secret"},
        buildx=BuildxSettings(builder="ci"),
        fresh=fresh,
    )
    return builder.build(SPECS, [Work("api"), Work("web")])


def test_an_image_that_the_engine_does_not_hold_after_all_is_built_alone(tmp_path: Path) -> None:
    log = RecordingLog()
    results = bake(tmp_path, LOADS, log, fresh=True)
    assert list(results) == [0]
    built = results[0]
    assert isinstance(built, BuiltImage)
    assert built.reference == f"docker-daemon:{ID}"
    asked, entitlements = (tmp_path / "asked").read_text().splitlines()
    assert asked.startswith("buildx bake --file=")
    assert asked.endswith(" --progress=plain --builder=ci --load --no-cache")
    assert entitlements == "0"
    assert '"api"' in (tmp_path / "file").read_text()
    assert not list(Path(asked.split()[2].removeprefix("--file=")).parent.glob("*"))


def test_a_failure_that_names_no_image_leaves_all_to_be_built_alone(tmp_path: Path) -> None:
    log = RecordingLog()
    assert bake(tmp_path, "echo 'ERROR: no space left on device'; exit 1", log) == {}
    assert (
        "bake failed at one of its targets: no space left on device; the other 2 images are built one by one"
        in log.lines
    )


def test_a_bake_that_cannot_be_started_leaves_all_to_be_built_alone(tmp_path: Path) -> None:
    log = RecordingLog()
    (tmp_path / "docker").mkdir()
    builder = BakeBuilder(
        client=DockerClient(str(tmp_path / "docker"), "28.2.2", Frontend.BUILDX),
        root=tmp_path,
        log=log,
        run_id="1",
        repository="acme/shop",
        environment={},
        buildx=BuildxSettings(),
    )
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    assert builder.build(SPECS, [Work("api"), Work("web")]) == {}
    assert log.lines[-1].startswith("bake can't be started: ")


def test_an_image_for_a_platform_that_nothing_here_runs_costs_the_others_nothing(tmp_path: Path) -> None:
    program = tmp_path / "docker"
    program.write_text(f"#!/bin/sh\n{LOADS}\n")
    program.chmod(0o755)
    (tmp_path / "Dockerfile").write_text("FROM debian\nRUN make\n")
    arm, amd = Platform.parse("linux/arm64"), Platform.parse("linux/amd64")
    builder = BakeBuilder(
        client=DockerClient(
            str(program), "28.2.2", Frontend.BUILDX, amd, "0.24.0", "docker", frozenset({amd})
        ),
        root=tmp_path,
        log=RecordingLog(),
        run_id="1",
        repository="acme/shop",
        environment={"PATH": "/usr/bin:/bin"},
        buildx=BuildxSettings(),
    )
    results = builder.build([SPECS[0], replace(SPECS[1], platform=arm)], [Work("api"), Work("web")])
    assert isinstance(results[0], BuiltImage)
    failed = results[1]
    assert isinstance(failed, FailedBuild)
    assert "linux/arm64" in failed.error.message
    assert "linux" not in (tmp_path / "file").read_text()
