"""The action as it is on Gitea and Forgejo: `act`, which their runners are made of, with their environment.

The head of a pull request is checked out, as there; their API is a stateful stand-in's, held to its own
description; the remote is a bare repository.
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
from support.gitea.server import JOB_TOKEN, REPOSITORY, PretendGitea, pretend_gitea, says
from support.github.act import Job, plain, run_workflow
from support.github.repository import UsersRepository
from support.hosts.faults import Fault

pytestmark = pytest.mark.engine

PAGE = Path(__file__).parents[2] / "docs" / "gitea.md"
WORKFLOW = PAGE.read_text().partition("```yaml\n")[2].partition("```")[0].replace("https://github.com/", "")
"""The page's own, with the actions by the names that act knows."""
CONFIG = """\
version: 1
images: [{name: api, context: api}]
limits: {content-growth: 250 kB}
baseline: {renew: commit}
"""
KB = 1000


@dataclass
class Team:
    """People who push to one repository, and its runs."""

    repository: UsersRepository
    remote: Path
    gitea: PretendGitea
    home: Path
    runs: int = 0

    def git(self, *arguments: str) -> str:
        """Of the remote."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.remote, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def run(self, event_name: str, ref: str, event: dict[str, Any]) -> Job:
        """The workflow, on what is checked out, told by the host's runner."""
        self.runs += 1
        forgejo = {"FORGEJO_ACTIONS": "true"} if self.gitea.flavour == "forgejo" else {}
        job = run_workflow(
            self.repository.path,
            event_name=event_name,
            event={**event, "repository": {"full_name": REPOSITORY, "default_branch": "main"}},
            token=JOB_TOKEN,
            api_url=self.gitea.api,
            home=self.home / f"run-{self.runs}",
            environment={
                "GITEA_ACTIONS": "true",
                **forgejo,
                "GITHUB_SERVER_URL": self.gitea.url,
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_REF": ref,
                "GITHUB_SHA": self.repository.git("rev-parse", "HEAD"),
                "GITHUB_RUN_ID": str(1000 + self.runs),
                "GITHUB_RUN_NUMBER": str(self.runs),
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": f"url.{self.remote.as_uri()}.insteadOf",
                "GIT_CONFIG_VALUE_0": "https://github.com/octo/hello.git",
            },
        )
        assert JOB_TOKEN not in job.everything
        return job

    def push_to_pull_request(self, files: dict[str, str | bytes], *, head: str = REPOSITORY) -> Job:
        """A commit on its branch, which is checked out as it is."""
        branches = self.repository.git("branch", "--list", "feature")
        self.repository.git("checkout", "--quiet", *(["feature"] if branches else ["-b", "feature", "main"]))
        commit, base = self.repository.commit("A change", files), self.repository.git("rev-parse", "main")
        self.repository.git("checkout", "--quiet", "--detach", commit)
        self.gitea.push(7, commit)
        sides = {
            "merge_base": base,
            "base": {"ref": "main", "sha": base, "repo": {"full_name": REPOSITORY}},
            "head": {"ref": "feature", "sha": commit, "repo": {"full_name": head}},
        }
        event = {"action": "synchronized", "number": 7, "pull_request": {"number": 7, **sides}}
        return self.run("pull_request", "refs/pull/7/head", event)

    def push_to_main(self, files: dict[str, str | bytes]) -> Job:
        self.repository.git("checkout", "--quiet", "main")
        before = self.repository.git("rev-parse", "main")
        after = self.repository.commit("A change", files)
        self.repository.git("push", "--quiet", str(self.remote), "main")
        event = {"ref": "refs/heads/main", "before": before, "after": after}
        return self.run("push", "refs/heads/main", event)


@pytest.fixture(scope="module", params=["gitea", "forgejo"])
def running(request: pytest.FixtureRequest) -> Iterator[PretendGitea]:
    with pretend_gitea(request.param) as gitea:
        yield gitea


@pytest.fixture
def team(running: PretendGitea, tmp_path: Path) -> Iterator[Team]:
    """With a baseline on main; afterwards every request was one that the API describes."""
    running.reset()
    repository = UsersRepository.create(
        tmp_path / "shop",
        {
            ".github/workflows/image-size.yml": WORKFLOW,
            ".bloatcheck.yml": CONFIG,
            "api/Dockerfile": "FROM scratch\nCOPY program /program\nCOPY assets /assets\n",
            "api/program": filler(b"a", 500 * KB),
            "api/assets": filler(b"a", 200 * KB),
        },
    )
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", remote], check=True)
    try:
        bloatcheck(repository, "baseline", "update")
        repository.commit("Baseline")
        repository.git("push", "--quiet", str(remote), "main")
        yield Team(repository, remote, running, tmp_path)
    finally:
        told = {"GITHUB_SERVER_URL": running.url, "GITHUB_REPOSITORY": REPOSITORY}
        bloatcheck(repository, "clean", "--yes", GITHUB_ACTIONS="true", GITEA_ACTIONS="true", **told)
    assert running.violations == []


def bloatcheck(repository: UsersRepository, *arguments: str, **variables: str) -> None:
    """The program at somebody's desk."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    subprocess.run(
        [sys.executable, "-m", "bloatcheck", *arguments],
        cwd=repository.path,
        env=environ | variables,
        capture_output=True,
        check=True,
    )


def test_one_comment_is_created_and_then_edited_and_a_growth_over_the_limit_fails_the_job(team: Team) -> None:
    job = team.push_to_pull_request({"api/assets": filler(b"b", 320 * KB)})

    assert job.succeeded, job.log
    (first,) = team.gitea.pulls[7].comments
    assert first["user"]["login"] == team.gitea.bot
    assert "`api` grew by 120 kB" in plain(first["body"])
    assert job.outputs("size")["comment-url"] == first["html_url"]
    number = {"gitea": 1001, "forgejo": 1}[team.gitea.flavour]
    assert f"{team.gitea.url}/{REPOSITORY}/actions/runs/{number})" in first["body"]

    job = team.push_to_pull_request({"api/assets": filler(b"c", 520 * KB)})

    assert not job.succeeded
    outputs = job.outputs("size")
    assert (outputs["verdict"], outputs["exit-code"], outputs["total-delta"]) == ("fail", "1", "320000")
    (second,) = team.gitea.pulls[7].comments
    assert second["id"] == first["id"]
    assert "`api` grew by 320 kB" in plain(second["body"])
    assert "/src/commit/" in second["body"]
    assert "`api` grew by 320 kB" in job.summary("size")
    error = next(note.message for note in job.annotations if note.level == "error")
    assert error.startswith("api/Dockerfile:3: ")
    assert team.gitea.writes() == ["POST", "PATCH"]


def test_a_push_to_main_renews_the_baseline(team: Team) -> None:
    job = team.push_to_main({"api/assets": filler(b"b", 300 * KB)})

    assert job.succeeded, job.log
    author = team.git("log", "-1", "--format=%an: %s", "main")
    assert author == f"{team.gitea.bot}: Renew the image size baseline [skip ci]"


def test_a_fork_whose_token_may_not_comment_is_judged(team: Team) -> None:
    team.gitea.faults.append(Fault(says(403, "Forbidden"), method="POST|PATCH|DELETE"))
    job = team.push_to_pull_request({"api/assets": filler(b"b", 520 * KB)}, head="mallory/shop")

    assert not job.succeeded
    assert job.outputs("size")["exit-code"] == "1"
    assert "this pull request comes from a fork, so the token only reads" in plain(job.log)
    assert "grew by 320 kB" in plain(Path(job.outputs("size")["comment-markdown"]).read_text())
