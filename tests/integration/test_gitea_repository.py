"""What is asked of Gitea and Forgejo about a repository, and what people say on a pull request there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from support.gitea.server import (
    ADMIN_TOKEN,
    HEAD,
    JOB_TOKEN,
    REPOSITORY,
    PretendGitea,
    Pull,
    pretend_gitea,
    says,
)
from support.hosts.faults import Cut, Fault, Reply

from bloatcheck.ci.model import CiContext, TriggeringRun
from bloatcheck.ci.registry import ci_named
from bloatcheck.errors import PublishError
from bloatcheck.publish import sign
from bloatcheck.publish.check import Check, Conclusion
from bloatcheck.publish.gitea.host import GiteaHost
from bloatcheck.publish.gitea.manners import manners
from bloatcheck.publish.http import Client
from bloatcheck.publish.patience import Patience
from bloatcheck.publish.sign import Sign

QUICK = Patience(answer_seconds=5, total_seconds=8, tries=3, first_pause_seconds=0.01)
A, B, C, D = "a" * 40, "b" * 40, "c" * 40, "d" * 40
LABEL, COMMAND = "size-ok", "/bloatcheck approve"


@pytest.fixture(scope="module", params=["gitea", "forgejo"])
def running(request: pytest.FixtureRequest) -> Iterator[PretendGitea]:
    with pretend_gitea(request.param) as gitea:
        yield gitea


@pytest.fixture
def gitea(running: PretendGitea) -> Iterator[PretendGitea]:
    """Afterwards every request must have been one that its description has."""
    running.reset()
    yield running
    assert running.violations == []


@pytest.fixture
def host(gitea: PretendGitea) -> GiteaHost:
    return host_with(gitea, ADMIN_TOKEN)


def host_with(gitea: PretendGitea, token: str) -> GiteaHost:
    client = Client(token, api_url=gitea.api, manners=manners(gitea.flavour.title()), patience=QUICK)
    return GiteaHost(client, REPOSITORY, gitea.bot)


def commit(sha: str, *parents: str, created: str = "2026-11-24T12:00:00Z") -> dict[str, object]:
    return {"sha": sha, "created": created, "parents": [{"sha": parent} for parent in parents]}


# Commits and files


@pytest.mark.parametrize(
    ("commits", "parted"),
    [
        ([commit(D, C), commit(C, A)], A),
        ([], D),
        ([commit(D, C, B), commit(C, A)], None),
        ([commit(D, C, A), commit(C, A)], A),
        ([commit(D)], None),
    ],
    ids=["a line", "the head is behind", "a merge of something else", "a merge of the base", "a root"],
)
def test_where_two_commits_parted_is_told_by_the_parents_of_what_the_head_has(
    gitea: PretendGitea, host: GiteaHost, commits: list[dict[str, object]], parted: str | None
) -> None:
    gitea.comparisons[f"{B}...{D}"] = commits
    assert host.merge_base(B, D) == parted


def test_of_commits_that_are_not_there_nothing_is_told(host: GiteaHost) -> None:
    assert host.merge_base(B, D) is None


def test_a_comparison_that_is_cut_short_tells_nothing(gitea: PretendGitea, host: GiteaHost) -> None:
    cut = b'{"total_commits": 300, "commits": []}'
    gitea.faults.append(Fault(Reply(200, cut), path=".*/compare/.*"))
    assert host.merge_base(B, D) is None


def test_a_file_is_read_at_a_commit(gitea: PretendGitea, host: GiteaHost) -> None:
    gitea.files[A, "deploy/.bloatcheck.yml"] = b"version: 1\n"
    gitea.files[A, "deploy/empty"] = b""
    assert host.file(A, "./deploy/.bloatcheck.yml", most=100) == b"version: 1\n"
    assert host.file(A, "deploy/empty", most=100) == b""
    assert host.file(B, "deploy/.bloatcheck.yml", most=100) is None
    assert host.file(A, "deploy", most=100) is None
    assert host.files(A, "deploy") == ("deploy/.bloatcheck.yml", "deploy/empty")
    assert host.files(A, "elsewhere") == ()
    with pytest.raises(PublishError, match="larger than 3 bytes"):
        host.file(A, "deploy/.bloatcheck.yml", most=3)


@pytest.mark.parametrize(
    ("content", "message"),
    [("null", "gives no file of this size"), ('"a"', "the answer is damaged")],
)
def test_a_file_that_does_not_come_whole_is_an_error(
    gitea: PretendGitea, host: GiteaHost, content: str, message: str
) -> None:
    told = f'{{"type": "file", "path": "x", "size": 9, "content": {content}}}'
    gitea.faults.append(Fault(Reply(200, told.encode(), lawful=False), path=".*/contents/.*"))
    with pytest.raises(PublishError, match=message):
        host.file(A, "x", most=100)


def test_the_newest_commit_before_a_moment_is_found_on_a_later_page(
    gitea: PretendGitea, host: GiteaHost
) -> None:
    late = [commit(f"{number:040x}", created="2026-11-20T00:00:00Z") for number in range(70)]
    gitea.commits["main"] = [*late, commit(B, created="2026-10-01T00:00:00Z"), commit(C)]
    assert host.last_before(datetime(2026, 11, 1, tzinfo=timezone.utc), "main") == B
    assert host.last_before(datetime(2020, 1, 1, tzinfo=timezone.utc), "empty") is None


# Artifacts


def test_artifacts_of_runs_on_the_branch_are_found_newest_first(gitea: PretendGitea, host: GiteaHost) -> None:
    old = gitea.keep("baseline", b"old", commit=A)
    new = gitea.keep("baseline", b"new", commit=B)
    gitea.keep("baseline", b"of a fork", commit=C, event="pull_request", branch="main")
    gitea.keep("baseline", b"of another branch", commit=C, branch="feature")
    gitea.keep("another", b"", commit=C)
    found = host.artifacts("baseline", "main")
    assert [(one.number, one.commit, one.size) for one in found] == [(new, B, 3), (old, A, 3)]
    assert host.archive(new, most=10) == b"new"
    with pytest.raises(PublishError, match="larger than 2 bytes"):
        host.archive(new, most=2)


def test_an_expired_artifact_and_one_whose_run_is_gone_are_none(gitea: PretendGitea, host: GiteaHost) -> None:
    gitea.keep("baseline", b"old", commit=A)
    gitea.stored[0]["expired"] = True
    gitea.keep("baseline", b"new", commit=A)
    gitea.runs.clear()
    assert host.artifacts("baseline", "main") == ()


# A pull request of our own


def test_a_pull_request_is_opened_once_and_then_renewed(gitea: PretendGitea, host: GiteaHost) -> None:
    gitea.pulls[8] = Pull(8, head="bloatcheck/baseline", from_="mallory/shop")
    page = host.pull_request(branch="bloatcheck/baseline", base="main", title="Renew", body="one")
    assert host.pull_request(branch="bloatcheck/baseline", base="main", title="Renew", body="two") == page
    assert host.pull_request(branch="bloatcheck/baseline", base="main", title="Renew", body="two\n") == page
    assert gitea.writes() == ["POST", "PATCH"]
    assert [pull.body for pull in gitea.pulls.values() if pull.title == "Renew"] == ["two"]


def test_one_that_another_run_opened_meanwhile_is_taken(gitea: PretendGitea, host: GiteaHost) -> None:
    gitea.faults.append(Fault(Cut(after=True), method="POST", times=1))
    page = host.pull_request(branch="bloatcheck/baseline", base="main", title="Renew", body="one")
    assert page.endswith(f"/pulls/{max(gitea.pulls)}")


def test_a_pull_request_that_is_refused_is_told(gitea: PretendGitea, host: GiteaHost) -> None:
    gitea.faults.append(Fault(says(422, "There are no changes between the head and the base"), method="POST"))
    with pytest.raises(PublishError, match=r"refused to open a pull request .*: There are no changes"):
        host.pull_request(branch="bloatcheck/baseline", base="main", title="Renew", body="one")


def test_the_pull_requests_of_a_run_are_those_whose_head_it_measured(
    gitea: PretendGitea, host: GiteaHost
) -> None:
    gitea.pulls[8] = Pull(8, sha=B, from_="mallory/shop")
    gitea.pulls[9] = Pull(9, sha=B, from_="mallory/shop", state="closed")

    def of(repository: str, sha: str) -> tuple[int, ...]:
        return host.open_pull_requests(head_repository=repository, head_branch="feature", head_sha=sha)

    assert of("Mallory/shop", B) == (8,)
    assert of(REPOSITORY, HEAD) == (7,)
    assert of("mallory/shop", HEAD) == ()


# The verdict beside a commit


@pytest.mark.parametrize(
    ("conclusion", "state"),
    [(Conclusion.SUCCESS, "success"), (Conclusion.NEUTRAL, "success"), (Conclusion.FAILURE, "failure")],
)
def test_the_verdict_is_a_commit_status(
    gitea: PretendGitea, host: GiteaHost, conclusion: Conclusion, state: str
) -> None:
    page = f"https://git.example.com/{REPOSITORY}/actions/runs/3"
    host.post_check(
        Check(
            name="bloatcheck",
            head_sha=A,
            conclusion=conclusion,
            title="api grew by 3 MB",
            summary="…",
            details_url=page,
        )
    )
    assert gitea.statuses == [
        {
            "sha": A,
            "context": "bloatcheck",
            "state": state,
            "description": "api grew by 3 MB",
            "target_url": page,
        }
    ]


# Approvals


def doubts(host: GiteaHost, **asked: str) -> list[str | None]:
    return [one.doubt for one in signs(host, **asked)]


def signs(host: GiteaHost, **asked: str) -> tuple[Sign, ...]:
    return host.signs(7, head=HEAD, **(asked or {"label": LABEL, "command": COMMAND}))


def test_a_command_of_who_may_write_counts(gitea: PretendGitea, host: GiteaHost) -> None:
    comment = gitea.say(7, f"{COMMAND} {HEAD} new runtime")
    (found,) = signs(host)
    assert found == Sign("command", "human", f"{HEAD} new runtime", comment["html_url"])


def test_a_command_of_anybody_else_does_not(gitea: PretendGitea, host: GiteaHost) -> None:
    gitea.say(7, f"{COMMAND} {HEAD}", by="guest")
    gitea.say(7, f"{COMMAND} {HEAD}", user={"id": 99, "login": "gone"})
    assert doubts(host) == [sign.MAY_NOT, sign.MAY_NOT]


def test_what_the_hosts_own_users_say_is_not_looked_at(gitea: PretendGitea, host: GiteaHost) -> None:
    gitea.say(7, f"{COMMAND} {HEAD}", by=gitea.bot)
    gitea.say(7, f"{COMMAND} {HEAD}", user={"id": -1, "login": "Ghost"})
    gitea.say(7, f"Please write {COMMAND} {HEAD}")
    assert signs(host) == ()


def test_a_command_names_the_commit_that_is_judged_and_was_not_edited(
    gitea: PretendGitea, host: GiteaHost
) -> None:
    gitea.say(7, f"{COMMAND} {HEAD[:12]}")
    gitea.say(7, f"{COMMAND} {B}")
    gitea.say(7, f"{COMMAND} {HEAD}", updated_at="2027-01-01T00:00:00Z")
    assert doubts(host) == [sign.UNNAMED, sign.for_another(B), sign.EDITED]


def test_a_jobs_own_token_is_not_told_who_may_write(gitea: PretendGitea) -> None:
    gitea.say(7, f"{COMMAND} {HEAD}")
    (doubt,) = doubts(host_with(gitea, JOB_TOKEN))
    assert f"{gitea.flavour.title()} tells only administrators" in (doubt or "")


def test_a_label_that_was_set_after_the_newest_push_counts(gitea: PretendGitea, host: GiteaHost) -> None:
    gitea.set_label(7, "Size-OK")
    assert signs(host) == (Sign("label", "human"),)


def test_a_label_is_found_on_a_later_page_of_the_timeline(gitea: PretendGitea, host: GiteaHost) -> None:
    for _ in range(70):
        gitea.set_label(7, "other")
    gitea.set_label(7, LABEL)
    assert doubts(host, label=LABEL) == [None]


def test_a_label_from_before_the_newest_push_does_not(gitea: PretendGitea, host: GiteaHost) -> None:
    gitea.set_label(7, LABEL)
    gitea.push(7, HEAD)
    assert doubts(host) == [sign.SET_BEFORE]


def test_a_label_of_who_may_not_write_and_one_by_the_bot_do_not(gitea: PretendGitea, host: GiteaHost) -> None:
    gitea.set_label(7, LABEL, by="guest")
    assert doubts(host) == [sign.MAY_NOT]
    gitea.set_label(7, LABEL, by=gitea.bot)
    assert doubts(host) == [sign.PROGRAM]


def test_a_label_that_was_taken_off_is_none(gitea: PretendGitea, host: GiteaHost) -> None:
    gitea.set_label(7, LABEL)
    gitea.set_label(7, LABEL, on=False)
    assert signs(host) == ()


def test_a_label_on_a_newer_commit_is_for_that(gitea: PretendGitea, host: GiteaHost) -> None:
    gitea.push(7, B)
    gitea.set_label(7, LABEL)
    assert doubts(host) == [sign.NEWER]


def test_a_push_that_the_timeline_does_not_have_makes_a_label_count_for_nothing(
    gitea: PretendGitea, host: GiteaHost
) -> None:
    gitea.push(7, B)
    gitea.push(7, HEAD, told=False)
    gitea.set_label(7, LABEL)
    (doubt,) = doubts(host)
    assert "does not say when the newest commit was pushed" in (doubt or "")


@pytest.mark.parametrize("body", ["", "null", '{"commit_ids": null}', '{"commit_ids": [1]}', "<p>"])
def test_a_push_that_names_no_commit_is_no_proof(gitea: PretendGitea, host: GiteaHost, body: str) -> None:
    gitea.pulls[7].timeline[-1]["body"] = body
    gitea.set_label(7, LABEL)
    (doubt,) = doubts(host)
    assert "does not say when" in (doubt or "")


def test_the_newest_commit_is_asked_for(host: GiteaHost) -> None:
    assert host.conversation(7).newest_commit() == HEAD


# The CI's own way to it


@pytest.mark.parametrize("measured", [B, HEAD])
def test_a_second_workflow_finds_the_pull_request_of_the_run_that_started_it(
    gitea: PretendGitea, measured: str
) -> None:
    gitea.pulls[8] = Pull(8, sha=B, from_="mallory/shop")
    ci = ci_named(gitea.flavour)
    context = CiContext(ci=ci.name, repository=REPOSITORY, api_url=gitea.api)
    run = TriggeringRun(
        number=1,
        attempt=1,
        event="pull_request",
        workflow=".gitea/workflows/images.yml",
        head_sha=measured,
        head_branch="feature",
        head_repository="mallory/shop",
    )
    assert ci.requests_of(run, context, JOB_TOKEN, None) == ((8,) if measured == B else ())
    assert ci.requests_of(replace(run, head_repository=None), context, JOB_TOKEN, None) == ()
    assert ci.host(replace(context, api_url=None), JOB_TOKEN, None) is None
    assert ci.checks(context, JOB_TOKEN, None) is not None
