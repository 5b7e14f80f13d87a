"""`bloatcheck run` in jobs of the other CIs as their variables describe them, without an engine.

GitHub is the emulator that its own tests have, Azure DevOps a stand-in for its API, and buildkite-agent a
stand-in program.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.azure.server import JOB_TOKEN, PretendAzure, pretend_azure
from support.buildkite.agent import StandInAgent, stand_in_agent
from support.ci_jobs import (
    azure,
    azure_request,
    buildkite,
    buildkite_request,
    circleci,
    circleci_request,
    jenkins,
    jenkins_request,
    on_github,
)
from support.git import Repository
from support.github.emulator import BOT_TOKEN, REPOSITORY
from support.github.proxy import pretend_github
from support.image_builder import ImageUnderTest, files, layout_of

from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode

CONFIGURATION = """\
version: 1
images: [{name: api, image: "oci:layout"}]
limits: {content-growth: 1 kB}
exports: [junit, sarif]
baseline: {renew: commit}
"""
_OTHERS = (
    "GITHUB_",
    "CI",
    "GITLAB_",
    "BLOATCHECK_",
    "BUILDKITE",
    "CIRCLE",
    "BUILD_",
    "SYSTEM_",
    "JENKINS",
    "TF_BUILD",
)


@dataclass
class Job:
    """A clone in which a job runs."""

    origin: Repository
    clone: Repository
    monkeypatch: pytest.MonkeyPatch
    base: str

    def measure(self, size: int) -> None:
        layout_of(ImageUnderTest([files(a=b"x" * size)])).write(self.clone.root / "layout")

    def change(self) -> str:
        """A commit on top of what renewed the baseline."""
        self.clone.git("fetch", "-q", "origin", "main")
        self.clone.git("checkout", "-q", "--detach", "FETCH_HEAD")
        return self.clone.commit(change="1")

    def run(self, variables: dict[str, str], *options: str) -> ExitCode:
        with self.monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            return main(["run", "--report-dir", "report", *options])

    def file(self, name: str) -> str:
        return (self.clone.root / "report" / name).read_text()


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    for name in [name for name in os.environ if name.startswith(_OTHERS)]:
        monkeypatch.delenv(name)
    origin = Repository(tmp_path / "origin")
    origin.root.mkdir()
    origin.git("init", "-q", "-b", "main")
    origin.git("config", "receive.denyCurrentBranch", "ignore")
    (origin.root / ".gitignore").write_text("layout\nreport\n")
    base = origin.commit(**{".bloatcheck.yml": CONFIGURATION, ".gitignore": "layout\nreport\n"})
    clone = origin.clone(tmp_path / "clone", base)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(clone.root)
    return Job(origin, clone, monkeypatch, base)


@pytest.fixture(scope="module")
def running() -> Iterator[PretendAzure]:
    with pretend_azure() as server:
        yield server


@pytest.fixture
def server(running: PretendAzure) -> Iterator[PretendAzure]:
    running.reset()
    yield running
    assert running.violations == []


PUSHES = {"buildkite": buildkite, "azure": azure, "circleci": circleci, "jenkins": jenkins}


@pytest.mark.parametrize("name", PUSHES)
def test_the_default_branch_renews_the_baseline(
    job: Job, name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    job.measure(2_000)
    own = {"AGENT_TEMPDIRECTORY": str(tmp_path)} if name == "azure" else {}
    assert job.run(PUSHES[name](job.base, **own)) is ExitCode.OK
    assert "the baseline is renewed in" in "".join(capsys.readouterr())
    assert job.origin.git("log", "-1", "--format=%s", "main").endswith("[skip ci]")
    assert "api" in job.origin.git("show", "main:.bloatcheck-baseline.json")


def renewed(job: Job, capsys: pytest.CaptureFixture[str]) -> str:
    """A pull request's head, 7 kB over what main has."""
    job.measure(2_000)
    assert job.run(jenkins(job.base)) is ExitCode.OK
    capsys.readouterr()
    head = job.change()
    job.measure(9_000)
    return head


