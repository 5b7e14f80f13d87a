"""The CI/CD components from end to end: each line of their jobs, in a shell executor's clones, and an engine.

Only what installs bloatcheck is another command, for it is not released; and the lines that ask a
distribution for packages are left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.containers_tools import own_storage
from support.engines import tls_engine
from support.git import Repository
from support.gitlab.component import Done, Runner, component, job
from support.gitlab.jobs import merge_request, push
from support.gitlab.server import BOT_TOKEN, PretendGitLab, pretend_gitlab

pytestmark = pytest.mark.engine

CONFIG = """\
version: 1
images:
  - {name: api, context: api}
  - {name: web, context: web}
  - {name: job, context: job}
limits: {content-growth: 250 kB}
exports: [codequality, junit, openmetrics]
baseline: {renew: commit}
"""
DOCKERFILE = "FROM scratch\nCOPY assets /assets\n"
INSTALL = "bloatcheck --version"
KB = 1000


@dataclass
class Project:
    """Merge request 7 and main, of a project whose pipelines a runner beside it runs."""

    gitlab: PretendGitLab
    origin: Repository
    runner: Runner
    matrix: dict[str, Any] = field(
        default_factory=lambda: component("matrix", engine="runner", install=INSTALL)
    )

    def predefined(self, variables: dict[str, str]) -> dict[str, str]:
        return {**variables, "CI_API_V4_URL": self.gitlab.api, "BLOATCHECK_TOKEN": BOT_TOKEN}

    def change(self, **sizes: int) -> dict[str, str]:
        """Pushes to the merge request; its job's variables."""
        self.origin.git("checkout", "-q", "-B", "feature", "main")
        head = self.write(**sizes)
        self.origin.git("checkout", "-q", "main")
        self.gitlab.push(7, head)
        parted = self.origin.git("rev-parse", "main")
        return self.predefined(merge_request("detached", head, parted))

    def write(self, **sizes: int) -> str:
        for name, size in sizes.items():
            (self.origin.root / name).mkdir(exist_ok=True)
            (self.origin.root / name / "Dockerfile").write_text(DOCKERFILE)
            (self.origin.root / name / "assets").write_bytes(name[:1].encode() * size)
        self.origin.git("add", ".")
        return self.origin.commit()

    def pipeline(self, predefined: dict[str, str]) -> tuple[list[Done], Done]:
        """The matrix: what its legs left, and the job that judges them."""
        plan = self.runner.run(job(self.matrix, "bloatcheck-plan"), predefined)
        assert plan.status == 0, plan.log
        child: dict[str, Any] = {}
        for file in self.matrix["bloatcheck-legs"]["trigger"]["include"]:
            child |= yaml.safe_load((plan.clone / file["artifact"]).read_text())
        of_child = {**predefined, "CI_PIPELINE_SOURCE": "parent_pipeline"}
        legs = [
            self.runner.run(
                job(child, "bloatcheck-leg"), of_child, **child["variables"], BLOATCHECK_LEG=number
            )
            for number in (self._legs(child) if "bloatcheck-leg" in child else [])
        ]
        merge = job(child, "bloatcheck")
        return legs, self.runner.run(merge, of_child, after=tuple(legs), left=("bloatcheck-legs",))

    def _legs(self, child: dict[str, Any]) -> list[str]:
        (one,) = child["bloatcheck-leg"]["parallel"]["matrix"]
        numbers: list[str] = one["BLOATCHECK_LEG"]
        return numbers


@pytest.fixture(scope="module")
def running() -> Iterator[PretendGitLab]:
    with pretend_gitlab() as gitlab:
        yield gitlab


