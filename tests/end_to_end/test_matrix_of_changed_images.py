"""A matrix of the images that a change touches: plan, three legs, merge, with real act, engine and git.

The workflow is the one of docs/examples. Only the actions that keep and bring artifacts are stand-ins.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.content import filler
from support.github.act import PROJECT, Artifacts, Job, plain, run_workflow
from support.github.emulator import BOT_TOKEN
from support.github.proxy import PretendGitHub
from support.github.repository import UsersRepository

pytestmark = pytest.mark.engine

KB = 1000
NAMES = ("api", "cron", "docs", "mail", "web")
WORKFLOW = (PROJECT / "docs" / "examples" / "matrix.yml").read_text()
CONFIG = "version: 1\nlimits: {content-growth: 250 kB}\nimages:\n" + "".join(
    f"- {{name: {name}, dockerfile: services/{name}/Dockerfile}}\n" for name in NAMES
)


@dataclass
class Team:
    """A repository of five images with one context, and a baseline on main."""

    repository: UsersRepository
    github: PretendGitHub
    home: Path
    runs: int = 0

    def push(self, number: int, files: dict[str, str | bytes]) -> Job:
        event = self.repository.push_to_pull_request(number, files)
        self.runs += 1
        return run_workflow(
            self.repository.path,
            event_name="pull_request",
            event=event,
            token=BOT_TOKEN,
            api_url=self.github.url,
            home=self.home / f"run-{self.runs}",
            artifacts=Artifacts(self.home / "artifacts", self.runs),
        )

    def comments(self, number: int) -> list[str]:
        found: list[dict[str, Any]] = self.github.emulator.comments(number)
        return [plain(comment["body"]) for comment in found]


def bloatcheck(repository: UsersRepository, *arguments: str) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    command = [sys.executable, "-m", "bloatcheck", *arguments]
    subprocess.run(command, cwd=repository.path, env=environ, check=True, capture_output=True)


@pytest.fixture
def team(running_github: PretendGitHub, tmp_path: Path) -> Iterator[Team]:
    running_github.forget()
    files: dict[str, str | bytes] = {
        ".github/workflows/matrix.yml": WORKFLOW,
        ".bloatcheck.yml": CONFIG,
        ".dockerignore": ".git\n.bloatcheck*\n",
        "libs/common": filler(b"c", 10 * KB),
    }
    for name in NAMES:
        files |= {
            f"services/{name}/Dockerfile": f"FROM scratch\nCOPY services/{name}/src /src\nCOPY libs /libs\n",
            f"services/{name}/src/program": name.encode() * 50 * KB,
        }
    repository = UsersRepository.create(tmp_path / "hello", files)
    bloatcheck(repository, "baseline", "update", "--quiet")
    repository.commit("Baseline")
    yield Team(repository, running_github, tmp_path)
    assert running_github.violations == []


def test_three_images_are_built_by_three_legs_and_the_others_by_none(team: Team) -> None:
    number = team.github.emulator.open_pull_request()
    changed: dict[str, str | bytes] = {
        f"services/{name}/src/more": filler(b"m", size * KB)
        for name, size in (("api", 300), ("cron", 20), ("web", 10))
    }
    run = team.push(number, changed)

    legs = run.of("measure")
    assert legs.succeeded, run.log
    built = [name for name in NAMES if f"{name}: built sha256:" in legs.log]
    assert built == ["api", "cron", "web"]
    assert len({record["matrix"]["leg"] for record in legs.records if "matrix" in record}) == 3
    merged = run.of("bloatcheck")
    assert not merged.succeeded
    outputs = merged.outputs("size")
    assert (outputs["verdict"], outputs["exit-code"]) == ("fail", "1")
    assert outputs["total-delta"] == str(330 * KB)
    (comment,) = team.comments(number)
    assert "over the limit" in comment
    assert comment.count("| not built |") == 2
    assert "built sha256:" not in merged.log


def test_a_change_that_touches_no_image_has_no_leg_and_passes(team: Team) -> None:
    number = team.github.emulator.open_pull_request()
    run = team.push(number, {"README.md": "No image takes it."})

    assert run.succeeded, run.log
    assert run.of("plan").outputs("plan")["matrix"] == '{"include": []}'
    assert run.of("measure").records == () or "built sha256:" not in run.of("measure").log
    assert run.of("bloatcheck").outputs("size")["verdict"] == "pass"
    assert run.of("bloatcheck").summary("size").count("| not built |") == len(NAMES)
    assert team.comments(number) == []
