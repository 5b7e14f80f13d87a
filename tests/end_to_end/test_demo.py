"""`make demo`: what a visitor sees first, on a real engine."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

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
    for image in (
        "empty",
        "scratch-static",
        "scratch-dynamic",
        "musl-static",
        "musl-dynamic",
        "debian-dynamic",
    ):
        assert image in before
        assert image in after


def test_it_names_the_files_that_it_leaves(demo: Demo) -> None:
    for variant in ("hello", "hello-grown"):
        for name in ("comment.md", "report.json"):
            assert (demo.folder / variant / name).stat().st_size > 0
            assert f"{variant}/{name}" in demo.output


def test_the_comment_blames_the_lines_that_grew(demo: Demo) -> None:
    dockerfile = (ROOT / "examples/hello/Dockerfile.grown").read_text().splitlines()
    install = next(
        number for number, line in enumerate(dockerfile, 1) if line.startswith("RUN") and "curl" in line
    )
    comment = (demo.folder / "hello-grown/comment.md").read_text()
    assert f"Dockerfile.grown:{install}" in comment


def test_it_leaves_no_image_behind(demo: Demo) -> None:
    assert demo.exit_code == 0
    left = subprocess.check_output([sys.executable, "-m", "bloatcheck", "clean"], cwd=ROOT, text=True)
    assert "holds no image" in left
