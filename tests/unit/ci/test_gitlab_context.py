"""What GitLab says about a job, for every kind of pipeline; nothing taken that doesn't look as it must."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.gitlab.jobs import FORK_ID, job, merge_request, push

from bloatcheck.ci.model import CiContext, Event
from bloatcheck.ci.registry import detect, read_context
from bloatcheck.errors import UsageError

BASE, HEAD, MERGE, TIP = "b" * 40, "a" * 40, "c" * 40, "d" * 40


def test_a_detached_pipeline_knows_the_head_and_where_it_parted() -> None:
    environ = merge_request("detached", HEAD, BASE, GITLAB_TOKEN="glpat-secret")
    assert read_context(environ) == CiContext(
        ci="gitlab",
        event=Event.PULL_REQUEST,
        event_name="merge_request_event",
        repository="acme/tools/shop",
        server_url="https://gitlab.example.com",
        api_url="https://gitlab.example.com/api/v4",
        commit=HEAD,
        ref="refs/merge-requests/7/head",
        pull_request=7,
        base_ref="main",
        base_sha=None,
        parted_sha=BASE,
        head_ref="feature",
        head_sha=HEAD,
        default_branch="main",
        workflow=".gitlab-ci.yml",
        run_id=4711,
        run_url="https://gitlab.example.com/acme/tools/shop/-/jobs/4711",
        actor="human",
        token="glpat-secret",
    )


def heads(**more: str) -> dict[str, str]:
    return {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": TIP, **more}


def test_one_of_merged_results_checks_a_test_merge_of_the_target_and_the_head() -> None:
    told = read_context(merge_request("merged_result", MERGE, BASE, **heads()))
    assert (told.event, told.pull_request) == (Event.PULL_REQUEST, 7)
    assert (told.commit, told.merge_commit_sha, told.base_sha, told.head_sha) == (MERGE, MERGE, TIP, HEAD)


def test_a_merge_train_is_a_queue_and_comments_nowhere() -> None:
    told = read_context(merge_request("merge_train", MERGE, BASE, **heads()))
    assert (told.event, told.pull_request, told.queued) == (Event.QUEUE, None, 7)
    assert (told.merge_commit_sha, told.base_sha) == (MERGE, TIP)


def test_a_forks_merge_request_run_by_a_member_in_the_target_project() -> None:
    told = read_context(merge_request("detached", HEAD, BASE, CI_MERGE_REQUEST_SOURCE_PROJECT_ID=FORK_ID))
    assert (told.from_fork, told.in_fork, told.base_sha) == (True, False, None)
    assert detect(job()).why_read_only(told) is None


def test_a_forks_merge_request_run_in_the_fork_is_compared_with_where_it_parted() -> None:
    """The fork's branch of the target's name is another one."""
    told = read_context(
        merge_request(
            "detached",
            HEAD,
            BASE,
            CI_PROJECT_ID=FORK_ID,
            CI_PROJECT_PATH="mallory/shop",
            CI_MERGE_REQUEST_SOURCE_PROJECT_ID=FORK_ID,
        )
    )
    assert (told.from_fork, told.in_fork, told.base_sha) == (True, True, BASE)
    assert told.repository == "acme/tools/shop"
    assert "runs in the fork" in (detect(job()).why_read_only(told) or "")


def test_a_push_names_the_commit_before_and_a_new_branch_none() -> None:
    told = read_context(push(HEAD, before=BASE))
    assert (told.event, told.base_sha, told.ref) == (Event.PUSH, BASE, "refs/heads/main")
    assert told.on_default_branch
    assert read_context(push(HEAD)).base_sha is None
    assert not read_context(push(HEAD, branch="feature")).on_default_branch


@pytest.mark.parametrize(
    ("source", "before", "event"),
    [
        ("schedule", None, Event.BRANCH),
        ("web", None, Event.BRANCH),
        ("parent_pipeline", BASE, Event.PUSH),
        ("parent_pipeline", None, Event.BRANCH),
        ("external_pull_request_event", None, Event.OTHER),
        ("something new", None, Event.OTHER),
    ],
)
def test_other_pipelines_are_about_the_branch_as_it_stands(
    source: str, before: str | None, event: Event
) -> None:
    environ = push(HEAD, CI_PIPELINE_SOURCE=source, **({"CI_COMMIT_BEFORE_SHA": before} if before else {}))
    assert read_context(environ).event is event


def test_a_tag_is_no_branch() -> None:
    environ = job(CI_PIPELINE_SOURCE="push", CI_COMMIT_SHA=HEAD, CI_COMMIT_TAG="v1", CI_COMMIT_REF_NAME="v1")
    told = read_context(environ)
    assert (told.ref, told.on_default_branch) == ("refs/tags/v1", False)


def test_a_child_pipeline_of_a_merge_requests_is_for_the_merge_request() -> None:
    told = read_context(merge_request("detached", HEAD, BASE, CI_PIPELINE_SOURCE="parent_pipeline"))
    assert (told.event, told.pull_request) == (Event.PULL_REQUEST, 7)


def test_the_jobs_own_token_is_not_taken_for_one_and_no_token_shows() -> None:
    assert read_context(push(HEAD)).token is None
    assert "glpat-secret" not in repr(read_context(push(HEAD, GITLAB_TOKEN="glpat-secret")))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CI_PROJECT_PATH", "acme/../../etc"),
        ("CI_PROJECT_PATH", "acme/shop?x"),
        ("CI_COMMIT_SHA", "--upload-pack=x"),
        ("CI_API_V4_URL", "file:///etc/passwd"),
        ("CI_SERVER_URL", "https://user:password@host"),
        ("CI_JOB_ID", "1e9"),
        ("CI_JOB_URL", "javascript:alert(1)"),
        ("CI_MERGE_REQUEST_IID", "7/../8"),
        ("GITLAB_TOKEN", "two words"),
    ],
)
def test_a_variable_that_requests_are_made_of_must_look_as_it_should(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=name) as caught:
        read_context(push(HEAD, **{name: value}))
    assert "two words" not in str(caught.value)


@given(st.dictionaries(st.sampled_from(sorted(merge_request("detached", HEAD, BASE))), st.text(max_size=50)))
def test_of_any_values_is_never_a_fault(changed: dict[str, str]) -> None:
    with suppress(UsageError):
        read_context({**merge_request("detached", HEAD, BASE), **changed, "GITLAB_CI": "true"})
