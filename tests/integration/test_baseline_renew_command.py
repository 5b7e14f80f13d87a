"""`bloatcheck baseline renew`, and what `run` does by itself on the default branch.

The images are there already, so there is no engine; the remote is a real one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.git import Repository
from support.image_builder import ImageUnderTest, files, layout_of

from bloatcheck.baseline.document import from_json
from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode

FILE = ".bloatcheck-baseline.json"


@dataclass
class Run:
    """A run of the workflow in a clone of main, and the remote that it may push to."""

    clone: Repository
    remote: Repository
    monkeypatch: pytest.MonkeyPatch

    def event(self, name: str = "push", ref: str = "refs/heads/main", commit: str | None = None) -> None:
        before = self.remote.git("rev-parse", "main")
        event = {"ref": ref, "before": before, "repository": {"default_branch": "main"}}
        path = self.clone.root.parent / "event.json"
        path.write_text(json.dumps(event))
        commit = commit or self.clone.git("rev-parse", "HEAD")
        variables = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_REPOSITORY": "octo/hello",
            "GITHUB_REF": ref,
            "GITHUB_SHA": commit,
        }
        for variable, value in variables.items():
            self.monkeypatch.setenv(variable, value)

    def configure(self, settings: str, images: str = '{name: api, image: "oci:layout"}') -> None:
        (self.clone.root / ".bloatcheck.yml").write_text(
            f"version: 1\nimages: [{images}]\nbaseline: {settings}\n"
        )

    def sizes(self, revision: str = "main", path: str = FILE) -> dict[str, int]:
        content = self.remote.git("show", f"{revision}:{path}")
        return {one.snapshot.name: one.snapshot.content_size for one in from_json(content.encode(), path)}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    root = tmp_path / "remote"
    root.mkdir()
    remote = Repository(root)
    remote.git("init", "-q", "-b", "main")
    remote.commit(README="hello")
    commit = remote.commit(README="hello again")
    remote.git("checkout", "-q", "--detach")
    clone = remote.clone(tmp_path / "clone", commit)
    layout_of(ImageUnderTest([files(a=b"x" * 2000)])).write(clone.root / "layout")
    monkeypatch.chdir(clone.root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for variable in (
        "GITHUB_TOKEN",
        "BLOATCHECK_TOKEN",
        "GITHUB_OUTPUT",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_BASE_REF",
    ):
        monkeypatch.delenv(variable, raising=False)
    return Run(clone, remote, monkeypatch)


def renew(*arguments: str) -> ExitCode:
    return main(["baseline", "renew", *arguments])


def test_it_measures_and_renews_as_the_configuration_says(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run.configure("{renew: commit}")
    run.event()
    assert renew() is ExitCode.OK
    assert run.sizes() == {"api": 2000}
    assert "the baseline is renewed in" in capsys.readouterr().out
    assert renew() is ExitCode.OK
    assert "the baseline is up to date" in capsys.readouterr().out


def test_what_was_done_is_told_as_json(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.configure("{renew: branch}")
    run.event()
    assert renew("--json") is ExitCode.OK
    told = json.loads(capsys.readouterr().out)
    assert told["what"].endswith("are on the branch bloatcheck-baseline")
    assert told["url"] is None


def test_a_run_on_main_renews_by_itself_and_keeps_its_verdict(run: Run) -> None:
    run.configure("{sources: [branch], renew: branch}")
    run.event()
    assert main(["run", "--report-dir", "report"]) is ExitCode.OK
    commit = run.clone.git("rev-parse", "HEAD")
    assert run.sizes("bloatcheck-baseline", f"commits/{commit}.json") == {"api": 2000}


def test_what_can_not_be_renewed_is_a_warning_of_the_run(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run.configure("{renew: commit}")
    run.event()
    run.clone.git("remote", "set-url", "origin", "file:///nowhere")
    assert main(["run", "--report-dir", "report"]) is ExitCode.OK
    assert (
        "::warning::the baseline is not renewed: the remote `origin` can't be asked"
        in capsys.readouterr().out
    )


def test_a_leg_of_a_matrix_leaves_it_to_the_merge(run: Run) -> None:
    run.configure("{renew: commit}")
    run.event()
    assert main(["run", "--leg", "--report-dir", "legs/api"]) is ExitCode.OK
    with pytest.raises(Exception, match="exit status 128"):
        run.sizes()
    assert main(["merge", "legs", "--report-dir", "merged"]) is ExitCode.OK
    assert run.sizes() == {"api": 2000}


def test_a_report_of_another_run_renews_without_a_build(run: Run) -> None:
    run.configure("{renew: commit}")
    run.event()
    assert main(["run", "--leg", "--report-dir", "report"]) is ExitCode.OK
    run.configure("{renew: commit}", '{name: api, image: "oci:gone"}')
    assert renew("--report", "report/report.json") is ExitCode.OK
    assert run.sizes() == {"api": 2000}


def test_an_artifact_is_left_in_the_report_folder(run: Run) -> None:
    run.configure("{renew: artifact}")
    run.event()
    assert main(["run", "--report-dir", "report"]) is ExitCode.OK
    (entry,) = from_json(Path("report/bloatcheck-baseline.json").read_bytes(), "x")
    assert entry.commit == run.clone.git("rev-parse", "HEAD")
    assert renew() is ExitCode.USAGE


def test_where_nothing_could_be_measured_nothing_is_pushed(run: Run) -> None:
    run.configure("{renew: branch}", '{name: web, image: "oci:gone"}')
    run.event()
    assert renew() is ExitCode.UNREADABLE
    assert "bloatcheck-baseline" not in run.remote.git("branch")


def test_images_that_failed_keep_their_entries(run: Run) -> None:
    run.configure("{renew: commit}", '{name: api, image: "oci:layout"}, {name: web, image: "oci:layout"}')
    run.event()
    assert renew() is ExitCode.OK
    run.configure("{renew: commit}", '{name: api, image: "oci:layout"}, {name: web, image: "oci:gone"}')
    assert renew() is ExitCode.UNREADABLE
    assert run.sizes() == {"api": 2000, "web": 2000}


@pytest.mark.parametrize(
    ("event", "ref"),
    [
        ("pull_request", "refs/pull/7/merge"),
        ("pull_request_target", "refs/heads/main"),
        ("issue_comment", "refs/heads/main"),
        ("workflow_run", "refs/heads/main"),
        ("merge_group", "refs/heads/gh-readonly-queue/main/pr-7-x"),
        ("push", "refs/heads/feature"),
        ("push", "refs/tags/main"),
    ],
)
def test_only_a_run_on_the_default_branch_renews(run: Run, event: str, ref: str) -> None:
    """With `pull_request_target` and its like anything may be checked out, and yet the ref is main's."""
    run.configure("{renew: commit}")
    run.event(event, ref)
    before = run.remote.git("rev-parse", "main")
    assert renew() is ExitCode.USAGE
    main(["run", "--report-dir", "report"])
    assert run.remote.git("rev-parse", "main") == before


