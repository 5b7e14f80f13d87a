"""The baseline from push to push: real git with a remote, Actions (act), an engine, and a stateful GitHub.

`actions/checkout` is act's own, which takes the work tree as it lies; the remote is a bare repository in the
place of github.com.
"""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from support.comment_table import sizes_of
from support.content import filler
from support.github.act import Artifacts, Job, plain, run_workflow
from support.github.artifacts import stored_artifact
from support.github.emulator import BOT_TOKEN, REPOSITORY
from support.github.proxy import PretendGitHub
from support.github.repository import UsersRepository
from support.hosts.faults import Fault, Reply

from bloatcheck.baseline.document import from_json
from bloatcheck.baseline.history import points_of

pytestmark = pytest.mark.engine

FILE = ".bloatcheck-baseline.json"
KB = 1000
WORKFLOW = """\
name: Image size
on: [pull_request, push, merge_group]
permissions:
  contents: write
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


@dataclass
class Team:
    """People who push to one repository, and its runs."""

    repository: UsersRepository
    remote: Path
    github: PretendGitHub
    home: Path
    runs: int = 0

    @property
    def artifacts(self) -> Path:
        """What runs have left, by their number."""
        return self.home / "artifacts"

    def run(self, event_name: str, event: dict[str, Any]) -> Job:
        """The workflow, on what is checked out."""
        self.runs += 1
        repository = {"full_name": REPOSITORY, "default_branch": "main", "name": "hello"}
        job = run_workflow(
            self.repository.path,
            event_name=event_name,
            event={**event, "repository": repository},
            token=BOT_TOKEN,
            api_url=self.github.url,
            home=self.home / f"run-{self.runs}",
            artifacts=Artifacts(self.artifacts, self.runs),
            environment={
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": f"url.{self.remote.as_uri()}.insteadOf",
                "GIT_CONFIG_VALUE_0": f"https://github.com/{REPOSITORY}.git",
            },
        )
        assert BOT_TOKEN not in job.everything
        return job

    def git(self, *arguments: str) -> str:
        """Of the remote."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.remote, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def push(self, files: dict[str, str | bytes], message: str = "A change") -> Job:
        """A commit on main, and the run for it."""
        self.repository.git("checkout", "--quiet", "main")
        self.repository.git("pull", "--quiet", "--rebase", str(self.remote), "main")
        self.repository.commit(message, files)
        return self.run_main()

    def run_main(self) -> Job:
        """What main stands at is pushed, and runs."""
        before = self.git("rev-parse", "main")
        self.repository.git("push", "--quiet", str(self.remote), "main")
        after = self.repository.git("rev-parse", "main")
        return self.run(
            "push", {"ref": "refs/heads/main", "before": before, "after": after, "deleted": False}
        )

    def sizes(self) -> dict[str, int]:
        """What the baseline on main says."""
        content = self.git("show", f"main:{FILE}").encode()
        return {entry.snapshot.name: entry.snapshot.content_size for entry in from_json(content, FILE)}

    def comment(self, number: int) -> str:
        """What stands under a pull request."""
        (comment,) = self.github.emulator.comments(number)
        return plain(comment["body"])

    def pull_request(self, number: int, *, base: str, head: str, base_ref: str = "main") -> Job:
        """The run for a pull request, on its test merge."""
        base_sha, head_sha = self.repository.git("rev-parse", base), self.repository.git("rev-parse", head)
        self.repository.git("checkout", "--quiet", "--detach", base_sha)
        self.repository.git(
            "merge", "--quiet", "--no-ff", "--message", f"Merge {head_sha} into {base_sha}", head_sha
        )
        side = {"repo": {"full_name": REPOSITORY, "fork": False}}
        return self.run(
            "pull_request",
            {
                "action": "synchronize",
                "number": number,
                "pull_request": {
                    "number": number,
                    "head": {"sha": head_sha, "ref": head, **side},
                    "base": {"sha": base_sha, "ref": base_ref, **side},
                },
            },
        )


def team_with(github: PretendGitHub, folder: Path, settings: str, workflow: str = WORKFLOW) -> Iterator[Team]:
    github.forget()
    repository = UsersRepository.create(
        folder / "hello",
        {
            ".github/workflows/image-size.yml": workflow,
            ".bloatcheck.yml": f"version: 1\nimages: [{{name: api}}]\nbaseline: {settings}\n"
            "comment: {when: always}\n",
            ".dockerignore": "*\n!program\n",
            "Dockerfile": "FROM scratch\nCOPY program /program\n",
            "program": filler(b"a", 500 * KB),
        },
    )
    remote = folder / "remote.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", repository.path, remote], check=True)
    team = Team(repository, remote, github, folder)
    yield team
    assert github.violations == []


@pytest.fixture
def committing(running_github: PretendGitHub, tmp_path: Path) -> Iterator[Team]:
    yield from team_with(running_github, tmp_path, "{renew: commit}")


