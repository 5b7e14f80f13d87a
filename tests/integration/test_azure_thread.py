"""One thread per pull request, on a stateful stand-in, every request held to Microsoft's own description."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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
    says,
)
from support.hosts.faults import ALWAYS, Cut, Drip, Fault, Meet, Reply, Request, Wait

from bloatcheck.errors import PublishError
from bloatcheck.publish.azure.host import AzureHost
from bloatcheck.publish.azure.manners import AZURE
from bloatcheck.publish.azure.threads import MAX_COMMENT_CHARACTERS
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


def test_the_first_run_begins_it_and_the_second_edits_the_same(azure: PretendAzure) -> None:
    first, second = comment(azure, "first"), comment(azure, "second")
    assert azure.bodies() == [f"{MARKER}\nsecond"]
    assert (first.action, second.action) == (CommentAction.CREATED, CommentAction.UPDATED)
    number = azure.standing()[0]["id"]
    assert first.url == second.url == f"{PAGE}/pullrequest/7?discussionId={number}"
    assert azure.standing()[0]["comments"][0]["author"]["id"] == BUILD_SERVICE


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


def test_a_slow_run_does_not_write_over_what_a_newer_one_says_of_a_newer_commit(azure: PretendAzure) -> None:
    azure.push(7, "b" * 40)
    comment(azure, said_by(8, "new"), head="b" * 40)
    assert comment(azure, said_by(7, "old"), head="a" * 40).action is CommentAction.OUTDATED
    assert azure.bodies() == [f"{MARKER}\n{said_by(8, 'new')}"]


def test_coming_back_to_size_is_told(azure: PretendAzure) -> None:
    comment(azure, "grew")
    comment(azure, "fine", returned="as before again", settled=True)
    assert (azure.bodies(), azure.states()) == ([f"{MARKER}\nas before again"], ["closed"])


def test_none_is_begun_where_none_is_wanted(azure: PretendAzure) -> None:
    assert comment(azure, create=False) == CommentResult(CommentAction.SKIPPED)
    assert azure.writes() == []


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


def test_a_named_author_needs_no_question(azure: PretendAzure) -> None:
    comment(azure, "first", author=BUILD_SERVICE)
    comment(azure, "second", author=BUILD_SERVICE.upper())
    assert not any("connectionData" in exchange.request.target for exchange in azure.exchanges)


def test_a_jobs_token_is_a_bearers_and_a_persons_a_password(azure: PretendAzure) -> None:
    comment(azure, "first")
    comment(azure, "second", token=PERSON_TOKEN)
    sent = {exchange.request.headers["authorization"].split()[0] for exchange in azure.exchanges}
    assert sent == {"Bearer", "Basic"}
    assert len(azure.bodies()) == 2


def test_the_largest_one_fits_and_one_character_more_is_not_sent(azure: PretendAzure) -> None:
    room = MAX_COMMENT_CHARACTERS - len(MARKER) - 1
    comment(azure, "x" * room)
    sent = len(azure.exchanges)
    with pytest.raises(PublishError, match="Azure DevOps takes 150,000"):
        comment(azure, "x" * (room + 1))
    assert len(azure.exchanges) == sent


def test_two_jobs_that_write_at_once_end_with_one(azure: PretendAzure) -> None:
    meeting = threading.Barrier(2)
    azure.faults.append(Fault(Meet(meeting), method="POST", times=2))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda number: comment(azure, said_by(number, "report")), (1, 2)))
    assert len(azure.bodies()) == 1


def test_a_thread_begun_twice_by_a_lost_answer_ends_as_one(azure: PretendAzure) -> None:
    azure.faults.append(Fault(Cut(after=True), method="POST", times=1))
    result = comment(azure)
    assert (len(azure.bodies()), result.action, result.removed) == (1, CommentAction.UNCHANGED, 1)


def test_a_thread_deleted_under_our_hands_is_begun_again(azure: PretendAzure) -> None:
    comment(azure, "first")

    def gone(_: Request) -> bool:
        azure.threads[7].clear()
        return False

    azure.faults.append(Fault(Wait(0), method="PATCH", only_if=gone))
    assert comment(azure, "second").action is CommentAction.CREATED


@pytest.mark.parametrize(
    ("fault", "message", "hint"),
    [
        (Fault(Reply(401, b"", {})), "(status 401)", "$(System.AccessToken)"),
        (
            Fault(says(403, "TF401027: You need the Git 'PullRequestContribute' permission"), method=WRITES),
            "'PullRequestContribute' permission",
            "Contribute to pull requests",
        ),
        (Fault(says(404, "TF401019: The Git repository does not exist")), "TF401019", "may not see it"),
        (Fault(says(400, "Bad"), method=WRITES), "Bad", "tell us"),
        (Fault(Reply(400, b"<html>", {}), method=WRITES), "(status 400)", "tell us"),
    ],
    ids=["401", "403", "404", "400", "no words"],
)
def test_a_refusal_is_told_with_what_to_do_and_not_tried_again(
    azure: PretendAzure, fault: Fault, message: str, hint: str
) -> None:
    fault.times = ALWAYS
    azure.faults.append(fault)
    with pytest.raises(PublishError) as caught:
        comment(azure)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert JOB_TOKEN not in str(caught.value)
    assert len([each for each in azure.exchanges if each.status and each.status >= 400]) == 1


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


@pytest.mark.parametrize(
    "fault",
    [
        Fault(says(429, "TF400733: The request has been canceled", {"Retry-After": "1"}), times=1),
        Fault(Reply(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"}), times=2),
        Fault(Reply(503, b"", {"Retry-After": "1"}), times=1),
        Fault(Cut(), times=2),
    ],
    ids=["429", "502", "503", "reset"],
)
def test_what_passes_is_waited_for(azure: PretendAzure, fault: Fault) -> None:
    azure.faults.append(fault)
    assert comment(azure).action is CommentAction.CREATED
    assert azure.bodies() == [f"{MARKER}\nreport"]


@pytest.mark.parametrize("status", [429, 500])
def test_what_does_not_pass_is_told_in_the_end(azure: PretendAzure, status: int) -> None:
    azure.faults.append(Fault(says(status, "no", {"Retry-After": "60"})))
    with pytest.raises(PublishError) as caught:
        comment(azure)
    assert "later" in (caught.value.hint or "")


@pytest.mark.parametrize("effect", [Wait(3), Drip(0.05)], ids=["silence", "drip"])
def test_an_answer_that_does_not_come_ends_in_time(azure: PretendAzure, effect: Wait | Drip) -> None:
    azure.say(7, "talk " * 50)
    azure.faults.append(Fault(effect))
    hurried = Patience(answer_seconds=0.3, total_seconds=1, tries=2, first_pause_seconds=0.01)
    begun = time.monotonic()
    with pytest.raises(PublishError, match="no answer in time"):
        comment(azure, patience=hurried)
    assert time.monotonic() - begun < 3


def test_a_duplicate_that_can_not_be_removed_is_only_a_warning(azure: PretendAzure) -> None:
    azure.say(7, f"{MARKER}\none", by=BUILD_SERVICE)
    azure.say(7, f"{MARKER}\ntwo", by=BUILD_SERVICE)
    azure.faults.append(Fault(says(403, "TF401027"), method="DELETE"))
    result = comment(azure, "new")
    assert result.action is CommentAction.UPDATED
    assert "TF401027" in result.warnings[0]


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
