"""An approval used, lapsed and expired, as the people of a pull request see it: real git, act and engine.

GitHub is the stateful stand-in. Labels are not here: it has no log of pushes and no events of issues, so they
are held against GitHub's description in tests/integration/test_signs_of_approval.py.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.content import filler
from support.github.act import Job, plain, run_workflow
from support.github.emulator import ATTACKER_TOKEN, BOT, BOT_TOKEN, HUMAN_TOKEN
from support.github.proxy import PretendGitHub, pretend_github
from support.github.repository import UsersRepository

pytestmark = pytest.mark.engine

WORKFLOW = """\
name: Images
on: pull_request
permissions:
  contents: read
  pull-requests: write
jobs:
  bloatcheck:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - id: size
        uses: bloatcheck/bloatcheck@v1
"""
CONFIG = """\
version: 1
images: [{name: api}]
limits: {content-growth: 250 kB}
approve-by: {command: /bloatcheck approve}
"""
DOCKERFILE = "FROM scratch\nCOPY program /program\n"
KB = 1000
NO_PACKAGE_INDEX = {"PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_NO_CACHE_DIR": "1"}


@dataclass
class Project:
    """A repository with one pull request."""

    repository: UsersRepository
    github: PretendGitHub
    number: int
    home: Path
    event: dict[str, Any] | None = None
    runs: int = 0

    def push(self, files: dict[str, str | bytes]) -> Job:
        """Pushes, and waits for the job."""
        self.event = self.repository.push_to_pull_request(self.number, files)
        return self.run_again()

    def run_again(self) -> Job:
        """The job once more, for the same commit."""
        assert self.event is not None
        self.runs += 1
        return run_workflow(
            self.repository.path,
            event_name="pull_request",
            event=self.event,
            token=BOT_TOKEN,
            api_url=self.github.url,
            home=self.home / f"run-{self.runs}",
            environment=NO_PACKAGE_INDEX if self.runs > 1 else None,
        )

    def comment(self) -> str:
        """Ours, as a reader sees it."""
        (ours,) = (
            comment["body"]
            for comment in self.github.emulator.comments(self.number)
            if comment["user"]["login"] == BOT
        )
        return plain(ours)

    def say(self, text: str, token: str) -> None:
        """What a person writes under the pull request."""
        self.github.emulator.write_comment(self.number, text, token)


def bloatcheck(repository: UsersRepository, *arguments: str) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    subprocess.run(
        [sys.executable, "-m", "bloatcheck", *arguments], cwd=repository.path, env=environ, check=True
    )


@pytest.fixture(scope="module")
def github() -> Iterator[PretendGitHub]:
    with pretend_github() as running:
        yield running
        # The stand-in leaves out a field of the person in its answer, which nobody reads.
        assert all(
            each.endswith("permission: 'role_name' is a required property") for each in running.violations
        )


@pytest.fixture
def project(github: PretendGitHub, tmp_path: Path) -> Project:
    repository = UsersRepository.create(
        tmp_path / "hello",
        {
            ".github/workflows/images.yml": WORKFLOW,
            ".bloatcheck.yml": CONFIG,
            "Dockerfile": DOCKERFILE,
            "program": filler(b"a", 500 * KB),
        },
    )
    bloatcheck(repository, "baseline", "update")
    repository.commit("Baseline")
    return Project(repository, github, github.emulator.open_pull_request(), tmp_path)


def test_growth_is_approved_by_a_comment_of_who_may_write_until_the_next_push(project: Project) -> None:
    job = project.push({"program": filler(b"b", 900 * KB)})

    assert not job.succeeded
    offered = re.search(r"comment `(/bloatcheck approve [^`]*)…`", project.comment())
    assert offered is not None
    approval = f"{offered[1]}the codecs need ffmpeg"
    assert re.fullmatch(r"/bloatcheck approve [0-9a-f]{40} api up to 900 kB because the codecs.*", approval)

    project.say(approval, ATTACKER_TOKEN)
    job = project.run_again()

    assert not job.succeeded
    assert "mallory's approving comment approves nothing: it takes write permission" in project.comment()

    project.say(approval, HUMAN_TOKEN)
    job = project.run_again()

    assert job.succeeded, job.log
    approved = (
        "`api` content-growth is approved up to 900 kB (octo in a comment), because the codecs need ffmpeg"
    )
    assert approved in project.comment()
    assert job.outputs("size")["verdict"] == "pass"

    job = project.push({"program": filler(b"c", 890 * KB)})

    assert not job.succeeded
    assert "octo's approving comment approves nothing: it is for commit" in project.comment()
    assert "there is a newer one" in project.comment()


def test_an_entry_of_the_pull_request_is_told_first_and_one_that_has_expired_breaks_again(
    project: Project,
) -> None:
    entry = "approvals: [{image: api, up-to: 1 MB, until: UNTIL, because: the codecs need ffmpeg}]\n"
    for_long = CONFIG + entry.replace("UNTIL", "2999-01-31")
    job = project.push({"program": filler(b"b", 900 * KB), ".bloatcheck.yml": for_long})

    assert job.succeeded, job.log
    lines = [line for line in project.comment().splitlines() if line]
    assert lines[2] == "⚠️ **This change also changes the rules that it is judged by:**"
    assert lines[3].startswith("- ⚠️ approval added: api up to 1.00 MB until 2999-01-31 because the codecs")
    assert "☑️ `api` content-growth is approved up to 1.00 MB until 2999-01-31" in project.comment()

    job = project.push({".bloatcheck.yml": CONFIG + entry.replace("UNTIL", "2026-01-31")})

    assert not job.succeeded
    assert "⌛ `api` is no longer approved: up to 1.00 MB until 2026-01-31" in project.comment()
    assert "has expired" in project.comment()
