"""Whom a run trusts: a build never meets secrets, and a token that only reads is known beforehand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.github.emulator import FORK, REPOSITORY
from support.github.events import variables, workflow_run
from support.image_builder import ImageUnderTest, files, layout_of

from bloatcheck.ci.github.triggering_run import read_triggering_run
from bloatcheck.ci.github.trust import check_may_build, why_read_only
from bloatcheck.ci.model import CiContext
from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode, UsageError

PULL = {"head": {"sha": "a" * 40, "ref": "feature", "repo": {"full_name": FORK}}}
OWN = {"head": {"sha": "a" * 40, "ref": "feature", "repo": {"full_name": REPOSITORY}}}


_keys = st.sampled_from(["workflow_run", "id", "head_sha", "event"]) | st.text()
_events = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(_keys, inner)
)


@pytest.mark.parametrize(
    ("context", "why"),
    [
        (CiContext(event_name="pull_request", from_fork=True), "this pull request comes from a fork"),
        (
            CiContext(event_name="pull_request", actor="dependabot[bot]"),
            "Dependabot opened this pull request",
        ),
        (CiContext(event_name="pull_request", actor="octo"), None),
        (CiContext(event_name="pull_request_target", from_fork=True), None),
        (CiContext(event_name="push", actor="dependabot[bot]"), None),
    ],
)
def test_a_token_that_only_reads_is_known_beforehand(context: CiContext, why: str | None) -> None:
    assert why_read_only(context) == why


class TestBuilding:
    @pytest.mark.parametrize("event", ["pull_request_target", "issue_comment"])
    def test_nothing_is_built_in_our_own_name_for_anybodys_pull_request(self, event: str) -> None:
        with pytest.raises(UsageError, match=f"nothing is built under {event}") as caught:
            check_may_build(CiContext(event_name=event), {})
        assert "docs/forks.md" in str(caught.value.hint)

    @pytest.mark.parametrize("event", ["pull_request", "push", "merge_group", "schedule", None])
    def test_other_events_build(self, event: str | None) -> None:
        check_may_build(CiContext(event_name=event, from_fork=True), {})

    @pytest.mark.parametrize(
        ("pull", "event", "builds"),
        [
            (PULL, "pull_request", False),
            (PULL, "pull_request_target", False),
            (PULL, "pull_request_review", False),
            (OWN, "pull_request", True),
            (OWN, "push", True),
        ],
    )
    def test_what_a_forks_run_led_to_builds_nothing_either(
        self, tmp_path: Path, pull: dict[str, Any], event: str, *, builds: bool
    ) -> None:
        environ = variables(tmp_path, "workflow_run", workflow_run(pull, event=event))
        context = CiContext(event_name="workflow_run", repository=REPOSITORY)
        if builds:
            check_may_build(context, environ)
            return
        with pytest.raises(UsageError, match="for a fork's pull request started this one"):
            check_may_build(context, environ)

    @pytest.mark.parametrize(
        ("value", "allowed"), [("true", True), (" True ", True), ("1", False), ("", False)]
    )
    def test_it_is_allowed_by_an_input_only(self, value: str, *, allowed: bool) -> None:
        environ = {"BLOATCHECK_ALLOW_PULL_REQUEST_TARGET": value}
        context = CiContext(event_name="pull_request_target")
        if allowed:
            check_may_build(context, environ)
        else:
            with pytest.raises(UsageError):
                check_may_build(context, environ)


class TestRun:
    """The command, under pull_request_target."""

    @pytest.fixture
    def root(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        event = {"pull_request": {"number": 7, "head": {"repo": {"full_name": FORK}}}}
        for name, value in variables(tmp_path, "pull_request_target", event).items():
            monkeypatch.setenv(name, value)
        for name in ("BLOATCHECK_TOKEN", "GITHUB_TOKEN", "GITHUB_SHA", "GITHUB_REF"):
            monkeypatch.delenv(name, raising=False)
        return tmp_path

    @pytest.mark.parametrize("command", [["run"], ["run", "--leg"], ["baseline", "update"]])
    def test_a_dockerfile_is_not_built_and_the_cure_is_named(
        self, root: Path, capsys: pytest.CaptureFixture[str], command: list[str]
    ) -> None:
        (root / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")

        assert main(command) is ExitCode.USAGE
        captured = capsys.readouterr()
        assert "nothing is built under pull_request_target" in captured.err
        errors = [line for line in captured.out.splitlines() if line.startswith("::error")]
        assert len(errors) == 1
        assert "allow-pull-request-target" in errors[0]

    def test_an_image_that_is_there_already_is_read(self, root: Path) -> None:
        layout_of(ImageUnderTest([files(a=b"x")])).write(root / "layout")
        (root / ".bloatcheck.yml").write_text('version: 1\nimages: [{name: api, image: "oci:layout"}]\n')

        assert main(["run", "--quiet", "--report-dir", "report", "--comment", "never"]) is ExitCode.OK


class TestTriggeringRun:
    def test_its_facts_are_githubs(self, tmp_path: Path) -> None:
        event = workflow_run(PULL, number=42, path=".github/workflows/images.yml@refs/heads/x", run_attempt=3)
        run = read_triggering_run(variables(tmp_path, "workflow_run", event))

        assert (run.number, run.attempt, run.workflow) == (42, 3, ".github/workflows/images.yml")
        assert (run.head_sha, run.head_branch, run.head_repository) == ("a" * 40, "feature", FORK)
        assert run.is_of_fork(REPOSITORY)
        assert not run.is_of_fork(FORK.upper())

    @pytest.mark.parametrize(
        "damaged",
        [
            {"head_sha": "a" * 39},
            {"head_sha": f"{'a' * 40}\n"},
            {"head_sha": None},
            {"id": 0},
            {"id": "x"},
            {"head_repository": {"full_name": "../../x"}},
            {"head_repository": "mallory/hello"},
            {"head_branch": "x" * 2000},
            {"path": None},
        ],
        ids=str,
    )
    def test_an_event_that_is_not_githubs_is_a_clear_error(
        self, tmp_path: Path, damaged: dict[str, Any]
    ) -> None:
        event = workflow_run(PULL)
        event["workflow_run"] |= damaged
        with pytest.raises(UsageError, match="holds no workflow_run"):
            read_triggering_run(variables(tmp_path, "workflow_run", event))

    @given(_events)
    def test_no_event_is_a_fault(self, event: object) -> None:
        environ = {"GITHUB_EVENT_NAME": "workflow_run", "GITHUB_EVENT_PATH": "event.json"}
        with pytest.raises(UsageError):
            read_triggering_run(environ, lambda _: event)

    def test_an_event_file_that_is_not_there_is_a_clear_error(self, tmp_path: Path) -> None:
        environ = {"GITHUB_EVENT_NAME": "workflow_run", "GITHUB_EVENT_PATH": str(tmp_path / "missing")}
        with pytest.raises(UsageError, match="can't be read"):
            read_triggering_run(environ)
        (tmp_path / "missing").write_text(json.dumps([]) + "x")
        with pytest.raises(UsageError, match="can't be read"):
            read_triggering_run(environ)
