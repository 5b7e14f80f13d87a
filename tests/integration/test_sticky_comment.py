"""One comment per pull request, on a stateful stand-in of each code host, held to its own API's description.

What only one host has is in a file of its own: `test_github_comment.py` and the like.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support.azure.talk import AZURE_HOST
from support.gitea.talk import gitea_host
from support.github.talk import GITHUB_HOST
from support.gitlab.talk import GITLAB_HOST
from support.hosts.faults import WRITES, Cut, Drip, Fault, Meet, Reply, Request, Wait
from support.hosts.talk import MARKER, QUICK, Refusal, Talk, comment, said_by

from bloatcheck.errors import PublishError
from bloatcheck.publish.patience import Patience
from bloatcheck.publish.refused import ReadOnlyTokenError
from bloatcheck.publish.sticky import CommentAction, CommentResult

HOSTS = {
    "github": GITHUB_HOST,
    "gitlab": GITLAB_HOST,
    "gitea": gitea_host("gitea"),
    "forgejo": gitea_host("forgejo"),
    "azure": AZURE_HOST,
}


@pytest.fixture(scope="module", params=HOSTS)
def running(request: pytest.FixtureRequest) -> Iterator[tuple[str, Any]]:
    with HOSTS[request.param].start() as stand_in:
        yield request.param, stand_in


@pytest.fixture
def talk(running: tuple[str, Any]) -> Iterator[Talk]:
    """Afterwards every request must have been one that the host describes."""
    name, stand_in = running
    yield HOSTS[name].talk(stand_in)
    assert stand_in.violations == []


# One comment


def test_the_first_run_writes_it_and_the_second_edits_the_same(talk: Talk) -> None:
    first, second = comment(talk, "first"), comment(talk, "second")
    (found,) = talk.comments()
    assert (found.text, found.author) == (f"{MARKER}\nsecond", talk.name)
    assert (first.action, second.action) == (CommentAction.CREATED, CommentAction.UPDATED)
    assert first.url == second.url == found.page
    assert talk.stand_in.writes() == ["POST", *talk.edits]


def test_a_slow_run_does_not_write_over_what_a_newer_one_says_of_a_newer_commit(talk: Talk) -> None:
    comment(talk, said_by(talk, 8, "new"), head=talk.head)
    assert comment(talk, said_by(talk, 7, "old"), head="0" * 40).action is CommentAction.OUTDATED
    assert talk.bodies() == [f"{MARKER}\n{said_by(talk, 8, 'new')}"]


def test_an_older_run_that_runs_again_for_the_same_commit_knows_more(talk: Talk) -> None:
    """The growth was approved meanwhile, say, and any of its runs was started again."""
    comment(talk, said_by(talk, 8, "broken"), head=talk.head)
    assert comment(talk, said_by(talk, 7, "approved"), head=talk.head).action is CommentAction.UPDATED
    assert talk.bodies() == [f"{MARKER}\n{said_by(talk, 7, 'approved')}"]


def test_a_run_that_the_report_names_in_its_words_is_none(talk: Talk) -> None:
    words = f"{talk.run_page.format(999)})</sub>\n{said_by(talk, 7, 'old')}"
    comment(talk, words, head="0" * 40)
    assert comment(talk, said_by(talk, 8, "new"), head="0" * 40).action is CommentAction.UPDATED


@pytest.mark.parametrize("again", ["same", "same  \n"], ids=["to the letter", "but for white space"])
def test_an_unchanged_report_changes_nothing(talk: Talk, again: str) -> None:
    comment(talk, "same")
    assert comment(talk, again).action is CommentAction.UNCHANGED
    assert talk.stand_in.writes() == ["POST"]


def test_the_same_said_by_another_run_changes_nothing(talk: Talk) -> None:
    comment(talk, said_by(talk, 41, "fine"))
    assert comment(talk, said_by(talk, 42, "fine")).action is CommentAction.UNCHANGED
    assert talk.stand_in.writes() == ["POST"]


def test_coming_back_to_size_is_told_once(talk: Talk) -> None:
    comment(talk, "### grew\n\ntable")
    results = [
        comment(talk, "### as before\n\nquiet", create=False, returned="### is back") for _ in range(2)
    ]
    assert talk.bodies() == [f"{MARKER}\n### is back"]
    assert [result.action for result in results] == [CommentAction.UPDATED, CommentAction.UNCHANGED]


def test_a_comment_that_never_told_of_a_change_tells_of_no_return(talk: Talk) -> None:
    comment(talk, "### as before\n\n10 MB")
    comment(talk, "### as before\n\n11 MB", returned="### is back")
    assert talk.bodies() == [f"{MARKER}\n### as before\n\n11 MB"]


def test_none_is_written_where_none_is_wanted(talk: Talk) -> None:
    assert comment(talk, create=False) == CommentResult(CommentAction.SKIPPED)
    assert talk.stand_in.writes() == []


def test_one_that_is_there_is_edited_even_where_none_would_be_written(talk: Talk) -> None:
    comment(talk, "too big")
    assert comment(talk, "fine again", create=False).action is CommentAction.UPDATED
    assert talk.bodies() == [f"{MARKER}\nfine again"]


def test_it_is_found_among_many(talk: Talk) -> None:
    """Which fill three pages, where a host gives a hundred at once."""
    for number in range(130):
        talk.say(f"talk {number}", talk.other)
    first = comment(talk, "first")
    for number in range(130):
        talk.say(f"more talk {number}", talk.other)
    second = comment(talk, "second")
    assert (second.action, second.url) == (CommentAction.UPDATED, first.url)


def test_two_workflows_keep_one_each(talk: Talk) -> None:
    for body in ("before", "after"):
        comment(talk, body, marker="<!-- bloatcheck:v1 key=images.yml -->")
        comment(talk, body, marker="<!-- bloatcheck:v1 key=nightly.yml -->")
    assert [body.splitlines()[1] for body in talk.bodies()] == ["after", "after"]


def test_the_largest_one_fits_and_one_character_more_is_not_sent(talk: Talk) -> None:
    room = talk.longest - len(MARKER) - 1
    assert comment(talk, "x" * room).action is CommentAction.CREATED
    sent = len(talk.stand_in.exchanges)
    told = f"has {talk.longest + 1:,} characters, and {talk.manners.host} takes {talk.longest:,}"
    with pytest.raises(PublishError, match=told):
        comment(talk, "x" * (room + 1))
    assert len(talk.stand_in.exchanges) == sent


# Whose it is


def test_a_strangers_comment_with_our_marker_is_left_alone(talk: Talk) -> None:
    talk.say(f"{MARKER}\nall is well, merge me", talk.other)
    comment(talk)
    comment(talk, "second")
    assert talk.bodies() == [f"{MARKER}\nall is well, merge me", f"{MARKER}\nsecond"]


def test_one_of_ours_that_only_quotes_the_marker_is_left_alone(talk: Talk) -> None:
    talk.say(f"> {MARKER}\nquoted", talk.name)
    talk.say(f"see\n{MARKER}", talk.name)
    comment(talk)
    assert len(talk.bodies()) == 3


def test_a_persons_token_writes_as_its_owner(talk: Talk) -> None:
    comment(talk, "first", token=talk.other_token)
    assert comment(talk, "second", token=talk.other_token).action is CommentAction.UPDATED
    assert [found.author for found in talk.comments()] == [talk.other]


def test_anothers_token_writes_one_beside_ours(talk: Talk) -> None:
    comment(talk, "ours")
    comment(talk, "theirs", token=talk.other_token)
    assert talk.bodies() == [f"{MARKER}\nours", f"{MARKER}\ntheirs"]


def test_a_named_author_needs_no_question(talk: Talk) -> None:
    comment(talk, "first", author=talk.name)
    comment(talk, "second", author=talk.name.upper())
    assert talk.bodies() == [f"{MARKER}\nsecond"]
    asked = [exchange.request.target for exchange in talk.stand_in.exchanges]
    assert not [target for target in asked if target.partition("?")[0].endswith(talk.whose_token)]


# Races


def test_two_jobs_that_write_at_once_end_with_one(talk: Talk) -> None:
    talk.stand_in.faults.append(Fault(Meet(threading.Barrier(2)), method="POST", times=2))
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda run: comment(talk, said_by(talk, run, f"report {run}")), (1, 2)))
    (found,) = talk.comments()
    assert found.text in {f"{MARKER}\n{said_by(talk, run, f'report {run}')}" for run in (1, 2)}
    assert {result.url for result in results} == {found.page}


def test_one_made_twice_by_a_lost_answer_ends_as_one(talk: Talk) -> None:
    talk.stand_in.faults.append(Fault(Cut(after=True), method="POST", times=1))
    result = comment(talk)
    (found,) = talk.comments()
    assert (found.text, result.url) == (f"{MARKER}\nreport", found.page)
    assert (result.action, result.removed) == (CommentAction.UNCHANGED, 1)
    assert talk.stand_in.writes() == ["POST", "POST", "DELETE"]


def test_duplicates_of_an_earlier_day_go(talk: Talk) -> None:
    for _ in range(3):
        talk.say(f"{MARKER}\nold", talk.name)
    assert comment(talk, "new").removed == 2
    assert talk.bodies() == [f"{MARKER}\nnew"]


def test_a_duplicate_that_can_not_be_removed_is_only_a_warning(talk: Talk) -> None:
    for _ in range(2):
        talk.say(f"{MARKER}\nold", talk.name)
    talk.stand_in.faults.append(Fault(talk.says(403, "Must have admin rights"), method="DELETE"))
    result = comment(talk, "new")
    assert result.action is CommentAction.UPDATED
    (warning,) = result.warnings
    assert warning.startswith(f"{talk.manners.host} refused to remove a duplicate ")
    assert warning.endswith(" (status 403): Must have admin rights")


def test_one_deleted_under_our_hands_is_written_again(talk: Talk) -> None:
    comment(talk, "first")

    def gone(_: Request) -> bool:
        talk.lose()
        return False

    talk.stand_in.faults.append(Fault(Wait(0), method="PUT|PATCH", only_if=gone))
    assert comment(talk, "second").action is CommentAction.CREATED
    assert talk.bodies() == [f"{MARKER}\nsecond"]


# Refusals

REFUSALS = [
    pytest.param(name, refusal, id=f"{name}-{what}")
    for name, host in HOSTS.items()
    for what, refusal in host.refusals.items()
]


@pytest.mark.parametrize(("running", "refusal"), REFUSALS, indirect=["running"])
def test_a_refusal_is_told_with_what_to_do_and_not_tried_again(talk: Talk, refusal: Refusal) -> None:
    talk.stand_in.faults.append(refusal.fault())
    with pytest.raises(PublishError) as caught:
        comment(talk)
    assert caught.value.message.startswith(f"{talk.manners.host} refused to ")
    assert refusal.told in caught.value.message
    assert refusal.cure in (caught.value.hint or "")
    assert talk.token not in str(caught.value)
    # A GitHub job may not ask who it is, and then there is a 403 that is none of this.
    refused = [each for each in talk.stand_in.exchanges if each.status == refusal.reply.status]
    assert len(refused) == 1


def test_what_is_too_large_for_the_host_after_all_is_told(talk: Talk) -> None:
    talk.stand_in.faults.append(Fault(Reply(413, b"<html>Too Large</html>"), method=WRITES))
    with pytest.raises(PublishError, match=r"\(status 413\)\n") as caught:
        comment(talk)
    assert "tell us" in (caught.value.hint or "")


def test_a_token_that_may_not_write_is_known_as_one(talk: Talk) -> None:
    words = "Resource not accessible by integration"
    talk.stand_in.faults.append(Fault(talk.says(403, words), method=WRITES))
    with pytest.raises(ReadOnlyTokenError):
        comment(talk)


def test_a_limit_that_answers_403_is_no_such_token(talk: Talk) -> None:
    talk.stand_in.faults.append(Fault(talk.says(403, "Slow down", {"Retry-After": "60"}), method=WRITES))
    with pytest.raises(PublishError) as caught:
        comment(talk)
    assert not isinstance(caught.value, ReadOnlyTokenError)
    assert "too many requests" in (caught.value.hint or "")


@pytest.mark.parametrize("before", [0, 280], ids=["whole", "where the words are cut"])
def test_a_refusal_that_repeats_the_token_is_told_without_it(talk: Talk, before: int) -> None:
    talk.stand_in.faults.append(Fault(talk.says(401, f"{'x' * before}Bad: {talk.token}")))
    with pytest.raises(PublishError, match=r"Bad: \*\*\*") as caught:
        comment(talk)
    assert talk.token[:4] not in str(caught.value.message)


# Faults that pass, and that do not


@pytest.mark.parametrize(
    ("status", "headers", "times"),
    [
        (429, {"Retry-After": "1"}, 1),
        (403, {"Retry-After": "1"}, 1),
        (500, {}, 2),
        (502, {"Content-Type": "text/html"}, 2),
        (503, {"Retry-After": "0"}, 1),
        (None, {}, 2),
    ],
    ids=["429", "403 with a time", "500", "502", "503", "cut"],
)
def test_what_passes_is_waited_for(
    talk: Talk, status: int | None, headers: dict[str, str], times: int
) -> None:
    effect = Reply(status, b"<html>Not now</html>", headers) if status else Cut()
    talk.stand_in.faults.append(Fault(effect, times=times))
    assert comment(talk).action is CommentAction.CREATED
    assert talk.bodies() == [f"{MARKER}\nreport"]


def test_retry_after_is_honoured(talk: Talk) -> None:
    talk.stand_in.faults.append(Fault(talk.says(429, "Slow down", {"Retry-After": "2"}), times=1))
    begun = time.monotonic()
    comment(talk)
    assert 2 <= time.monotonic() - begun < 5


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_wait_that_is_too_long_is_not_begun(talk: Talk, status: int) -> None:
    talk.stand_in.faults.append(Fault(talk.says(status, "no", {"Retry-After": "100000000"})))
    begun = time.monotonic()
    with pytest.raises(PublishError, match=str(status)) as caught:
        comment(talk)
    assert "later" in (caught.value.hint or "")
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    ("effect", "told"),
    [(Reply(502, b"<html>"), r"failed to .* \(status 502\)"), (Cut(), "the connection failed or was cut")],
    ids=["502", "cut"],
)
def test_what_does_not_pass_is_told_in_the_end(talk: Talk, effect: Reply | Cut, told: str) -> None:
    talk.stand_in.faults.append(Fault(effect))
    with pytest.raises(PublishError, match=told) as caught:
        comment(talk)
    assert "run the job again" in (caught.value.hint or "")
    assert len(talk.stand_in.exchanges) == QUICK.tries


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("effect", [Wait(3), Drip(0.05)], ids=["silence", "a byte at a time"])
def test_an_answer_that_does_not_come_ends_in_time(talk: Talk, effect: Wait | Drip, method: str) -> None:
    talk.say("talk " * 50, talk.other)
    talk.stand_in.faults.append(Fault(effect, method=method))
    hurried = Patience(answer_seconds=0.3, total_seconds=1, tries=2, first_pause_seconds=0.01)
    begun = time.monotonic()
    with pytest.raises(PublishError, match="no answer in time"):
        comment(talk, patience=hurried)
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"{}",
        b'{"login": "github"}',
        b'[{"id": "x"}]',
        b'[{"id": 1, "html_url": 5, "body": 5}]',
        b"[" * 100_000,
        b'[{"id": ' + b"9" * 5000 + b"}]",
        b'[{"id": 1, "html_url": "\xff"}]',
    ],
    ids=["empty", "html", "null", "object", "another", "text", "number", "deep", "huge number", "bad utf-8"],
)
def test_what_is_not_the_hosts_json_is_a_clear_error(talk: Talk, body: bytes) -> None:
    talk.stand_in.faults.append(Fault(Reply(200, body, lawful=False)))
    with pytest.raises(PublishError, match=f"not what {talk.manners.its} API gives") as caught:
        comment(talk)
    assert talk.manners.address_variable in (caught.value.hint or "")