@pytest.fixture
def branching(running_github: PretendGitHub, tmp_path: Path) -> Iterator[Team]:
    yield from team_with(running_github, tmp_path, "{sources: [branch], renew: branch}")


@pytest.fixture
def leaving(running_github: PretendGitHub, tmp_path: Path) -> Iterator[Team]:
    """With the steps of docs/examples/renewal.yml."""
    example = (Path(__file__).parents[2] / "docs" / "examples" / "renewal.yml").read_text()
    events = 'on:\n  push:\n    branches: [main]\n  schedule:\n    - cron: "17 3 * * *"\n'
    workflow = example.replace(events, "on: [push, pull_request]\n")
    assert workflow != example
    settings = "{sources: [artifact], renew: artifact}"
    yield from team_with(running_github, tmp_path, settings, workflow)


@pytest.fixture
def building(running_github: PretendGitHub, tmp_path: Path) -> Iterator[Team]:
    yield from team_with(running_github, tmp_path, "{sources: [branch, build]}")


def test_a_push_to_main_renews_the_baseline_by_one_commit_and_starts_no_loop(committing: Team) -> None:
    job = committing.push({"program": filler(b"b", 800 * KB)})

    assert job.succeeded, job.log
    assert committing.sizes() == {"api": 800 * KB}
    assert committing.git("show", "-s", "--format=%an %s", "main") == (
        "github-actions[bot] Renew the image size baseline [skip ci]"
    )
    assert "the baseline is renewed in" in plain(job.log)
    renewal = committing.git("rev-parse", "main")

    # As if something had started a run for it all the same.
    committing.repository.git("pull", "--quiet", str(committing.remote), "main")
    job = committing.run(
        "push", {"ref": "refs/heads/main", "before": f"{renewal}~1", "after": renewal, "deleted": False}
    )
    assert job.succeeded, job.log
    assert "the renewal's own commit" in plain(job.log)
    assert committing.git("rev-parse", "main") == renewal


def test_a_branch_of_its_own_keeps_every_commit_so_that_creep_is_not_blamed_on_the_next_change(
    branching: Team,
) -> None:
    for size in (510, 520):
        job = branching.push({"program": filler(b"b", size * KB)})
        assert job.succeeded, job.log
    main = branching.git("rev-parse", "main")
    points = points_of(branching.git("show", "bloatcheck-baseline:history.jsonl").encode())
    assert [point.content_size for point in points] == [510 * KB, 520 * KB]
    assert branching.git("log", "-1", "--format=%s", "main") == "A change"

    number = branching.github.emulator.open_pull_request()
    branching.repository.git("checkout", "--quiet", "-b", "feature", "main")
    branching.repository.commit("A feature", {"program": filler(b"c", 530 * KB)})
    job = branching.pull_request(number, base="main", head="feature")

    assert job.succeeded, job.log
    comment = branching.comment(number)
    assert sizes_of(comment, "api") == ("520 kB", "530 kB")
    assert f"the branch bloatcheck-baseline, measured at `{main[:12]}`, what the pull request was" in comment
    assert ", today" in comment


@pytest.mark.slow
def test_a_stacked_pull_request_shows_its_own_growth_only(committing: Team) -> None:
    """The branch below has renewed its entry; main has not moved."""
    committing.push({"program": filler(b"b", 500 * KB)})
    repository = committing.repository
    repository.git("checkout", "--quiet", "-b", "below", "main")
    repository.commit("Below", {"program": filler(b"c", 900 * KB)})
    desk = subprocess.run(
        ["bloatcheck", "baseline", "update"], cwd=repository.path, capture_output=True, text=True, check=True
    )
    assert "900 kB" in desk.stdout
    repository.commit("Its baseline")
    repository.git("checkout", "--quiet", "-b", "above")
    repository.commit("Above", {"program": filler(b"d", 950 * KB)})
    number = committing.github.emulator.open_pull_request()
    job = committing.pull_request(number, base="below", head="above", base_ref="below")

    assert job.succeeded, job.log
    assert sizes_of(committing.comment(number), "api") == ("900 kB", "950 kB")


@pytest.mark.slow
def test_a_merge_queue_is_judged_against_the_queues_base(committing: Team) -> None:
    committing.push({"program": filler(b"b", 800 * KB)})
    repository = committing.repository
    repository.git("pull", "--quiet", "--rebase", str(committing.remote), "main")
    base = repository.git("rev-parse", "main")
    repository.git("checkout", "--quiet", "-b", "gh-readonly-queue/main/pr-7-x", "main")
    head = repository.commit("Queued", {"program": filler(b"c", 810 * KB)})
    job = committing.run(
        "merge_group",
        {
            "action": "checks_requested",
            "merge_group": {
                "base_sha": base,
                "base_ref": "refs/heads/main",
                "head_sha": head,
                "head_ref": "refs/heads/gh-readonly-queue/main/pr-7-x",
            },
        },
    )

    assert job.succeeded, job.log
    (image,) = json.loads(job.outputs("size")["images"])
    assert (image["before"], image["after"]) == (800 * KB, 810 * KB)
    assert "the merge queue's base" in plain(job.summary("size"))


