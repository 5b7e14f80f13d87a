"""The sizes that bloatcheck measures are those that `docker history` and dive show, byte by byte."""

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

ROOT = Path(__file__).parents[2]
BLOATCHECK = (sys.executable, "-m", "bloatcheck")
DIVE = Path(sys.executable).with_name("dive")
WITH_LAYERS = ("scratch-static", "scratch-dynamic", "musl-static", "musl-dynamic", "debian-dynamic")

pytestmark = pytest.mark.engine


def ask_docker(*arguments: str) -> str:
    return subprocess.check_output(["docker", *arguments], text=True, timeout=60)


@pytest.fixture(scope="module")
def debian() -> str:
    """The image that the example stands on."""
    return subprocess.check_output([ROOT / "scripts/debian-image"], text=True, timeout=200).strip()


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
    progress = subprocess.run(
        [
            *BLOATCHECK,
            "run",
            "--no-enforce",
            "--config=examples/hello/.bloatcheck.yml",
            f"--report-dir={folder}",
        ],
        cwd=ROOT,
        env=environment,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=280,
    ).stdout
    if ("legacy builder" in progress) != (request.param == "legacy builder"):
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
