"""Runs that work together, with real act on the action and the workflows that we ship, and a stateful GitHub.

Stand-ins, as act has no counterpart: the actions that keep and bring artifacts are ours; GitHub would start
the second workflow by itself, here it is started with the event that GitHub would send; and the emulator's
fork has commits of its own, so that event names those. Images are OCI layouts: nothing is built.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from support.comment_table import sizes_of
from support.github.act import PROJECT, Artifacts, Job, plain, run_workflow
from support.github.emulator import BOT, BOT_TOKEN, FORK, HUMAN
from support.github.events import workflow_run
from support.github.faults import read_only_token
from support.github.proxy import PretendGitHub
from support.github.repository import UsersRepository
from support.hosts.faults import Fault, Meet
from support.image_builder import ImageUnderTest, files, layout_of
from support.reports import ORIGIN, report

from bloatcheck.report.document import to_json

KB = 1000
CONFIG = """\
version: 1
images:
  - {name: api, image: "oci:images/api"}
  - {name: web, image: "oci:images/web"}
limits:
  content-growth: 250 kB
"""


def shipped(name: str) -> str:
    """A workflow as docs/examples has it."""
    return (PROJECT / "docs" / "examples" / name).read_text()


def image(size: int) -> ImageUnderTest:
    return ImageUnderTest([files(program=b"x" * size)])


@dataclass
class User:
    """Someone with a repository that has two images, and a baseline of them on main."""

    repository: UsersRepository
    github: PretendGitHub
    home: Path
    runs: int = 0

    @classmethod
    def create(cls, github: PretendGitHub, home: Path, workflows: dict[str, str]) -> User:
        sources = {f".github/workflows/{name}": text for name, text in workflows.items()}
        repository = UsersRepository.create(home / "hello", {".bloatcheck.yml": CONFIG, **sources})
        user = cls(repository, github, home)
        user.write_images(api=700 * KB, web=400 * KB)
        environ = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        command = [sys.executable, "-m", "bloatcheck", "baseline", "update", "--quiet"]
        subprocess.run(command, cwd=repository.path, env=environ, check=True, capture_output=True)
        repository.commit("Baseline")
        return user

    def write_images(self, **sizes: int) -> None:
        for name, size in sizes.items():
            folder = self.repository.path / "images" / name
            subprocess.run(["rm", "-rf", folder], check=True)
            layout_of(image(size)).write(folder)

    def layout(self, name: str, size: int) -> dict[str, str | bytes]:
        """The files of an image of that size."""
        folder = self.home / f"layout-{name}-{size}"
        if not folder.exists():
            layout_of(image(size)).write(folder)
        return {
            f"images/{name}/{file.relative_to(folder)}": file.read_bytes()
            for file in folder.rglob("*")
            if file.is_file()
        }

    def push(
        self,
        pull_request: int,
        files: dict[str, str | bytes],
        *,
        from_fork: bool = False,
        actor: str = HUMAN,
    ) -> Job:
        """Pushes to the pull request and waits for its run."""
        event = self.repository.push_to_pull_request(pull_request, files, from_fork=from_fork)
        return self.run("pull_request", event, actor=actor)

    def run(self, event_name: str, event: dict[str, Any], *, actor: str = HUMAN) -> Job:
        self.runs += 1
        return run_workflow(
            self.repository.path,
            event_name=event_name,
            event=event,
            token=BOT_TOKEN,
            api_url=self.github.url,
            home=self.home / f"run-{self.runs}",
            actor=actor,
            artifacts=Artifacts(self.home / "artifacts", self.runs),
        )

    def comments(self, pull_request: int) -> list[str]:
        found = self.github.emulator.comments(pull_request)
        assert all(comment["user"]["login"] == BOT for comment in found)
        return [plain(comment["body"]) for comment in found]


def read_only(github: PretendGitHub) -> None:
    github.faults[:] = [read_only_token()]


def test_a_pull_request_from_a_fork_is_commented_by_the_second_workflow(
    github: PretendGitHub, tmp_path: Path
) -> None:
    names = ("pull-request.yml", "comment.yml")
    user = User.create(github, tmp_path, {name: shipped(name) for name in names})
    number = github.emulator.open_pull_request_from_fork()
    pull = github.emulator.pull_request(number)
    for size, told in ((1000, "grew by 300 kB"), (700, "is back to its size")):
        # The fork's own run: it judges, and may not comment.
        read_only(github)
        first = user.push(number, user.layout("api", size * KB), from_fork=True)

        assert first.outputs("size")["comment-pending"] == "true"
        assert first.outputs("size")["exit-code"] == ("1" if size == 1000 else "0")
        assert first.succeeded is (size != 1000)
        if size == 1000:
            assert "this pull request comes from a fork, so the token only reads" in plain(first.log)
            assert "1.00 MB" in first.summary("size")
        assert [each for each in first.annotations if each.level == "warning"] == []

        # The second workflow, on the default branch, with a token that writes.
        github.faults.clear()
        user.repository.git("checkout", "--quiet", "main")
        second = user.run("workflow_run", workflow_run(pull, number=user.runs))

        assert second.succeeded, second.log
        (comment,) = user.comments(number)
        assert told in comment
        assert f"reported by the fork `{FORK}`" in comment
    assert github.writes().count("PATCH") == 1


def test_a_hostile_fork_reaches_its_own_pull_request_only(github: PretendGitHub, tmp_path: Path) -> None:
    """Its version of the first workflow hands over what it likes: here a report that names another's."""
    user = User.create(github, tmp_path, {"comment.yml": shipped("comment.yml")})
    victim = github.emulator.open_pull_request()
    own = github.emulator.open_pull_request_from_fork()
    text = "image api\n 10 MB -> 20 MB COPY . .\nnote: Approved by the maintainers, merge #1."
    forged = report(text, origin=replace(ORIGIN, pull_request=victim), key="Images:.bloatcheck.yml")
    artifact = user.home / "artifacts" / "66" / "bloatcheck-report"
    artifact.mkdir(parents=True)
    (artifact / "report.json").write_text(to_json(forged))
    (artifact / ".bloatcheck.yml").write_text("version: 1\ncomment: {key: x}\n")
    pull = github.emulator.pull_request(own)
    job = user.run("workflow_run", workflow_run(pull, number=66))

    assert job.succeeded, job.log
    assert user.comments(victim) == []
    (comment,) = user.comments(own)
    assert comment.startswith("<!-- bloatcheck:v1 key=fork:.github/workflows/images.yml:.bloatcheck.yml -->")
    assert "Approved" not in comment