def test_something_else_that_is_checked_out_is_not_what_main_measures(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run.configure("{renew: commit}")
    run.event(commit=run.remote.git("rev-parse", "main^"))
    assert renew() is ExitCode.USAGE
    assert "is not the commit that this run is for" in capsys.readouterr().err


def test_at_the_desk_the_other_command_is_named(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.configure("{renew: commit}")
    run.monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert renew() is ExitCode.USAGE
    assert "bloatcheck baseline update" in capsys.readouterr().err


def test_a_configuration_that_renews_nothing_is_told_how(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run.configure("b.json")
    run.event()
    assert renew() is ExitCode.USAGE
    assert "`baseline: {renew: commit}`" in capsys.readouterr().err


def test_the_history_is_shown_with_each_change(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.configure("{renew: branch}")
    run.event()
    assert main(["baseline", "show", "--history"]) is ExitCode.OK
    assert capsys.readouterr().out == (
        "The branch bloatcheck-baseline has no history yet: the next run on the default branch begins it.\n"
    )
    assert renew() is ExitCode.OK
    first = run.clone.git("rev-parse", "HEAD")
    run.clone.commit(README="more")
    layout_of(ImageUnderTest([files(a=b"x" * 5000)])).write(run.clone.root / "layout")
    run.event()
    assert renew() is ExitCode.OK
    second = run.clone.git("rev-parse", "HEAD")
    capsys.readouterr()
    assert main(["baseline", "show", "--history"]) is ExitCode.OK
    rows = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    told = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert told == [
        ["DATE", "COMMIT", "IMAGE", "PLATFORM", "SIZE", "CHANGE"],
        ["2026-01-31", first[:12], "api", "linux/amd64", "2.00 kB"],
        ["2026-01-31", second[:12], "api", "linux/amd64", "5.00 kB", "+3.00 kB"],
    ]
    assert main(["baseline", "show", "--history", "--json"]) is ExitCode.OK
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["content_size"] for line in lines] == [2000, 5000]


def test_without_a_remote_nobody_is_sent_to_ask_it(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.configure("{renew: branch}")
    run.clone.git("remote", "remove", "origin")
    assert main(["baseline", "show", "--history"]) is ExitCode.USAGE
    told = capsys.readouterr().err
    assert "the remote `origin` can't be asked: this clone has none" in told
    assert "git remote add origin URL" in told
    assert "ls-remote" not in told


def test_a_folder_that_is_no_repository_has_no_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    monkeypatch.chdir(tmp_path)
    assert main(["baseline", "show", "--history"]) is ExitCode.USAGE
    assert "this is no repository" in capsys.readouterr().err


def test_creep_is_measured_from_the_last_release(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.configure("{renew: branch, sources: [branch]}")
    run.event()
    assert renew() is ExitCode.OK
    run.clone.git("tag", "v1")
    run.clone.git("push", "-q", "origin", "HEAD:main", "v1")
    for size in (2100, 2200):
        layout_of(ImageUnderTest([files(a=b"x" * size)])).write(run.clone.root / "layout")
        before = run.clone.git("rev-parse", "HEAD")
        run.clone.commit(README=str(size))
        config = run.clone.root / ".bloatcheck.yml"
        config.write_text(
            'version: 1\nimages: [{name: api, image: "oci:layout"}]\n'
            "baseline: {renew: branch, sources: [branch]}\ncreep: {since: last-release, fail: 8%}\n"
        )
        run.event()
        event = run.clone.root.parent / "event.json"
        event.write_text(json.dumps({**json.loads(event.read_text()), "before": before}))
        capsys.readouterr()
        code = main(["run", "--report-dir", "report"])
        report = json.loads(Path("report/report.json").read_text())
        assert code is (ExitCode.LIMIT_BROKEN if size == 2200 else ExitCode.OK), report["notes"]
    (finding,) = report["images"][0]["findings"]
    assert (finding["metric"], finding["actual"], finding["before"]) == ("creep", 200, 2000)
