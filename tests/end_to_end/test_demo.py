"""`make demo` and what it builds, on a real engine: what a visitor sees, and whether its numbers are right.

One file, so that one worker runs it: the demo removes what this repository's runs built when it ends.
"""

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.docker_clients import debian_image

ROOT = Path(__file__).parents[2]
BLOATCHECK = (sys.executable, "-m", "bloatcheck")
DIVE = Path(sys.executable).with_name("dive")
WITH_LAYERS = ("scratch-static", "scratch-dynamic", "musl-static", "musl-dynamic", "debian-dynamic")

pytestmark = pytest.mark.engine


@dataclass(frozen=True)
class Demo:
    exit_code: int
    output: str
    folder: Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    # As in a job of a pull request: the demo must not take itself for that job's check.
    environment = os.environ | {
        "GITHUB_ACTIONS": "true",
        "GITHUB_TOKEN": "secret",
        "GITHUB_EVENT_PATH": "/nowhere",
    }
    result = subprocess.run(
        [ROOT / "scripts/demo", folder],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=280,
        check=False,
    )
    return Demo(result.returncode, result.stdout, folder)


def test_it_ends_well(demo: Demo) -> None:
    assert demo.exit_code == 0, demo.output


def test_it_shows_every_image_within_its_limits_and_then_the_two_that_grew(demo: Demo) -> None:
    before, after = demo.output.split("2. The same after a careless change")
    assert "exit code 0" in before
    assert "exit code 1" in after
    for image in ("empty", *WITH_LAYERS):
        assert image in before
        assert image in after


def test_it_names_the_files_that_it_leaves(demo: Demo) -> None:
    for variant in ("hello", "hello-grown"):
        assert f"{demo.folder}/{variant}" in demo.output
        for name in ("comment.md", "report.html", "report.json"):
            assert (demo.folder / variant / name).stat().st_size > 0
            assert f"\n  {name} " in demo.output


def test_the_comment_blames_the_lines_that_grew(demo: Demo) -> None:
    dockerfile = (ROOT / "examples/hello/Dockerfile.grown").read_text().splitlines()
    install = next(
        number for number, line in enumerate(dockerfile, 1) if line.startswith("RUN") and "curl" in line
    )
    comment = (demo.folder / "hello-grown/comment.md").read_text()
    assert f"Dockerfile.grown:{install}" in comment


def test_it_leaves_no_image_behind(demo: Demo) -> None:
    assert demo.exit_code == 0
    left = subprocess.check_output([*BLOATCHECK, "clean"], cwd=ROOT, text=True)
    assert "There is no image here" in left


def ask_docker(*arguments: str) -> str:
    return subprocess.check_output(["docker", *arguments], text=True, timeout=60)


@pytest.fixture(scope="module")
def debian() -> str:
    """The image that the example stands on."""
    return debian_image()