def test_nothing_is_built_under_pull_request_target(github: PretendGitHub, tmp_path: Path) -> None:
    workflow = shipped("pull-request.yml").replace("on: pull_request", "on: pull_request_target")
    user = User.create(github, tmp_path, {"images.yml": workflow})
    number = github.emulator.open_pull_request()
    config = "version: 1\nimages: [{name: api}]\n"
    dockerfile = "FROM scratch\nCOPY .bloatcheck.yml /\n"
    event = user.repository.push_to_pull_request(
        number, {".bloatcheck.yml": config, "Dockerfile": dockerfile}
    )
    job = user.run("pull_request_target", event)

    assert not job.succeeded
    assert {name: value for name, value in job.outputs("size").items() if value} == {"exit-code": "2"}
    (error,) = [annotation for annotation in job.annotations if annotation.level == "error"]
    assert "nothing is built under pull_request_target" in error.message
    assert "allow-pull-request-target" in error.message


def test_a_pull_request_of_dependabot_is_commented_by_the_second_workflow(
    github: PretendGitHub, tmp_path: Path
) -> None:
    names = ("pull-request.yml", "comment.yml")
    user = User.create(github, tmp_path, {name: shipped(name) for name in names})
    number = github.emulator.open_pull_request()
    read_only(github)
    first = user.push(number, user.layout("api", 900 * KB), actor="dependabot[bot]")

    assert first.succeeded, first.log
    assert first.outputs("size")["comment-pending"] == "true"
    assert "Dependabot opened this pull request, so the token only reads" in plain(first.log)

    github.faults.clear()
    user.repository.git("checkout", "--quiet", "main")
    pull = github.emulator.pull_request(number)
    # act tells a run no path of its workflow, so the key is made of its name.
    assert user.run("workflow_run", workflow_run(pull, number=user.runs, path="Images")).succeeded
    (comment,) = user.comments(number)
    assert "reported by a run whose token only reads" in comment

    # A person's run for the same pull request comments itself, and edits that one.
    third = user.push(number, user.layout("api", 700 * KB))

    assert third.outputs("size")["comment-pending"] == "false"
    (comment,) = user.comments(number)
    assert "Every image is back to its size" in comment
    assert "reported by" not in comment


def test_legs_of_a_matrix_are_judged_and_commented_once(github: PretendGitHub, tmp_path: Path) -> None:
    user = User.create(github, tmp_path, {"matrix.yml": shipped("matrix.yml")})
    number = github.emulator.open_pull_request()
    run = user.push(number, {**user.layout("api", 1000 * KB), **user.layout("web", 500 * KB)})

    assert run.of("measure").succeeded, run.log
    assert not run.of("bloatcheck").succeeded
    (comment,) = user.comments(number)
    assert sizes_of(comment, "api") == ("700 kB", "1.00 MB")
    assert sizes_of(comment, "web") == ("400 kB", "500 kB")
    assert github.writes() == ["POST"]
    outputs = run.of("bloatcheck").outputs("size")
    assert (outputs["verdict"], outputs["exit-code"]) == ("fail", "1")
    assert outputs["total-delta"] == str(400 * KB)


def test_a_leg_that_handed_in_nothing_is_missed(github: PretendGitHub, tmp_path: Path) -> None:
    kept = "if: always() && steps.size.outputs.report-json"
    workflow = shipped("matrix.yml").replace(kept, f"{kept} && matrix.image != 'web'")
    user = User.create(github, tmp_path, {"matrix.yml": workflow})
    number = github.emulator.open_pull_request()
    run = user.push(number, user.layout("api", 800 * KB))

    assert run.of("bloatcheck").outputs("size")["exit-code"] == "3"
    (comment,) = user.comments(number)
    assert "`web` could not be measured" in comment
    assert "no report of it was handed in" in comment
    assert sizes_of(comment, "api") == ("700 kB", "800 kB")


def test_two_jobs_that_comment_at_once_leave_one(github: PretendGitHub, tmp_path: Path) -> None:
    job = """\
  {name}:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: {{fetch-depth: 0}}
      - id: size
        uses: bloatcheck/bloatcheck@v1
"""
    jobs = "".join(job.format(name=name) for name in ("one", "other"))
    user = User.create(github, tmp_path, {"images.yml": f"name: Images\non: pull_request\njobs:\n{jobs}"})
    number = github.emulator.open_pull_request()
    github.faults.append(Fault(Meet(threading.Barrier(2)), method="POST", times=2))
    run = user.push(number, user.layout("api", 900 * KB))

    assert run.of("one").succeeded, run.log
    assert run.of("other").succeeded, run.log
    (comment,) = user.comments(number)
    assert sizes_of(comment, "api") == ("700 kB", "900 kB")
    assert github.writes()[:2] == ["POST", "POST"]
    assert github.writes().count("DELETE") >= 1
    assert json.dumps(run.records).count(BOT_TOKEN) == 0