@pytest.mark.slow
def test_a_rebased_pull_request_is_compared_with_what_it_stands_on_now(committing: Team) -> None:
    repository = committing.repository
    repository.git("checkout", "--quiet", "-b", "feature", "main")
    repository.commit("A feature", {"README.md": "new"})
    committing.push({"program": filler(b"b", 800 * KB)})
    repository.git("pull", "--quiet", "--rebase", str(committing.remote), "main")
    repository.git("rebase", "--quiet", "main", "feature")
    number = committing.github.emulator.open_pull_request()
    job = committing.pull_request(number, base="main", head="feature")

    assert job.succeeded, job.log
    assert sizes_of(committing.comment(number), "api") == ("800 kB", "800 kB")


@pytest.mark.slow
def test_a_protected_main_gets_a_pull_request(committing: Team) -> None:
    """The emulator has a git of its own, so the branch is put there by hand."""
    hook = committing.remote / "hooks" / "update"
    hook.write_text(f'#!/bin/sh\n[ "$1" != refs/heads/main ] || [ ! -e {committing.home}/protected ]\n')
    hook.chmod(0o755)
    api, repository = committing.github.emulator.api, f"/repos/{REPOSITORY}"
    main = api("GET", f"{repository}/git/ref/heads/main")["object"]["sha"]
    api("POST", f"{repository}/git/refs", ref="refs/heads/bloatcheck/baseline-renewal", sha=main)
    words = {"message": "x", "content": "eA==", "branch": "bloatcheck/baseline-renewal"}
    api("PUT", f"{repository}/contents/renewed", **words)
    committing.repository.git("checkout", "--quiet", "main")
    committing.repository.commit("A change", {"program": filler(b"b", 800 * KB)})
    before = committing.git("rev-parse", "main")
    committing.repository.git("push", "--quiet", str(committing.remote), "main")
    (committing.home / "protected").touch()
    after = committing.git("rev-parse", "main")
    job = committing.run(
        "push", {"ref": "refs/heads/main", "before": before, "after": after, "deleted": False}
    )

    assert job.succeeded, job.log
    assert committing.git("rev-parse", "main") == after
    (pull,) = [one for one in api("GET", f"{repository}/pulls") if one["title"].startswith("Renew")]
    assert pull["head"]["ref"] == "bloatcheck/baseline-renewal"
    assert "- api on linux/amd64: 800 kB" in plain(pull["body"])
    assert pull["html_url"] in job.log
    assert committing.git("show", "-s", "--format=%s", "bloatcheck/baseline-renewal") == (
        "Renew the image size baseline"
    )


@pytest.mark.slow
def test_where_nothing_was_kept_the_base_is_built(building: Team) -> None:
    repository = building.repository
    repository.git("checkout", "--quiet", "-b", "feature", "main")
    repository.commit("A feature", {"program": filler(b"c", 530 * KB)})
    base = repository.git("rev-parse", "main")
    number = building.github.emulator.open_pull_request()
    job = building.pull_request(number, base="main", head="feature")

    assert job.succeeded, job.log
    comment = building.comment(number)
    assert sizes_of(comment, "api") == ("500 kB", "530 kB")
    assert "There is no branch bloatcheck-baseline yet." in comment
    assert f"a build of `{base[:12]}`, what the pull request was test-merged into" in comment
    assert repository.git("worktree", "list").count("\n") == 0


@pytest.mark.slow
def test_what_a_run_on_main_left_as_artifact_is_what_the_next_change_is_compared_with(leaving: Team) -> None:
    """The step that uploads is a stand-in, and so is GitHub's store; how it is asked for it, is real."""
    job = leaving.push({"program": filler(b"b", 600 * KB)})
    assert job.succeeded, job.log
    main = leaving.git("rev-parse", "main")
    (file,) = leaving.artifacts.rglob("bloatcheck-baseline.json")
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(file, file.name)
    listed = stored_artifact(number=5, commit=main)
    body = json.dumps({"total_count": 1, "artifacts": [listed]}).encode()
    leaving.github.faults += [
        Fault(Reply(200, body), path=".*/actions/artifacts"),
        Fault(
            Reply(200, packed.getvalue(), {"Content-Type": "application/zip"}, lawful=False), path=".*/zip"
        ),
    ]

    leaving.repository.git("checkout", "--quiet", "-b", "feature", "main")
    leaving.repository.commit("A feature", {"program": filler(b"c", 640 * KB)})
    number = leaving.github.emulator.open_pull_request()
    job = leaving.pull_request(number, base="main", head="feature")

    assert job.succeeded, job.log
    comment = leaving.comment(number)
    assert sizes_of(comment, "api") == ("600 kB", "640 kB")
    assert f"the artifact of run 1005, measured at `{main[:12]}`, what the pull request was" in comment
    assert len(list(leaving.artifacts.rglob("bloatcheck-baseline.json"))) == 1
