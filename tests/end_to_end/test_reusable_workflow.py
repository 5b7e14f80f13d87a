"""The workflow that other repositories call, run by act: plan, legs by platform, one judgement, one comment.

Stand-ins, as act has no counterpart: the actions that keep and bring artifacts. Images are OCI layouts of
two platforms: nothing is built.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from support.github.act import PROJECT, Artifacts, Job, plain, run_workflow
from support.github.emulator import BOT_TOKEN
from support.github.proxy import PretendGitHub
from support.github.repository import UsersRepository
from support.image_builder import ImageUnderTest, Layout, files, named

KB = 1000
PLATFORMS = ("amd64", "arm64")
CONFIG = """\
version: 1
images:
  - {name: api, image: "oci:images/api", platforms: [linux/amd64, linux/arm64]}
  - {name: web, image: "oci:images/web", platforms: [linux/amd64, linux/arm64]}
limits:
  content-growth: 250 kB
"""
CALLER = """\
name: Images
on: pull_request
jobs:
  bloatcheck:
    uses: ./.github/workflows/legs.yml
    permissions: {contents: read, pull-requests: write}
    with:
      legs: 3
      runs-on-platform: '{}'
"""


def layout(**sizes: int) -> Layout:
    """An image of several platforms, of so many bytes on each."""
    made = Layout()
    images = [
        ImageUnderTest([files(program=b"x" * size)], architecture=architecture)
        for architecture, size in sizes.items()
    ]
    entries = [made.manifest(image, platform=image.platform) for image in images]
    made.entries = [made.index(entries, **named("latest"))]
    return made


@dataclass
class User:
    """Someone with a repository that has two images, each for two platforms, and a baseline of them."""

    repository: UsersRepository
    github: PretendGitHub
    home: Path

    @classmethod
    def create(cls, github: PretendGitHub, home: Path) -> User:
        repository = UsersRepository.create(
            home / "hello",
            {
                ".bloatcheck.yml": CONFIG,
                ".github/workflows/images.yml": CALLER,
                ".github/workflows/legs.yml": (PROJECT / ".github/workflows/legs.yml").read_text(),
            },
        )
        for name in ("api", "web"):
            layout(amd64=700 * KB, arm64=600 * KB).write(repository.path / "images" / name)
        environ = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        command = [sys.executable, "-m", "bloatcheck", "baseline", "update", "--quiet"]
        subprocess.run(command, cwd=repository.path, env=environ, check=True, capture_output=True)
        repository.commit("Baseline")
        return cls(repository, github, home)

    def push(self, number: int, **arm: int) -> Job:
        """Changes the arm64 image of some names."""
        changed: dict[str, str | bytes] = {}
        for name, size in arm.items():
            folder = self.home / f"layout-{name}-{size}"
            layout(amd64=700 * KB, arm64=size).write(folder)
            changed |= {
                f"images/{name}/{file.relative_to(folder)}": file.read_bytes()
                for file in folder.rglob("*")
                if file.is_file()
            }
        event = self.repository.push_to_pull_request(number, changed)
        return run_workflow(
            self.repository.path,
            event_name="pull_request",
            event=event,
            token=BOT_TOKEN,
            api_url=self.github.url,
            home=self.home / "run",
            artifacts=Artifacts(self.home / "artifacts", 1),
        )


def test_legs_are_planned_measured_and_judged_once(github: PretendGitHub, tmp_path: Path) -> None:
    user = User.create(github, tmp_path)
    number = github.emulator.open_pull_request()
    job = user.push(number, api=1_000 * KB)

    assert not job.succeeded
    legs = sorted((tmp_path / "artifacts" / "1").glob("bloatcheck-leg-*/report.json"))
    assert 2 <= len(legs) <= 3
    for leg in legs:
        # Each ran on a machine of its one platform, had there been one.
        platforms = {image["platform"] for image in json.loads(leg.read_text())["images"]}
        assert len(platforms) == 1
        assert leg.with_name("files.json").is_file(), "the merged report's map is as fine as the legs'"
    (comment,) = [plain(each["body"]) for each in github.emulator.comments(number)]
    assert "api (linux/arm64)" in comment
    assert "400 kB" in comment
    assert "linux/amd64" in comment


def test_a_lost_leg_is_told_by_image_and_platform(github: PretendGitHub, tmp_path: Path) -> None:
    user = User.create(github, tmp_path)
    file = user.repository.path / ".github/workflows/legs.yml"
    text = file.read_text()
    # One that neither fails nor leaves a report.
    file.write_text(
        text.replace(
            "      - if: always() && steps.size.outputs.report-json\n",
            "      - if: always() && steps.size.outputs.report-json && matrix.platform != 'linux/arm64'\n",
        )
    )
    assert file.read_text() != text
    user.repository.commit("Loses a leg")
    number = github.emulator.open_pull_request()
    job = user.push(number, api=610 * KB)

    assert not job.succeeded
    (comment,) = [plain(each["body"]) for each in github.emulator.comments(number)]
    assert "api (linux/arm64)" in comment
    assert "no report" in comment
