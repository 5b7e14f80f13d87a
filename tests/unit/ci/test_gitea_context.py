"""What Gitea's and Forgejo's runners say about a run, in GitHub's words, and what is another than there."""

from __future__ import annotations

import pytest

from bloatcheck.ci.gitea import FORGEJO, GITEA
from bloatcheck.ci.model import Annotation, AnnotationLevel, CiContext, Event
from bloatcheck.ci.registry import detect
from bloatcheck.errors import Place, UsageError
from bloatcheck.report.links import commit_url, place_url, run_url
from bloatcheck.report.model import Origin

BASE, HEAD, PARTED = "b" * 40, "a" * 40, "c" * 40
SERVER = "https://git.example.com/gitea"
RUNNER = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITEA_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_SERVER_URL": f"{SERVER}/",
    "GITHUB_API_URL": f"{SERVER}/api/v1",
    "GITHUB_EVENT_PATH": "/event.json",
    "GITHUB_WORKFLOW": "images",
    "GITHUB_RUN_ID": "123",
    "GITHUB_RUN_NUMBER": "45",
    "GITHUB_TOKEN": "job",
    "GITHUB_STEP_SUMMARY": "/summary.md",
    "GITHUB_OUTPUT": "/output",
}
FORGEJO_RUNNER = {**RUNNER, "FORGEJO_ACTIONS": "true"}


def pull_request(head: str = "acme/shop") -> dict[str, object]:
    """As both write it: the number, where it and its base parted, and no test merge."""
    return {
        "action": "synchronized",
        "number": 7,
        "pull_request": {
            "number": 7,
            "merge_base": PARTED,
            "merge_commit_sha": None,
            "base": {"ref": "main", "sha": BASE, "repo": {"full_name": "acme/shop"}},
            "head": {"ref": "fatter", "sha": HEAD, "repo": {"full_name": head}},
        },
        "repository": {"full_name": "acme/shop", "default_branch": "main"},
    }


def context(event: object, runner: dict[str, str] = RUNNER, **variables: str) -> CiContext:
    environ = {**runner, **variables}
    return detect(environ).read_context(environ, lambda _: event)


def on_pull_request(event: object, runner: dict[str, str] = RUNNER) -> CiContext:
    return context(
        event,
        runner,
        GITHUB_EVENT_NAME="pull_request",
        GITHUB_REF="refs/pull/7/head",
        GITHUB_SHA=HEAD,
        GITHUB_BASE_REF="main",
        GITHUB_HEAD_REF="fatter",
    )


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        (RUNNER, "gitea"),
        (FORGEJO_RUNNER, "forgejo"),
        ({**RUNNER, "GITEA_ACTIONS": "false"}, "github"),
        ({**RUNNER, "BLOATCHECK_CI": "forgejo"}, "forgejo"),
    ],
)
def test_each_is_told_from_github_by_a_variable_of_its_own(variables: dict[str, str], name: str) -> None:
    assert detect(variables).name == name


@pytest.mark.parametrize("runner", [RUNNER, FORGEJO_RUNNER], ids=["gitea", "forgejo"])
def test_a_pull_request_has_its_head_checked_out_and_says_where_it_and_its_base_parted(
    runner: dict[str, str],
) -> None:
    told = on_pull_request(pull_request(), runner)
    assert (told.event, told.pull_request, told.from_fork) == (Event.PULL_REQUEST, 7, False)
    assert (told.commit, told.head_sha, told.base_sha) == (HEAD, HEAD, BASE)
    assert (told.merge_commit_sha, told.parted_sha) == (None, PARTED)
    assert (told.base_ref, told.default_branch) == ("main", "main")
    assert (told.server_url, told.api_url, told.token) == (SERVER, f"{SERVER}/api/v1", "job")
    assert (told.workflow, told.summary_path, told.output_path) == ("images", "/summary.md", "/output")


def test_a_forks_pull_request_has_a_token_that_may_only_read() -> None:
    told = on_pull_request(pull_request("mallory/shop"))
    assert told.from_fork
    assert "from a fork" in (GITEA.why_read_only(told) or "")
    assert GITEA.why_read_only(on_pull_request(pull_request())) is None


