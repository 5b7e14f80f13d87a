"""What GitHub says about a run, for every event; and nothing taken from it that doesn't look as it must."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.ci.model import CiContext, Event, comment_key, read_event
from bloatcheck.ci.registry import detect, read_context
from bloatcheck.errors import UsageError

BASE, HEAD, MERGE, OTHER = ("b" * 40, "a" * 40, "c" * 40, "d" * 40)
RUNNER = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_API_URL": "https://api.github.com",
    "GITHUB_EVENT_PATH": "/event.json",
    "GITHUB_WORKSPACE": "/home/runner/work/shop/shop",
    "GITHUB_WORKFLOW": "CI",
    "GITHUB_WORKFLOW_REF": "acme/shop/.github/workflows/ci.yml@refs/pull/7/merge",
    "GITHUB_RUN_ID": "123456789",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_ACTOR": "octocat",
    "GITHUB_TOKEN": "ghs_secret",
    "GITHUB_STEP_SUMMARY": "/summary.md",
    "GITHUB_OUTPUT": "/output",
}
PULL_REQUEST = {
    "number": 7,
    "pull_request": {
        "number": 7,
        "merge_commit_sha": OTHER,
        "base": {"ref": "main", "sha": BASE, "repo": {"full_name": "acme/shop"}},
        "head": {"ref": "fatter", "sha": HEAD, "repo": {"full_name": "acme/shop"}},
    },
    "repository": {"full_name": "acme/shop", "default_branch": "main"},
}


def context(event: object, **variables: str) -> CiContext:
    environ = {**RUNNER, **variables}
    return detect(environ).read_context(environ, lambda _: event)


def on_pull_request(event: object = PULL_REQUEST, **variables: str) -> CiContext:
    names = {
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_SHA": MERGE,
        "GITHUB_BASE_REF": "main",
        "GITHUB_HEAD_REF": "fatter",
        **variables,
    }
    return context(event, **names)


def changed(**head: Any) -> Mapping[str, Any]:
    """The pull request with another head."""
    pull_request = {**PULL_REQUEST["pull_request"], "head": {**PULL_REQUEST["pull_request"]["head"], **head}}  # type: ignore[dict-item,index] # a literal of mixed values
    return {**PULL_REQUEST, "pull_request": pull_request}


def test_outside_of_ci_there_are_no_facts_and_no_token() -> None:
    desk = {name: value for name, value in RUNNER.items() if name != "GITHUB_ACTIONS"}
    assert detect(desk).read_context(desk, lambda _: PULL_REQUEST) == CiContext(ci="shell")


def test_a_pull_request_is_told_whole() -> None:
    assert on_pull_request() == CiContext(
        ci="github",
        event=Event.PULL_REQUEST,
        event_name="pull_request",
        repository="acme/shop",
        server_url="https://github.com",
        api_url="https://api.github.com",
        commit=MERGE,
        ref="refs/pull/7/merge",
        pull_request=7,
        from_fork=False,
        base_ref="main",
        base_sha=BASE,
        head_ref="fatter",
        head_sha=HEAD,
        merge_commit_sha=MERGE,
        default_branch="main",
        workflow=".github/workflows/ci.yml",
        run_id=123456789,
        run_attempt=2,
        run_url="https://github.com/acme/shop/actions/runs/123456789/attempts/2",
        actor="octocat",
        token="ghs_secret",
        summary_path="/summary.md",
        output_path="/output",
        notes=(),
    )


def test_the_run_has_a_page() -> None:
    assert on_pull_request().run_url == "https://github.com/acme/shop/actions/runs/123456789/attempts/2"
    assert CiContext().run_url is None


def test_the_token_is_in_no_representation() -> None:
    assert "ghs_secret" not in repr(on_pull_request())


def test_on_pull_request_target_the_commit_is_the_base_and_the_merge_is_the_events() -> None:
    told = on_pull_request(
        GITHUB_EVENT_NAME="pull_request_target", GITHUB_REF="refs/heads/main", GITHUB_SHA=BASE
    )
    assert (told.commit, told.pull_request, told.base_sha, told.head_sha, told.merge_commit_sha) == (
        BASE,
        7,
        BASE,
        HEAD,
        OTHER,
    )


@pytest.mark.parametrize(
    ("head", "is_fork"),
    [
        ({}, False),
        ({"repo": {"full_name": "ACME/shop"}}, False),
        ({"repo": {"full_name": "mallory/shop"}}, True),
        ({"repo": None}, True),
    ],
)
def test_a_fork_is_known_by_its_repository_even_when_it_is_gone(head: dict[str, Any], is_fork: bool) -> None:  # noqa: FBT001 - a table's column
    assert on_pull_request(changed(**head)).from_fork is is_fork


def test_a_push_is_about_the_commits_before_and_after() -> None:
    event = {
        "ref": "refs/heads/main",
        "before": BASE,
        "after": HEAD,
        "repository": {"default_branch": "main"},
    }
    told = context(event, GITHUB_EVENT_NAME="push", GITHUB_REF="refs/heads/main", GITHUB_SHA=HEAD)
    assert (told.base_ref, told.base_sha, told.head_ref, told.head_sha) == ("main", BASE, "main", HEAD)
    assert told.on_default_branch
    assert told.pull_request is None


def test_the_first_push_to_a_branch_has_nothing_before() -> None:
    event = {
        "ref": "refs/heads/new",
        "before": "0" * 40,
        "after": HEAD,
        "repository": {"default_branch": "main"},
    }
    told = context(event, GITHUB_EVENT_NAME="push", GITHUB_REF="refs/heads/new", GITHUB_SHA=HEAD)
    assert (told.base_sha, told.on_default_branch) == (None, False)


def test_a_merge_group_has_a_base_and_a_head() -> None:
    event = {
        "merge_group": {
            "base_ref": "refs/heads/main",
            "base_sha": BASE,
            "head_ref": f"refs/heads/gh-readonly-queue/main/pr-7-{BASE}",
            "head_sha": HEAD,
        }
    }
    told = context(event, GITHUB_EVENT_NAME="merge_group", GITHUB_SHA=HEAD)
    assert (told.base_ref, told.base_sha, told.head_sha, told.pull_request) == ("main", BASE, HEAD, None)
    assert told.head_ref == f"gh-readonly-queue/main/pr-7-{BASE}"
    assert told.queued == 7


@pytest.mark.parametrize(
    "branch", ["main", "gh-readonly-queue/main/pr-7", f"x/gh-readonly-queue/main/pr-7-{BASE}"]
)
def test_a_branch_of_another_form_is_no_queue(branch: str) -> None:
    event = {"merge_group": {"head_ref": f"refs/heads/{branch}", "head_sha": HEAD}}
    assert context(event, GITHUB_EVENT_NAME="merge_group", GITHUB_SHA=HEAD).queued is None


@pytest.mark.parametrize("event_name", ["workflow_dispatch", "schedule"])
def test_other_events_are_about_the_commit_alone(event_name: str) -> None:
    told = context(
        {"schedule": "0 3 * * 1", "repository": {"default_branch": "main"}},
        GITHUB_EVENT_NAME=event_name,
        GITHUB_REF="refs/heads/main",
        GITHUB_SHA=HEAD,
    )
    assert (told.commit, told.base_sha, told.head_sha, told.pull_request) == (HEAD, None, None, None)
    assert told.on_default_branch


def test_github_enterprise_has_addresses_of_its_own() -> None:
    told = on_pull_request(
        GITHUB_SERVER_URL="https://git.acme.example/", GITHUB_API_URL="https://git.acme.example/api/v3"
    )
    assert told.api_url == "https://git.acme.example/api/v3"
    assert told.run_url == "https://git.acme.example/acme/shop/actions/runs/123456789/attempts/2"


class TestADamagedEvent:
    @pytest.mark.parametrize("content", ["", "{", "[]", "null", '"x"', "[" * 100_000, "\x00", "9" * 10_000])
    def test_leaves_what_the_environment_tells_and_a_note(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "event.json"
        path.write_text(content)
        variables = {
            **RUNNER,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_SHA": MERGE,
            "GITHUB_BASE_REF": "main",
        }
        told = read_context(variables)
        assert (told.pull_request, told.base_ref, told.merge_commit_sha) == (7, "main", MERGE)
        assert (told.base_sha, told.head_sha) == (None, None)
        (note,) = told.notes
        assert "event" in note

    def test_or_a_missing_one_does_too(self) -> None:
        told = read_context({**RUNNER, "GITHUB_EVENT_PATH": "/nowhere"})
        (note,) = told.notes
        assert note.startswith("the event file '/nowhere' can't be read: ")
        told = read_context({"GITHUB_ACTIONS": "true"})
        assert told.notes == ("the runner names no event file (GITHUB_EVENT_PATH)",)

    def test_an_endless_one_is_not_read_to_its_end(self) -> None:
        with pytest.raises(ValueError, match="larger than any event"):
            read_event("/dev/zero")

    @pytest.mark.parametrize("number", [0, -1, True, "7", 7.0, None, [7], {"a": 1}])
    def test_a_number_that_is_none_is_not_taken(self, number: object) -> None:
        told = on_pull_request(
            {"number": number, "pull_request": {"number": number}}, GITHUB_REF="refs/heads/main"
        )
        assert told.pull_request is None

    @pytest.mark.parametrize("sha", ["main", "--upload-pack=x", "A" * 40, "a" * 39, "a" * 40 + "\n", 1, None])
    def test_a_commit_that_is_none_is_not_taken(self, sha: object) -> None:
        assert on_pull_request(changed(sha=sha)).head_sha is None

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(["pull_request", "base", "head", "repo", "number", "sha"]), inner
                )
            ),
        ),
        st.sampled_from(["pull_request", "pull_request_target", "push", "merge_group", "issues"]),
    )
    def test_of_any_shape_is_never_a_fault(self, event: object, event_name: str) -> None:
        assert context(event, GITHUB_EVENT_NAME=event_name).ci == "github"


class TestVariables:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("GITHUB_API_URL", "ftp://example.org"),
            ("GITHUB_API_URL", "https://user:secret@example.org"),
            ("GITHUB_SERVER_URL", "javascript:alert(1)"),
            ("GITHUB_REPOSITORY", "acme"),
            ("GITHUB_REPOSITORY", "acme/shop/../other"),
            ("GITHUB_SHA", "main"),
            ("GITHUB_RUN_ID", "1/../2"),
        ],
    )
    def test_what_requests_are_made_of_is_checked(self, name: str, value: str) -> None:
        with pytest.raises(UsageError, match=name):
            on_pull_request(**{name: value})

    def test_a_token_with_more_in_it_is_refused_unseen(self) -> None:
        with pytest.raises(UsageError, match="GITHUB_TOKEN holds characters") as caught:
            on_pull_request(GITHUB_TOKEN="ghs_secret\nX-Header: 1")
        assert "ghs_secret" not in str(caught.value)

    def test_empty_ones_are_as_if_not_set(self) -> None:
        told = on_pull_request(GITHUB_TOKEN="", GITHUB_API_URL=" ", GITHUB_HEAD_REF="")
        assert (told.token, told.api_url) == (None, "https://api.github.com")


class TestCommentKey:
    def test_it_is_made_of_the_workflows_and_the_configurations_path(self) -> None:
        assert (
            comment_key(on_pull_request(), "ci/.bloatcheck.yml")
            == ".github/workflows/ci.yml:ci/.bloatcheck.yml"
        )

    def test_it_is_the_same_for_every_run_branch_and_attempt(self) -> None:
        other = on_pull_request(
            GITHUB_RUN_ID="5",
            GITHUB_RUN_ATTEMPT="1",
            GITHUB_WORKFLOW_REF="acme/shop/.github/workflows/ci.yml@refs/heads/main",
        )
        assert comment_key(other, None) == comment_key(on_pull_request(), None)

    def test_writing_a_configuration_file_keeps_it(self) -> None:
        assert comment_key(on_pull_request(), None) == comment_key(on_pull_request(), ".bloatcheck.yml")

    def test_two_folders_of_one_repository_have_comments_of_their_own(self) -> None:
        keys = {comment_key(on_pull_request(), None, folder) for folder in ("", "api", "web")}
        assert len(keys) == 3
        assert comment_key(CiContext(), None, "services/api") == "local:services/api/.bloatcheck.yml"

    def test_a_runner_that_tells_no_path_is_known_by_the_workflows_name(self) -> None:
        told = on_pull_request(GITHUB_WORKFLOW_REF="", GITHUB_WORKFLOW="Image sizes")
        assert comment_key(told, None) == "Image%20sizes:.bloatcheck.yml"
        assert comment_key(CiContext(), None) == "local:.bloatcheck.yml"

    @given(st.text(), st.text())
    def test_it_is_short_and_holds_nothing_that_ends_a_comment(self, workflow: str, config_path: str) -> None:
        key = comment_key(CiContext(workflow=workflow), config_path)
        assert 0 < len(key) <= 200
        assert key.isascii()
        assert not set(key) & set("<> \n\"'`")


def test_the_facts_need_neither_pydantic_nor_yaml() -> None:
    code = "import sys, json, bloatcheck.ci.registry; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert not {"pydantic", "pydantic_core", "yaml", "requests", "docker"} & set(json.loads(done.stdout))
