"""What the author of a pull request lives through: real git, Actions (act) and engine, a stateful GitHub.

The repository has two images, limits, and a baseline on main. Its workflow is the one of the README.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.comment_table import sizes_of
from support.content import filler
from support.github.act import Annotation, Job, plain, run_workflow
from support.github.emulator import BOT, BOT_TOKEN
from support.github.faults import not_found, read_only_token
from support.github.proxy import PretendGitHub
from support.github.repository import UsersRepository

pytestmark = pytest.mark.engine

WORKFLOW = """\
name: Image size
on: pull_request
permissions:
  contents: read
  pull-requests: write
jobs:
  image-size:
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
images:
  - name: api
    context: api
  - name: web
    context: web
limits:
  content-growth:
    warn: 150 kB
    fail: 250 kB
"""

DOCKERFILE = """\
FROM scratch
COPY program /program
COPY assets /assets
"""

KB = 1000

NO_PACKAGE_INDEX = {"PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_NO_CACHE_DIR": "1"}
"""For a second job on a runner that is kept: the environment that the first one made is found again."""


@dataclass
class User:
    """Someone with a repository and a pull request."""

    repository: UsersRepository
    github: PretendGitHub
    pull_request: int
    home: Path
    runs: int = 0

    def push(
        self,
        files: dict[str, str | bytes],
        *,
        token: str = BOT_TOKEN,
        from_fork: bool = False,
        environment: dict[str, str] | None = None,
    ) -> Job:
        """Pushes to the pull request and waits for the job. No token may show anywhere."""
        event = self.repository.push_to_pull_request(self.pull_request, files, from_fork=from_fork)
        self.runs += 1
        job = run_workflow(
            self.repository.path,
            event_name="pull_request",
            event=event,
            token=token,
            api_url=self.github.url,
            home=self.home / f"run-{self.runs}",
            environment=environment,
        )
        assert token not in job.everything
        assert all(token not in comment["body"] for comment in self.comments())
        return job

    def comments(self) -> list[dict[str, Any]]:
        """What stands under the pull request."""
        found = self.github.emulator.comments(self.pull_request)
        return [{**comment, "body": plain(comment["body"])} for comment in found]


@pytest.fixture
def user(running_github: PretendGitHub, tmp_path: Path) -> Iterator[User]:
    """With a clean record; afterwards the engine is as it was, and every request was one GitHub describes."""
    running_github.forget()
    repository = UsersRepository.create(
        tmp_path / "hello",
        {
            ".github/workflows/image-size.yml": WORKFLOW,
            ".bloatcheck.yml": CONFIG,
            "api/Dockerfile": DOCKERFILE,
            "api/program": filler(b"a", 500 * KB),
            "api/assets": filler(b"a", 200 * KB),
            "web/Dockerfile": DOCKERFILE,
            "web/program": filler(b"w", 300 * KB),
            "web/assets": filler(b"w", 100 * KB),
        },
    )
    bloatcheck(repository, "baseline", "update")
    repository.commit("Baseline")
    yield User(repository, running_github, running_github.emulator.open_pull_request(), tmp_path)
    assert running_github.violations == []


def bloatcheck(repository: UsersRepository, *arguments: str) -> str:
    """The program at the user's desk."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    done = subprocess.run(
        [sys.executable, "-m", "bloatcheck", *arguments],
        cwd=repository.path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def place_of(annotations: list[Annotation]) -> set[tuple[str | None, int | None]]:
    return {(annotation.file, annotation.line) for annotation in annotations}


def test_one_comment_is_created_and_then_edited(user: User) -> None:
    job = user.push({"api/assets": filler(b"b", 320 * KB)})

    assert job.succeeded, job.log
    (first,) = user.comments()
    assert first["user"]["login"] == BOT
    assert sizes_of(first["body"], "api") == ("700 kB", "820 kB")
    assert job.outputs("size")["comment-url"] == first["html_url"]

    job = user.push({"api/assets": filler(b"c", 330 * KB)}, environment=NO_PACKAGE_INDEX)

    assert job.succeeded, job.log
    (second,) = user.comments()
    assert second["id"] == first["id"]
    assert sizes_of(second["body"], "api") == ("700 kB", "830 kB")
    assert "820 kB" not in second["body"]
    assert user.github.writes() == ["POST", "PATCH"]