@pytest.mark.parametrize("merge_base", [None, 7, "main", "0" * 40])
def test_where_they_parted_is_taken_only_where_it_is_a_commit(merge_base: object) -> None:
    event = pull_request()
    event["pull_request"]["merge_base"] = merge_base  # type: ignore[index]  # known to be one
    assert on_pull_request(event).parted_sha is None


def test_a_push_to_the_default_branch_renews() -> None:
    told = context(
        {"ref": "refs/heads/main", "before": BASE, "after": HEAD, "repository": {"default_branch": "main"}},
        GITHUB_EVENT_NAME="push",
        GITHUB_REF="refs/heads/main",
        GITHUB_SHA=HEAD,
    )
    assert (told.event, told.base_sha, told.on_default_branch) == (Event.PUSH, BASE, True)


def test_a_runs_page_is_found_by_its_id_on_gitea_and_by_its_number_on_forgejo() -> None:
    page = f"{SERVER}/acme/shop/actions/runs"
    assert context({}).run_url == f"{page}/123"
    assert context({}, FORGEJO_RUNNER).run_url == f"{page}/45"
    assert context({}, RUNNER, GITHUB_RUN_ID="").run_url is None


def test_the_api_is_below_the_server_where_no_variable_says_so() -> None:
    assert context({}, RUNNER, GITHUB_API_URL="").api_url == f"{SERVER}/api/v1"


def test_each_name_of_the_token_is_known_and_no_build_sees_any() -> None:
    assert context({}, RUNNER, GITHUB_TOKEN="", GITEA_TOKEN="own").token == "own"
    assert context({}, RUNNER, GITHUB_TOKEN="", FORGEJO_TOKEN="own").token == "own"
    assert context({}, RUNNER, GITHUB_TOKEN="").token is None
    for ci in (GITEA, FORGEJO):
        assert {"GITHUB_TOKEN", "GITEA_TOKEN", "FORGEJO_TOKEN", "ACTIONS_RUNTIME_TOKEN"} <= ci.secrets


@pytest.mark.parametrize(
    "wrong", [{"GITHUB_RUN_NUMBER": "x"}, {"GITHUB_SERVER_URL": "gopher://x"}, {"GITHUB_REPOSITORY": "a/b/c"}]
)
def test_a_variable_that_does_not_look_as_it_must_ends_the_run(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        context({}, FORGEJO_RUNNER, **wrong)


@pytest.mark.parametrize("event", ["pull_request_target", "issue_comment"])
def test_nothing_is_built_where_a_strangers_code_would_meet_the_repositorys_secrets(event: str) -> None:
    with pytest.raises(UsageError, match="nothing is built"):
        GITEA.check_may_build(context({}, RUNNER, GITHUB_EVENT_NAME=event), {})


def test_a_remark_is_a_line_of_the_log_that_says_where() -> None:
    remark = Annotation(AnnotationLevel.ERROR, "api grew", "by 3 MB\n100%", Place("api/Dockerfile", 3, 4))
    assert GITEA.annotation(remark) == "::error::api/Dockerfile:3: api grew: by 3 MB%0A100%25"
    about_the_run = Annotation(AnnotationLevel.WARNING, "web", "not comparable")
    assert FORGEJO.annotation(about_the_run) == "::warning::web: not comparable"


@pytest.mark.parametrize("forge", ["gitea", "forgejo"])
def test_pages_of_commits_files_and_runs_are_linked(forge: str) -> None:
    page = f"{SERVER}/acme/shop"
    origin = Origin(
        repository="acme/shop",
        server_url=SERVER,
        commit=HEAD,
        run_url=f"{page}/actions/runs/45",
        forge=forge,
    )
    assert commit_url(origin, BASE) == f"{page}/commit/{BASE}"
    assert place_url(origin, Place("a b/Dockerfile", 5, 9)) == (
        f"{page}/src/commit/{HEAD}/a%20b/Dockerfile#L5-L9"
    )
    assert place_url(origin, Place("Dockerfile")) == f"{page}/src/commit/{HEAD}/Dockerfile"
    assert run_url(origin) == f"{page}/actions/runs/45"