def test_buildkite_shows_the_report_as_an_annotation_and_hands_on_the_outputs(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    head = renewed(job, capsys)
    agent = stand_in_agent(tmp_path / "agent", monkeypatch)
    assert job.run(buildkite_request(head)) is ExitCode.LIMIT_BROKEN
    out = capsys.readouterr().out
    assert "no comment: there is no token. Set BLOATCHECK_TOKEN to a GitHub token" in out
    assert "\n+++ bloatcheck\n" in out or "+++" not in out
    ((context, annotation),) = agent.annotations.items()
    assert context == "bloatcheck-shop:.bloatcheck.yml"
    assert annotation["style"] == "error"
    assert "`api` grew by 7.00\xa0kB" in annotation["body"]
    assert agent.meta_data["bloatcheck-verdict"] == "fail"
    assert agent.meta_data["bloatcheck-total-delta"] == "7000"
    assert "bloatcheck-comment-url" not in agent.meta_data

    job.measure(2_000)
    assert job.run(buildkite_request(head)) is ExitCode.OK
    assert [each["style"] for each in agent.annotations.values()] == ["success"]


def test_buildkite_takes_every_construct_of_an_annotation_or_leaves_its_text(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its page names what it keeps; a tag that it drops must not have been needed to understand the rest."""
    head = renewed(job, capsys)
    agent: StandInAgent = stand_in_agent(tmp_path / "agent", monkeypatch)
    job.run(buildkite_request(head))
    (annotation,) = agent.annotations.values()
    kept = {"details", "summary", "code", "pre", "table", "p", "a"}
    no_harm = {"sub", "span"}
    assert set(re.findall(r"<([a-z]+)[ >]", annotation["body"])) <= kept | no_harm
    assert "[!" not in annotation["body"]
    assert "- [ ]" not in annotation["body"]


def test_a_buildkite_job_without_the_agent_says_so_once_and_judges_all_the_same(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    head = renewed(job, capsys)
    (tmp_path / "git").symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert job.run(buildkite_request(head)) is ExitCode.LIMIT_BROKEN
    out = capsys.readouterr().out
    assert out.count("buildkite-agent is not on the PATH") == 1
    assert "api" in job.file("comment.md")


def test_azure_keeps_one_thread_and_tells_its_agent(
    job: Job, server: PretendAzure, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = renewed(job, capsys)
    server.push(7, head)
    variables = azure_request(
        head,
        head,
        AGENT_TEMPDIRECTORY=str(tmp_path),
        SYSTEM_COLLECTIONURI=f"{server.api}/",
        BUILD_REPOSITORY_URI=f"{server.api}/Shop%20Project/_git/shop",
        SYSTEM_ACCESSTOKEN=JOB_TOKEN,
    )
    assert job.run(variables) is ExitCode.LIMIT_BROKEN
    out, err = capsys.readouterr()
    assert "pull request #7: comment created" in out
    assert "##vso[task.logissue type=error;" in out
    (body,) = server.bodies()
    assert "`api` grew by 7.00\xa0kB" in body
    assert f"({server.api}/Shop%20Project/_build/results?buildId=4711)" in body
    assert server.states() == ["active"]
    (summary,) = re.findall(r"##vso\[task\.uploadsummary\](.+)", err)
    assert "grew by" in Path(summary).read_text()
    assert "##vso[task.setvariable variable=bloatcheck_verdict;isOutput=true;]fail" in err
    told = err.replace("%AZP25", "%")
    assert (
        f"=bloatcheck_comment_url;isOutput=true;]{server.api}/Shop%20Project/_git/shop/pullrequest/7?" in told
    )
    assert JOB_TOKEN not in out + err

    assert job.run({**variables, "BUILD_BUILDID": "4712"}) is ExitCode.LIMIT_BROKEN
    assert "comment unchanged" in capsys.readouterr().out
    job.measure(2_000)
    assert job.run({**variables, "BUILD_BUILDID": "4713"}) is ExitCode.OK
    assert (len(server.bodies()), server.states()) == (1, ["closed"])


def test_azure_hands_its_json_on_alone(job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = renewed(job, capsys)
    job.run(azure_request(head, head, AGENT_TEMPDIRECTORY=str(tmp_path)), "--json")
    assert json.loads(capsys.readouterr().out)["origin"]["pull_request"] == 7


def test_azure_without_a_token_says_what_would_bring_the_thread(
    job: Job, server: PretendAzure, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = renewed(job, capsys)
    job.run(azure_request(head, head, AGENT_TEMPDIRECTORY=str(tmp_path)))
    assert "SYSTEM_ACCESSTOKEN" in capsys.readouterr().out
    job.run(
        azure_request(
            head, head, AGENT_TEMPDIRECTORY=str(tmp_path), SYSTEM_ACCESSTOKEN=JOB_TOKEN, **on_github()
        )
    )
    assert "of a repository on GitHub, set BLOATCHECK_TOKEN" in capsys.readouterr().out
    assert server.exchanges == []


REQUESTS = {"circleci": circleci_request, "jenkins": jenkins_request, "buildkite": buildkite_request}


@pytest.mark.parametrize("name", ["circleci", "jenkins"])
def test_circleci_and_jenkins_have_the_files_and_the_exit_code(
    job: Job, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    head = renewed(job, capsys)
    assert job.run(REQUESTS[name](head)) is ExitCode.LIMIT_BROKEN
    out, err = capsys.readouterr()
    assert "grew by 7.00" in out
    assert "BLOATCHECK_TOKEN" in err
    assert "<failure" in job.file("junit.xml")
    assert json.loads(job.file("bloatcheck.sarif"))["runs"][0]["results"]
    assert "<html" in job.file("report.html")
    assert not re.search(r"^(::|##|--- |\+\+\+ )", out + err, re.MULTILINE)


@pytest.mark.parametrize("name", REQUESTS)
def test_with_a_token_for_github_the_comment_is_there_and_a_run_that_is_late_leaves_it(
    job: Job, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    head = renewed(job, capsys)
    stand_in_agent(tmp_path / "agent", monkeypatch)
    with pretend_github() as github:
        number = github.emulator.open_pull_request()
        remote = f"git@github.com:{REPOSITORY}.git"
        own = {
            "circleci": {"CIRCLE_PULL_REQUEST": f"https://github.com/{REPOSITORY}/pull/{number}"},
            "jenkins": {"CHANGE_ID": str(number)},
            "buildkite": {"BUILDKITE_PULL_REQUEST": str(number)},
        }[name]
        variables = {
            **REQUESTS[name](head),
            **own,
            **dict.fromkeys(("CIRCLE_REPOSITORY_URL", "GIT_URL", "BUILDKITE_REPO"), remote),
            "BUILDKITE_PULL_REQUEST_REPO": "",
            "GITHUB_API_URL": github.url,
            "BLOATCHECK_TOKEN": BOT_TOKEN,
        }
        assert job.run(variables) is ExitCode.LIMIT_BROKEN
        told = "".join(capsys.readouterr())
        assert f"pull request #{number}: comment created" in told
        assert BOT_TOKEN not in told
        assert job.run(variables) is ExitCode.LIMIT_BROKEN
        assert "comment unchanged" in "".join(capsys.readouterr())
        earlier = {key: value.replace("4711", "4710") for key, value in variables.items()}
        job.measure(12_000)
        job.run(earlier)
        told = "".join(capsys.readouterr())
        # Jenkins doesn't tell which head it merged, so no run of it is known to be late.
        assert ("comment updated" if name == "jenkins" else "left to a newer run") in told
        (body,) = (each["body"] for each in github.emulator.comments(number))
        run = next(value for key, value in variables.items() if key.endswith("BUILD_URL"))
        assert f"({run if name != 'jenkins' else run.replace('4711', '4710')})" in body
        assert github.violations == []


def test_azure_and_jenkins_say_why_nobody_approves_there_by_a_label(
    job: Job, server: PretendAzure, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"{CONFIGURATION}approve-by: {{label: size-ok}}\n"
    job.clone.commit(**{".bloatcheck.yml": text})
    job.clone.git("push", "-q", "origin", "HEAD:main")
    head = job.change()
    job.measure(2_000)
    own = {
        "AGENT_TEMPDIRECTORY": str(tmp_path),
        "SYSTEM_COLLECTIONURI": f"{server.api}/",
        "BUILD_REPOSITORY_URI": f"{server.api}/Shop%20Project/_git/shop",
        "SYSTEM_ACCESSTOKEN": JOB_TOKEN,
    }
    job.run(azure_request(head, head, **own))
    assert "doesn't tell who set a label" in capsys.readouterr().out
    assert "could not be read" in job.file("comment.md")
    with pretend_github() as github:
        job.run(jenkins_request(head, GITHUB_API_URL=github.url, BLOATCHECK_TOKEN=BOT_TOKEN))
    assert "tells no head of the pull request" in job.file("comment.md")


def test_circleci_says_in_the_report_that_no_base_is_known(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    head = renewed(job, capsys)
    job.run(circleci_request(head, BLOATCHECK_DEFAULT_BRANCH=""))
    assert "BLOATCHECK_BASE_BRANCH" in job.file("report.json")
    assert "BLOATCHECK_BASE_BRANCH" in capsys.readouterr().out