def test_a_growth_over_the_limit_fails_the_job_and_tells_where(user: User) -> None:
    job = user.push({"api/assets": filler(b"b", 500 * KB)})

    assert not job.succeeded
    outputs = job.outputs("size")
    assert outputs["verdict"] == "fail"
    assert outputs["exit-code"] == "1"
    assert outputs["total-before"] == str(1100 * KB)
    assert outputs["total-after"] == str(1400 * KB)
    assert outputs["total-delta"] == str(300 * KB)
    images = {image["name"]: image for image in json.loads(outputs["images"])}
    assert images["api"]["delta"] == 300 * KB
    assert images["web"]["delta"] == 0
    (comment,) = user.comments()
    assert sizes_of(comment["body"], "api") == ("700 kB", "1.00 MB")
    assert sizes_of(job.summary("size"), "api") == ("700 kB", "1.00 MB")
    errors = [annotation for annotation in job.annotations if annotation.level == "error"]
    assert place_of(errors) == {("api/Dockerfile", 3)}
    assert "300 kB" in errors[0].message

    job = user.push({"api/assets": filler(b"b", 200 * KB)})

    assert job.succeeded, job.log
    assert job.outputs("size")["verdict"] == "pass"
    (mended,) = user.comments()
    assert mended["id"] == comment["id"]
    assert "1.00 MB" not in mended["body"]


def test_a_growth_is_accepted_by_renewing_the_baseline_as_the_comment_says(user: User) -> None:
    job = user.push({"api/assets": filler(b"b", 500 * KB)})

    assert not job.succeeded
    (comment,) = user.comments()
    assert "bloatcheck baseline update --image api" in comment["body"]

    bloatcheck(user.repository, "baseline", "update", "--image", "api")
    renewed = (user.repository.path / ".bloatcheck-baseline.json").read_text()
    job = user.push({".bloatcheck-baseline.json": renewed})

    assert job.succeeded, job.log
    (accepted,) = user.comments()
    assert accepted["id"] == comment["id"]
    assert sizes_of(accepted["body"], "api") == ("700 kB", "1.00 MB")
    assert "The growth of api is accepted" in accepted["body"]


def test_nothing_to_say_means_no_comment(user: User) -> None:
    job = user.push({"README.md": "No image changes."})

    assert job.succeeded, job.log
    assert user.comments() == []
    assert job.outputs("size")["comment-url"] == ""
    assert sizes_of(job.summary("size"), "api") == ("700 kB", "700 kB")


def test_a_pull_request_from_a_fork_is_judged_though_it_can_not_be_commented(user: User) -> None:
    user.github.faults.append(read_only_token())
    job = user.push({"api/assets": filler(b"b", 500 * KB)}, from_fork=True)

    assert not job.succeeded
    assert job.outputs("size")["exit-code"] == "1"
    assert user.comments() == []
    assert "1.00 MB" in job.summary("size")
    assert "1.00 MB" in plain(Path(job.outputs("size")["comment-markdown"]).read_text())
    assert job.outputs("size")["comment-pending"] == "true"
    assert "this pull request comes from a fork, so the token only reads" in plain(job.log)
    warnings = [annotation.message for annotation in job.annotations if annotation.level == "warning"]
    assert not [warning for warning in warnings if "token" in warning or "comment" in warning]


def test_a_github_that_refuses_decides_nothing(user: User) -> None:
    user.github.faults.append(not_found())
    job = user.push({"api/assets": filler(b"b", 360 * KB)})

    assert job.succeeded, job.log
    assert job.outputs("size")["verdict"] == "warn"
    assert "(status 404)" in job.log


def test_an_image_that_does_not_build_is_told_and_the_other_is_judged(user: User) -> None:
    """Its Dockerfile tries for our token, too."""
    job = user.push(
        {
            "web/Dockerfile": "FROM scratch\nARG BLOATCHECK_TOKEN\nCOPY missing$BLOATCHECK_TOKEN /missing\n",
            "api/assets": filler(b"b", 360 * KB),
        }
    )

    assert not job.succeeded
    outputs = job.outputs("size")
    assert (outputs["verdict"], outputs["exit-code"]) == ("error", "3")
    assert json.loads(outputs["failed-images"]) == ["web"]
    assert json.loads(outputs["images"])[0]["delta"] == 160 * KB
    (comment,) = user.comments()
    assert sizes_of(comment["body"], "api") == ("700 kB", "860 kB")
    assert ("web/Dockerfile", 3) in place_of(job.annotations)
    assert "***" not in job.log