@pytest.fixture(scope="module", params=["BuildKit", "legacy builder"])
def images(
    request: pytest.FixtureRequest, debian: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """Name -> the image's snapshot in the report of a run over the example."""
    folder = tmp_path_factory.mktemp("report")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    # A distribution's own client comes first: one that was put beside it may lack BuildKit.
    environment |= {
        "DEBIAN": debian,
        "DOCKER_BUILDKIT": "1" if request.param == "BuildKit" else "0",
        "PATH": f"/usr/bin:{environment['PATH']}",
    }
    run = subprocess.run(
        [
            *BLOATCHECK,
            "run",
            "--no-enforce",
            "--config=examples/hello/.bloatcheck.yml",
            f"--report-dir={folder}",
        ],
        cwd=ROOT,
        env=environment,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=280,
    )
    assert run.returncode == 0, run.stdout
    if ("legacy builder" in run.stdout) != (request.param == "legacy builder"):
        pytest.skip(f"the docker client on this machine can't build with {request.param}")
    report = json.loads((folder / "report.json").read_text())
    yield {image["name"]: image["diff"]["after"] for image in report["images"]}
    subprocess.run([*BLOATCHECK, "clean", "--yes"], cwd=ROOT, check=True, capture_output=True, timeout=60)


def content_sizes(image: dict[str, Any]) -> list[int]:
    return [layer["content_size"] for layer in image["layers"]]


@dataclass(frozen=True)
class SavedLayer:
    """A layer of `docker save`, read by the standard library."""

    content_size: int
    link_targets: int
    """Length of all symbolic links' targets, in bytes."""
    built_here_by_buildkit: bool


def save(image_id: str, folder: Path) -> list[SavedLayer | None]:
    """One for each entry of the image's history, first to last; None for one that has no layer."""
    archive = folder / "image.tar"
    ask_docker("save", "--output", str(archive), image_id)
    with tarfile.open(archive) as outer:
        [manifest] = json.loads(read(outer, "manifest.json"))
        layers = iter(manifest["Layers"])
        return [
            None if entry.get("empty_layer") else measure(read(outer, next(layers)), entry.get("comment", ""))
            for entry in json.loads(read(outer, manifest["Config"]))["history"]
        ]


def read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file
    return file.read()


def measure(layer: bytes, comment: str) -> SavedLayer:
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        members = archive.getmembers()
    return SavedLayer(
        content_size=sum(member.size for member in members if member.isreg()),
        link_targets=sum(len(member.linkname) for member in members if member.issym()),
        built_here_by_buildkit=comment.startswith("buildkit."),
    )


@pytest.mark.parametrize("name", WITH_LAYERS)
def test_content_size_is_what_dive_shows(images: dict[str, Any], name: str, tmp_path: Path) -> None:
    exported = tmp_path / "dive.json"
    subprocess.run(
        [DIVE, images[name]["image_id"], "--json", exported], check=True, capture_output=True, timeout=120
    )
    layers = json.loads(exported.read_text())["layer"]
    assert content_sizes(images[name]) == [layer["sizeBytes"] for layer in layers]


@pytest.mark.parametrize("name", WITH_LAYERS)
def test_content_size_is_what_docker_history_shows_but_for_symbolic_links(
    images: dict[str, Any], name: str, tmp_path: Path
) -> None:
    """For a layer that the engine unpacked, `docker history` adds the lengths of the links' targets."""
    if "io.containerd.snapshotter" in ask_docker("info", "--format={{.DriverStatus}}"):
        pytest.skip("on the containerd image store docker history counts disk blocks")
    image_id = images[name]["image_id"]
    rows = ask_docker("history", "--human=false", "--format={{.Size}}", image_id).split()
    sizes = iter(content_sizes(images[name]))
    for shown, saved in zip(reversed(rows), save(image_id, tmp_path), strict=True):
        if saved is None:
            assert int(shown) == 0
        else:
            assert next(sizes) == saved.content_size
            unpacked = 0 if saved.built_here_by_buildkit else saved.link_targets
            assert int(shown) == saved.content_size + unpacked
    assert not list(sizes)


def test_an_image_of_nothing_but_metadata_is_0_bytes_in_0_layers(images: dict[str, Any]) -> None:
    assert images["empty"]["layers"] == []


@pytest.mark.parametrize("name", ["empty", *WITH_LAYERS])
def test_an_image_runs_or_fails_as_the_examples_readme_says(images: dict[str, Any], name: str) -> None:
    [row] = [
        line
        for line in (ROOT / "examples/hello/README.md").read_text().splitlines()
        if line.startswith(f"| `{name}` |")
    ]
    claim = row.split("|")[4].strip()
    result = subprocess.run(
        ["docker", "run", "--rm", images[name]["image_id"]],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if claim == "yes":
        assert result.stdout == "Hello from a container!\n"
    else:
        assert result.returncode != 0
        assert all(message in result.stderr for message in claim.split("`")[1::2])
