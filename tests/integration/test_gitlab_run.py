"""`bloatcheck run` in a GitLab job as its variables describe it, without an engine."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.git import Repository
from support.gitlab.jobs import merge_request, push
from support.gitlab.server import BOT_TOKEN, PretendGitLab, pretend_gitlab
from support.image_builder import ImageUnderTest, files, layout_of

from bloatcheck.cli.common import child_environment
from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode

CONFIGURATION = """\
version: 1
images: [{name: api, image: "oci:layout"}]
limits: {content-growth: 1 kB}
exports: [codequality, junit, openmetrics]
baseline: {renew: RENEW}
"""


@dataclass
class Job:
    """A clone in which a job runs."""

    gitlab: PretendGitLab
    origin: Repository
    clone: Repository
    environ: Callable[[dict[str, str]], None]

    def measure(self, size: int) -> None:
        layout_of(ImageUnderTest([files(a=b"x" * size)])).write(self.clone.root / "layout")

    def run(self, variables: dict[str, str], *options: str) -> ExitCode:
        self.environ({**variables, "CI_API_V4_URL": self.gitlab.api})
        return main(["run", "--report-dir", "report", *options])

    def file(self, name: str) -> str:
        return (self.clone.root / "report" / name).read_text()


@pytest.fixture(scope="module")
def running() -> Iterator[PretendGitLab]:
    with pretend_gitlab() as gitlab:
        yield gitlab


@pytest.fixture
def job(running: PretendGitLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    running.reset()
    for name in [
        name for name in os.environ if name.startswith(("GITHUB_", "CI_", "GITLAB_", "BLOATCHECK_"))
    ]:
        monkeypatch.delenv(name)

    def environ(variables: dict[str, str]) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    origin = Repository(tmp_path / "origin")
    origin.root.mkdir()
    origin.git("init", "-q", "-b", "main")
    origin.git("config", "receive.denyCurrentBranch", "ignore")
    (origin.root / ".gitignore").write_text("layout\nreport\n")
    base = origin.commit(**{".bloatcheck.yml": CONFIGURATION.replace("RENEW", "commit")})
    clone = origin.clone(tmp_path / "clone", base)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(clone.root)
    yield Job(running, origin, clone, environ)
    assert running.violations == []


def test_a_merge_request_gets_one_note_and_a_push_to_main_renews_the_baseline(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    base = job.origin.git("rev-parse", "main")
    job.measure(2_000)
    assert job.run(push(base, GITLAB_TOKEN=BOT_TOKEN)) is ExitCode.OK
    assert "the baseline is renewed in" in capsys.readouterr().out
    renewed = job.origin.git("rev-parse", "main")
    assert job.origin.git("log", "-1", "--format=%an: %s", "main") == (
        "bloatcheck: Renew the image size baseline [skip ci]"
    )

    job.clone.git("fetch", "-q", "origin", "main")
    job.clone.git("checkout", "-q", "--detach", renewed)
    head = job.clone.commit(change="1")
    job.gitlab.push(7, head)
    job.measure(9_000)
    variables = merge_request("detached", head, renewed, GITLAB_TOKEN=BOT_TOKEN)
    assert job.run(variables) is ExitCode.LIMIT_BROKEN
    out = capsys.readouterr().out
    assert "merge request !7: comment created" in out
    assert "\n::" not in out
    (body,) = job.gitlab.bodies()
    assert "`api` grew by 7.00\xa0kB" in body
    page = "https://gitlab.example.com/acme/tools/shop/-"
    assert f"({page}/jobs/4711)" in body
    assert (job.clone.root / "report" / "comment.md").is_file()
    assert f"BLOATCHECK_COMMENT_URL={page}/merge_requests/7#note_" in job.file("bloatcheck.env")
    assert "BLOATCHECK_VERDICT=fail" in job.file("bloatcheck.env")
    assert json.loads(job.file("gl-code-quality-report.json"))[0]["severity"] == "critical"
    assert "bloatcheck_image_growth_bytes" in job.file("metrics.prom")
    assert "<failure" in job.file("junit.xml")

    assert job.run({**variables, "CI_JOB_ID": "4712"}) is ExitCode.LIMIT_BROKEN
    assert "comment unchanged" in capsys.readouterr().out
    assert len(job.gitlab.bodies()) == 1


def test_without_an_access_token_the_files_carry_the_message_and_the_log_says_why(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    base = job.origin.git("rev-parse", "main")
    head = job.clone.commit(change="1")
    job.measure(2_000)
    assert job.run(merge_request("detached", head, base)) is ExitCode.OK
    out = capsys.readouterr().out
    assert "CI_JOB_TOKEN) can't write notes" in out
    assert "BLOATCHECK_COMMENT_PENDING=true" in job.file("bloatcheck.env")
    assert job.gitlab.exchanges == []
    assert "api" in job.file("comment.md")


def test_in_the_fork_there_is_no_note_and_a_token_that_does_not_open_the_target_is_no_fault(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    base = job.origin.git("rev-parse", "main")
    head = job.clone.commit(change="1")
    job.measure(2_000)
    guest = {"CI_PROJECT_ID": "9", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "9"}
    assert job.run(merge_request("detached", head, base, **guest)) is ExitCode.OK
    told = capsys.readouterr().out
    assert "runs in the fork" in told
    assert "warning" not in told
    guest["GITLAB_TOKEN"] = "glpat-of-the-fork"
    assert job.run(merge_request("detached", head, base, **guest)) is ExitCode.OK
    assert "401 Unauthorized" in capsys.readouterr().out


def test_a_gitlab_without_https_gets_no_token_and_the_report_is_there_all_the_same(
    job: Job, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = job.origin.git("rev-parse", "main")
    head = job.clone.commit(change="1")
    job.measure(2_000)
    job.environ({**merge_request("detached", head, base), "GITLAB_TOKEN": BOT_TOKEN})
    monkeypatch.setenv("CI_SERVER_URL", "http://gitlab.corp.example")
    monkeypatch.setenv("CI_API_V4_URL", "http://gitlab.corp.example/api/v4")
    trace = job.clone.root.parent / "trace"
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(trace))
    monkeypatch.setenv("GIT_TRACE2_ENV_VARS", "GIT_CONFIG_COUNT")
    assert main(["run", "--report-dir", "report"]) is ExitCode.OK
    told = capsys.readouterr().out
    assert told.count("as if without a token: the address of GitLab's API is not encrypted") == 1
    assert "api" in job.file("comment.md")
    assert "GIT_CONFIG_COUNT" not in trace.read_text()


def test_a_token_by_our_own_name_goes_before_and_no_build_sees_either(job: Job) -> None:
    job.environ({**push("a" * 40), "GITLAB_TOKEN": "glpat-other", "BLOATCHECK_TOKEN": BOT_TOKEN})
    seen = child_environment()
    assert not {"GITLAB_TOKEN", "BLOATCHECK_TOKEN"} & set(seen)
    assert seen["CI_JOB_TOKEN"] == "glcbt-job"


def test_the_ci_can_be_named(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLOATCHECK_CI", "")
    base = job.origin.git("rev-parse", "main")
    head = job.clone.commit(change="1")
    job.measure(2_000)
    assert job.run(merge_request("detached", head, base), "--ci", "shell") is ExitCode.OK
    assert not (job.clone.root / "report" / "bloatcheck.env").exists()
    assert json.loads(job.file("report.json"))["origin"]["pull_request"] is None
