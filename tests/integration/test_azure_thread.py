"""What only Azure DevOps has of the one thread per pull request, and its repository: held to its description.

The rest is `test_sticky_comment.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest
from support.azure.server import (
    BUILD_SERVICE,
    JOB_TOKEN,
    NAME,
    PERSON,
    PERSON_TOKEN,
    READER_TOKEN,
    PretendAzure,
    pretend_azure,
)
from support.hosts.faults import Fault, Reply

from bloatcheck.errors import PublishError
from bloatcheck.publish.azure.host import AzureHost
from bloatcheck.publish.azure.manners import AZURE
from bloatcheck.publish.http import Client
from bloatcheck.publish.patience import Patience
from bloatcheck.publish.refused import ReadOnlyTokenError
from bloatcheck.publish.sticky import CommentAction, CommentResult, upsert

MARKER = "<!-- bloatcheck:v1 key=shop:.bloatcheck.yml -->"
PAGE = f"https://dev.azure.com/acme/{NAME}"
QUICK = Patience(answer_seconds=5, total_seconds=8, tries=4, first_pause_seconds=0.01)
"""Real bounds, only smaller."""
WRITES = "POST|PATCH|DELETE"


@pytest.fixture(scope="module")
def running() -> Iterator[PretendAzure]:
    with pretend_azure() as azure:
        yield azure


@pytest.fixture
def azure(running: PretendAzure) -> Iterator[PretendAzure]:
    """Afterwards every request must have been one that Microsoft describes."""
    running.reset()
    yield running
    assert running.violations == []


def host(azure: PretendAzure, token: str = JOB_TOKEN, patience: Patience = QUICK) -> AzureHost:
    return AzureHost(Client(token, manners=AZURE, api_url=azure.api, patience=patience), NAME, PAGE)


def comment(
    azure: PretendAzure,
    body: str = "report",
    *,
    token: str = JOB_TOKEN,
    patience: Patience = QUICK,
    create: bool = True,
    author: str | None = None,
    head: str | None = None,
    returned: str | None = None,
    number: int = 7,
    settled: bool = False,
) -> CommentResult:
    back = f"{MARKER}\n{returned}" if returned else None
    conversation = host(azure, token, patience).conversation(number, settled=settled)
    return upsert(conversation, f"{MARKER}\n{body}", author=author, create=create, returned=back, head=head)


def said_by(build: int, words: str) -> str:
    page = f"https://dev.azure.com/acme/Shop%20Project/_build/results?buildId={build}"
    return f"{words}\n<sub>bloatcheck 1 · [this run]({page})</sub>"


def test_a_broken_limit_waits_for_somebody_and_a_settled_one_is_closed(azure: PretendAzure) -> None:
    comment(azure, "over the limit")
    assert azure.states() == ["active"]
    comment(azure, "within the limits", settled=True)
    assert azure.states() == ["closed"]
    comment(azure, "over the limit again")
    assert azure.states() == ["active"]


def test_a_thread_that_people_closed_stays_closed_while_nothing_new_is_said(azure: PretendAzure) -> None:
    comment(azure, said_by(41, "over the limit"))
    azure.standing()[0]["status"] = "wontFix"
    assert comment(azure, said_by(42, "over the limit")).action is CommentAction.UNCHANGED
    assert azure.states() == ["wontFix"]
    assert azure.writes() == ["POST"]


def test_coming_back_to_size_is_told(azure: PretendAzure) -> None:
    comment(azure, "grew")
    comment(azure, "fine", returned="as before again", settled=True)
    assert (azure.bodies(), azure.states()) == ([f"{MARKER}\nas before again"], ["closed"])


def test_a_strangers_thread_a_systems_and_a_deleted_one_are_left_alone(azure: PretendAzure) -> None:
    azure.say(7, f"{MARKER}\nall is well", by=PERSON)
    azure.say(7, f"{MARKER}\nvoted", by=BUILD_SERVICE, kind="system")
    gone = azure.say(7, f"{MARKER}\ngone", by=BUILD_SERVICE)
    azure.threads[7][-1]["isDeleted"] = True
    comment(azure, "report")
    assert azure.bodies() == [f"{MARKER}\nall is well", f"{MARKER}\nvoted", f"{MARKER}\nreport"]
    assert azure.threads[7][-1]["id"] != gone


def test_a_thread_of_nobody_is_none_of_ours(azure: PretendAzure) -> None:
    azure.say(7, f"{MARKER}\nold", by=BUILD_SERVICE)
    azure.threads[7][-1]["comments"][0].pop("author")
    azure.threads[7].append({"id": 3, "comments": [], "status": "unknown", "isDeleted": False})
    assert comment(azure).action is CommentAction.CREATED


def test_a_jobs_token_is_a_bearers_and_a_persons_a_password(azure: PretendAzure) -> None:
    comment(azure, "first")
    comment(azure, "second", token=PERSON_TOKEN)
    sent = {exchange.request.headers["authorization"].split()[0] for exchange in azure.exchanges}
    assert sent == {"Bearer", "Basic"}
    assert len(azure.bodies()) == 2


def test_a_token_that_may_not_write_is_known_as_one(azure: PretendAzure) -> None:
    with pytest.raises(ReadOnlyTokenError, match="PullRequestContribute"):
        comment(azure, token=READER_TOKEN)


def test_a_page_to_sign_in_at_is_no_answer(azure: PretendAzure) -> None:
    """So Azure greets a token that has expired."""
    page = Reply(203, b"<html>Sign in</html>", {"Content-Type": "text/html"}, lawful=False)
    azure.faults.append(Fault(page))
    with pytest.raises(PublishError, match="not what Azure DevOps' API gives") as caught:
        comment(azure)
    assert "page to sign in at" in (caught.value.hint or "")


def test_an_unknown_token_and_an_unknown_pull_request_are_refused(azure: PretendAzure) -> None:
    with pytest.raises(PublishError, match="status 401"):
        comment(azure, token="pat-of-nobody")
    with pytest.raises(PublishError, match="TF401180"):
        comment(azure, number=8)


# The repository


def test_a_merge_base_is_asked_for(azure: PretendAzure) -> None:
    azure.merge_bases[("b" * 40, "a" * 40)] = "c" * 40
    assert host(azure).merge_base("b" * 40, "a" * 40) == "c" * 40
    assert host(azure).merge_base("d" * 40, "a" * 40) is None


def test_files_are_read_at_a_commit_and_bounded(azure: PretendAzure) -> None:
    azure.files["a" * 40, "folder/base line.json"] = b'{"a": 1}'
    assert host(azure).file("a" * 40, "folder/base line.json", most=8) == b'{"a": 1}'
    assert host(azure).file("a" * 40, "folder/none", most=8) is None
    with pytest.raises(PublishError, match="larger than 7 bytes"):
        host(azure).file("a" * 40, "folder/base line.json", most=7)
    assert host(azure).files("a" * 40, "folder") == ("folder/base line.json",)
    assert host(azure).files("a" * 40, "none") == ()


def test_the_newest_commit_of_a_branch_before_a_moment_is_asked_for(azure: PretendAzure) -> None:
    moment = datetime(2026, 11, 24, tzinfo=timezone.utc)
    assert host(azure).last_before(moment, "main") is None
    azure.commits.append("c" * 40)
    assert host(azure).last_before(moment, "main") == "c" * 40
    assert "toDate=2026-11-24T00%3A00%3A00Z" in azure.exchanges[-1].request.target


def test_a_pull_request_is_opened_once_and_its_text_kept_up_to_date(azure: PretendAzure) -> None:
    def renew(body: str) -> str:
        return host(azure).pull_request(branch="bloatcheck/renew", base="main", title="Renew", body=body)

    first = renew("one")
    assert first == renew("x" * 5_000)
    (opened,) = (one for one in azure.requests.values() if one["title"] == "Renew")
    assert opened["description"] == "x" * 4_000
    assert first == f"{PAGE}/pullrequest/{opened['pullRequestId']}"
    writes = len(azure.writes())
    renew("x" * 5_000)
    assert len(azure.writes()) == writes


def test_a_fork_s_pull_request_from_a_branch_of_that_name_is_not_taken_for_ours(azure: PretendAzure) -> None:
    names = {"sourceRefName": "refs/heads/bloatcheck/renew", "targetRefName": "refs/heads/main"}
    fork = {"name": names["sourceRefName"], "repository": {"name": "shop"}}
    azure.requests[8] = {
        **azure.requests[7],
        **names,
        "pullRequestId": 8,
        "title": "Mine",
        "forkSource": fork,
    }
    urls = {
        host(azure).pull_request(branch="bloatcheck/renew", base="main", title="Renew", body="b")
        for _ in range(2)
    }
    assert urls == {f"{PAGE}/pullrequest/{max(azure.requests)}"}
    assert azure.requests[8]["title"] == "Mine"


def test_what_azure_does_not_tell_is_not_believed(azure: PretendAzure) -> None:
    with pytest.raises(PublishError, match="doesn't tell who set a label"):
        host(azure).signs(7, head="a" * 40, label="size-ok")
    with pytest.raises(PublishError, match="are not read"):
        host(azure).artifacts("bloatcheck-baseline", "main")
    with pytest.raises(PublishError, match="are not read"):
        host(azure).archive(1, most=1)
    assert azure.exchanges == []