@pytest.fixture
def project(running: PretendGitLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """With a baseline on main; afterwards every request was one that GitLab describes."""
    running.reset()
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    origin = Repository(tmp_path / "origin")
    origin.root.mkdir()
    origin.git("init", "-q", "-b", "main")
    origin.git("config", "receive.denyCurrentBranch", "updateInstead")
    (origin.root / ".bloatcheck.yml").write_text(CONFIG)
    (tmp_path / "home").mkdir()
    made = Project(running, origin, Runner(origin.root, tmp_path / "home"))
    made.write(api=500 * KB, web=300 * KB, job=100 * KB)
    bloatcheck(origin.root, "baseline", "update")
    origin.git("add", ".")
    origin.commit()
    try:
        yield made
    finally:
        bloatcheck(origin.root, "clean", "--yes")
        bloatcheck(origin.root, "clean", "--yes", **push(origin.git("rev-parse", "main")))
    assert running.violations == []


def bloatcheck(folder: Path, *arguments: str, **variables: str) -> None:
    program = [sys.executable, "-m", "bloatcheck", *arguments]
    environment = {**os.environ, **variables}
    done = subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_matrix_writes_one_note_of_what_changed_and_edits_it(project: Project) -> None:
    legs, merged = project.pipeline(project.change(api=900 * KB, web=320 * KB))

    assert [leg.status for leg in legs] == [0, 0], [leg.log for leg in legs]
    assert merged.status == 1, merged.log
    assert "merge request !7: comment created" in merged.log
    (body,) = project.gitlab.bodies()
    text = body.replace("\N{NO-BREAK SPACE}", " ")
    assert "`api` grew by 400 kB" in text
    assert "`web`" in text
    report = json.loads((merged.clone / "bloatcheck-report" / "report.json").read_text())
    told = {image["name"]: image.get("unbuilt") for image in report["images"]}
    assert told["api"] is told["web"] is None
    assert "inputs unchanged" in (told["job"] or "")
    for name in ("gl-code-quality-report.json", "junit.xml", "metrics.prom", "bloatcheck.env"):
        assert (merged.clone / "bloatcheck-report" / name).is_file(), name
    assert "BLOATCHECK_VERDICT=fail" in (merged.clone / "bloatcheck-report" / "bloatcheck.env").read_text()

    legs, merged = project.pipeline(project.change(api=510 * KB))

    assert [leg.status for leg in (*legs, merged)] == [0, 0], merged.log
    assert len(project.gitlab.bodies()) == 1
    assert project.gitlab.writes() == ["POST", "PUT"]


def test_a_change_of_no_image_has_a_child_pipeline_without_legs(project: Project) -> None:
    legs, merged = project.pipeline(project.change())
    assert (legs, merged.status) == ([], 0), merged.log
    assert project.gitlab.bodies() == []


def test_a_leg_that_can_not_build_is_told_in_the_note(project: Project) -> None:
    variables = project.change(api=510 * KB)
    project.origin.git("checkout", "-q", "feature")
    (project.origin.root / "web" / "Dockerfile").write_text("FROM scratch\nCOPY missing /missing\n")
    project.origin.git("add", ".")
    head = project.origin.commit()
    project.origin.git("checkout", "-q", "main")
    legs, merged = project.pipeline({**variables, "CI_COMMIT_SHA": head})
    assert sorted(leg.status for leg in legs) == [0, 3]
    assert merged.status == 3, merged.log
    (body,) = project.gitlab.bodies()
    assert "web" in body


def test_a_matrix_on_the_default_branch_renews_the_baseline(project: Project) -> None:
    before = project.origin.git("rev-parse", "main")
    after = project.write(api=700 * KB)
    legs, merged = project.pipeline(project.predefined(push(after, before)))
    assert [leg.status for leg in legs] == [0]
    assert "the baseline is renewed" in merged.log, merged.log
    assert project.origin.git("log", "-1", "--format=%an: %s", "main") == (
        "bloatcheck: Renew the image size baseline [skip ci]"
    )


def test_a_single_job_does_the_same(project: Project) -> None:
    single = component("run", engine="runner", install=INSTALL, options="--quiet")
    done = project.runner.run(job(single, "bloatcheck"), project.change(api=900 * KB))
    assert done.status == 1, done.log
    assert "`api` grew by" in project.gitlab.bodies()[0]
    for path in single["bloatcheck"]["artifacts"]["reports"].values():
        assert (done.clone / path).is_file(), path


def test_a_job_without_a_daemon_builds_with_buildah(project: Project) -> None:
    with own_storage() as environment:
        single = component("run", engine="buildah", install=INSTALL)
        described = without_packages(job(single, "bloatcheck"), "dnf")
        described["variables"] |= {
            "CONTAINERS_STORAGE_CONF": environment["CONTAINERS_STORAGE_CONF"],
            "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
        }
        done = project.runner.run(described, project.change(api=900 * KB))
    assert "buildah" in done.log
    assert done.status == 1, done.log
    assert "`api` grew by" in project.gitlab.bodies()[0]


@pytest.mark.slow
def test_a_docker_in_docker_service_is_built_with_and_read_through_tls(project: Project) -> None:
    single = component("run", engine="docker", install=INSTALL)
    described = without_packages(job(single, "bloatcheck"), "apk", "python3 -m venv")
    variables = project.change(api=900 * KB)
    # In the network of that engine no GitLab is reached.
    variables.pop("BLOATCHECK_TOKEN")
    with tls_engine() as engine:
        described["variables"] |= engine.variables
        done = project.runner.run(described, variables, inside=engine.inside)
    assert done.status == 1, done.log
    values = (done.clone / "bloatcheck-report" / "bloatcheck.env").read_text().splitlines()
    assert "BLOATCHECK_TOTAL_DELTA=400000" in values


def without_packages(described: dict[str, Any], *tools: str) -> dict[str, Any]:
    kept = [line for line in described["before_script"] if not line.startswith(tools)]
    assert len(kept) == len(described["before_script"]) - len(tools)
    return {**described, "before_script": kept}
