"""One note per merge request, on a stateful GitLab, every request held against GitLab's own description."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.gitlab.server import (
    ATTACKER_TOKEN,
    BOT,
    BOT_TOKEN,
    HUMAN_TOKEN,
    PROJECT,
    PretendGitLab,
    pretend_gitlab,
    says,
)
from support.hosts.faults import ALWAYS, Cut, Drip, Fault, Meet, Reply, Request, Wait

from bloatcheck.errors import PublishError
from bloatcheck.publish.gitlab.host import GitLabHost
from bloatcheck.publish.gitlab.manners import GITLAB
from bloatcheck.publish.gitlab.notes import MAX_NOTE_CHARACTERS
from bloatcheck.publish.http import Client
from bloatcheck.publish.patience import Patience
from bloatcheck.publish.refused import ReadOnlyTokenError
from bloatcheck.publish.sticky import CommentAction, CommentResult, upsert

MARKER = "<!-- bloatcheck:v1 key=.gitlab-ci.yml:.bloatcheck.yml -->"
PAGE = f"https://gitlab.example.com/{PROJECT}"
QUICK = Patience(answer_seconds=5, total_seconds=8, tries=4, first_pause_seconds=0.01)
"""Real bounds, only smaller."""
WRITES = "POST|PUT|DELETE"


@pytest.fixture(scope="module")
def running() -> Iterator[PretendGitLab]:
    with pretend_gitlab() as gitlab:
        yield gitlab


@pytest.fixture
def gitlab(running: PretendGitLab) -> Iterator[PretendGitLab]:
    """Afterwards every request must have been one that GitLab describes."""
    running.reset()
    yield running
    assert running.violations == []


def note(
    gitlab: PretendGitLab,
    body: str = "report",
    *,
    token: str = BOT_TOKEN,
    patience: Patience = QUICK,
    create: bool = True,
    author: str | None = None,
    head: str | None = None,
    returned: str | None = None,
    number: int = 7,
) -> CommentResult:
    host = GitLabHost(Client(token, manners=GITLAB, api_url=gitlab.api, patience=patience), PROJECT, PAGE)
    back = f"{MARKER}\n{returned}" if returned else None
    return upsert(
        host.conversation(number), f"{MARKER}\n{body}", author=author, create=create, returned=back, head=head
    )


def said_by(job: int, words: str) -> str:
    return f"{words}\n<sub>bloatcheck 1 · [this run]({PAGE}/-/jobs/{job})</sub>"


def test_the_first_pipeline_writes_it_and_the_second_edits_the_same(gitlab: PretendGitLab) -> None:
    first, second = note(gitlab, "first"), note(gitlab, "second")
    assert gitlab.bodies() == [f"{MARKER}\nsecond"]
    assert (first.action, second.action) == (CommentAction.CREATED, CommentAction.UPDATED)
    number = gitlab.requests[7].notes[0]["id"]
    assert first.url == second.url == f"{PAGE}/-/merge_requests/7#note_{number}"
    assert gitlab.requests[7].notes[0]["author"]["username"] == BOT


def test_the_same_said_by_another_job_changes_nothing(gitlab: PretendGitLab) -> None:
    note(gitlab, said_by(41, "fine"))
    assert note(gitlab, said_by(42, "fine")).action is CommentAction.UNCHANGED
    assert gitlab.writes() == ["POST"]


def test_a_slow_pipeline_does_not_write_over_what_a_newer_one_says_of_a_newer_commit(
    gitlab: PretendGitLab,
) -> None:
    gitlab.push(7, "b" * 40)
    note(gitlab, said_by(8, "new"), head="b" * 40)
    assert note(gitlab, said_by(7, "old"), head="a" * 40).action is CommentAction.OUTDATED
    assert gitlab.bodies() == [f"{MARKER}\n{said_by(8, 'new')}"]


def test_coming_back_to_size_is_told(gitlab: PretendGitLab) -> None:
    note(gitlab, "grew")
    assert note(gitlab, "fine", returned="as before again").action is CommentAction.UPDATED
    assert gitlab.bodies() == [f"{MARKER}\nas before again"]


def test_none_is_written_where_none_is_wanted(gitlab: PretendGitLab) -> None:
    assert note(gitlab, create=False) == CommentResult(CommentAction.SKIPPED)
    assert gitlab.writes() == []


def test_it_is_found_on_the_third_page(gitlab: PretendGitLab) -> None:
    for number in range(130):
        gitlab.say(7, f"talk {number}")
    note(gitlab, "first")
    for number in range(130):
        gitlab.say(7, f"more talk {number}")
    assert note(gitlab, "second").action is CommentAction.UPDATED


def test_what_gitlab_notes_of_thousands_of_pushes_hides_none(gitlab: PretendGitLab) -> None:
    note(gitlab, "first")
    pushed = gitlab.say(7, "added 1 commit") | {"system": True}
    gitlab.requests[7].notes[1:] = [{**pushed, "id": pushed["id"] + number} for number in range(7_000)]
    gitlab.record.exchanges.clear()
    assert note(gitlab, "second").action is CommentAction.UPDATED
    assert len([one for one in gitlab.record.exchanges if "/notes?" in one.request.target]) == 1


def test_a_strangers_note_with_our_marker_is_left_alone(gitlab: PretendGitLab) -> None:
    gitlab.say(7, f"{MARKER}\nall is well", by="attacker")
    gitlab.say(7, f"{MARKER}\nchanged the description", by="human", system=True)
    note(gitlab, "report")
    assert gitlab.bodies() == [f"{MARKER}\nall is well", f"{MARKER}\nreport"]


def test_a_named_author_needs_no_question(gitlab: PretendGitLab) -> None:
    note(gitlab, "first", author=BOT)
    note(gitlab, "second", author=BOT.upper())
    assert not any("/user" in exchange.request.target for exchange in gitlab.exchanges)


def test_a_persons_token_writes_as_its_owner(gitlab: PretendGitLab) -> None:
    note(gitlab, "first", token=HUMAN_TOKEN)
    assert note(gitlab, "second", token=HUMAN_TOKEN).action is CommentAction.UPDATED
    assert gitlab.requests[7].notes[0]["author"]["username"] == "human"


def test_the_largest_one_fits_and_one_character_more_is_not_sent(gitlab: PretendGitLab) -> None:
    room = MAX_NOTE_CHARACTERS - len(MARKER) - 1
    note(gitlab, "x" * room)
    sent = len(gitlab.exchanges)
    with pytest.raises(PublishError, match="GitLab takes 1,000,000"):
        note(gitlab, "x" * (room + 1))
    assert len(gitlab.exchanges) == sent


def test_two_jobs_that_write_at_once_end_with_one(gitlab: PretendGitLab) -> None:
    meeting = threading.Barrier(2)
    gitlab.faults.append(Fault(Meet(meeting), method="POST", times=2))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda number: note(gitlab, said_by(number, "report")), (1, 2)))
    assert len(gitlab.bodies()) == 1


def test_a_note_made_twice_by_a_lost_answer_ends_as_one(gitlab: PretendGitLab) -> None:
    gitlab.faults.append(Fault(Cut(after=True), method="POST", times=1))
    result = note(gitlab)
    assert (len(gitlab.bodies()), result.action, result.removed) == (1, CommentAction.UNCHANGED, 1)


def test_a_note_deleted_under_our_hands_is_written_again(gitlab: PretendGitLab) -> None:
    note(gitlab, "first")

    def gone(_: Request) -> bool:
        gitlab.requests[7].notes.clear()
        return False

    gitlab.faults.append(Fault(Wait(0), method="PUT", only_if=gone))
    assert note(gitlab, "second").action is CommentAction.CREATED


@pytest.mark.parametrize(
    ("fault", "message", "hint"),
    [
        (Fault(says(401, "401 Unauthorized")), "401 Unauthorized", "CI_JOB_TOKEN does not do"),
        (Fault(says(403, "403 Forbidden"), method=WRITES), "403 Forbidden", "the scope `api`"),
        (
            Fault(
                Reply(
                    403,
                    b'{"error":"insufficient_scope","error_description":"The request requires higher '
                    b'privileges than provided by the access token.","scope":"api"}',
                ),
                method=WRITES,
            ),
            "insufficient_scope; The request requires higher",
            "the scope `api`",
        ),
        (Fault(says(404, "404 Project Not Found")), "404 Project Not Found", "the token may not see it"),
        (Fault(says(400, {"note": ["is invalid"]}), method=WRITES), "note is invalid", "tell us"),
        (Fault(says(422, "422 Unprocessable"), method=WRITES), "422 Unprocessable", "tell us"),
    ],
    ids=["401", "403", "scope", "404", "400", "422"],
)
def test_a_refusal_is_told_with_what_to_do_and_not_tried_again(
    gitlab: PretendGitLab, fault: Fault, message: str, hint: str
) -> None:
    fault.times = ALWAYS
    gitlab.faults.append(fault)
    with pytest.raises(PublishError) as caught:
        note(gitlab)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert BOT_TOKEN not in str(caught.value)
    assert len([each for each in gitlab.exchanges if each.status and each.status >= 400]) == 1


def test_a_token_that_may_not_write_is_known_as_one(gitlab: PretendGitLab) -> None:
    gitlab.faults.append(Fault(says(403, "403 Forbidden"), method=WRITES))
    with pytest.raises(ReadOnlyTokenError):
        note(gitlab)


def test_a_strangers_token_is_refused(gitlab: PretendGitLab) -> None:
    with pytest.raises(PublishError, match="401 Unauthorized"):
        note(gitlab, token="glpat-nobody")
    with pytest.raises(PublishError, match="404 Noteable Not Found"):
        note(gitlab, number=8)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(says(429, "Retry later", {"Retry-After": "1"}), times=1),
        Fault(Reply(502, b"<html>GitLab is not responding</html>", {"Content-Type": "text/html"}), times=2),
        Fault(Reply(503, b"", {}), times=1),
        Fault(Cut(), times=2),
    ],
    ids=["429", "502", "503", "reset"],
)
def test_what_passes_is_waited_for(gitlab: PretendGitLab, fault: Fault) -> None:
    gitlab.faults.append(fault)
    assert note(gitlab).action is CommentAction.CREATED
    assert gitlab.bodies() == [f"{MARKER}\nreport"]


@pytest.mark.parametrize("effect", [Wait(3), Drip(0.05)], ids=["silence", "drip"])
def test_an_answer_that_does_not_come_ends_in_time(gitlab: PretendGitLab, effect: Wait | Drip) -> None:
    gitlab.faults.append(Fault(effect))
    hurried = Patience(answer_seconds=0.3, total_seconds=1, tries=2, first_pause_seconds=0.01)
    begun = time.monotonic()
    with pytest.raises(PublishError, match="no answer in time"):
        note(gitlab, patience=hurried)
    assert time.monotonic() - begun < 3


def test_an_answer_of_another_shape_is_an_error(gitlab: PretendGitLab) -> None:
    gitlab.faults.append(Fault(Reply(200, b'{"login": "github"}', lawful=False), path=".*/notes"))
    with pytest.raises(PublishError, match="not what GitLab's API gives"):
        note(gitlab)


def test_a_duplicate_that_can_not_be_removed_is_only_a_warning(gitlab: PretendGitLab) -> None:
    gitlab.say(7, f"{MARKER}\none", by=BOT)
    gitlab.say(7, f"{MARKER}\ntwo", by=BOT)
    gitlab.faults.append(Fault(says(403, "403 Forbidden"), method="DELETE"))
    result = note(gitlab, "new")
    assert result.action is CommentAction.UPDATED
    assert "403 Forbidden" in result.warnings[0]


def test_a_guest_can_not_edit_ours(gitlab: PretendGitLab) -> None:
    """Another's token doesn't find the note to be its own, and writes one beside it."""
    note(gitlab, "ours")
    note(gitlab, "theirs", token=ATTACKER_TOKEN)
    assert gitlab.bodies() == [f"{MARKER}\nours", f"{MARKER}\ntheirs"]
