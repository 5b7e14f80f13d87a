"""One comment per pull request, on a stateful Gitea and a stateful Forgejo, each held to its description."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.gitea.server import HUMAN_TOKEN, JOB_TOKEN, REPOSITORY, PretendGitea, pretend_gitea, says
from support.hosts.faults import ALWAYS, Cut, Drip, Fault, Meet, Reply, Request, Wait

from bloatcheck.errors import PublishError
from bloatcheck.publish.gitea.host import GiteaHost
from bloatcheck.publish.gitea.manners import manners
from bloatcheck.publish.http import Client
from bloatcheck.publish.issue_comments import MAX_COMMENT_CHARACTERS
from bloatcheck.publish.patience import Patience
from bloatcheck.publish.refused import ReadOnlyTokenError
from bloatcheck.publish.sticky import CommentAction, CommentResult, upsert

MARKER = "<!-- bloatcheck:v1 key=.gitea/workflows/images.yml:.bloatcheck.yml -->"
QUICK = Patience(answer_seconds=5, total_seconds=8, tries=4, first_pause_seconds=0.01)
"""Real bounds, only smaller."""
WRITES = "POST|PATCH|DELETE"


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


def comment(
    gitea: PretendGitea,
    body: str = "report",
    *,
    token: str = JOB_TOKEN,
    patience: Patience = QUICK,
    create: bool = True,
    author: str | None = None,
    head: str | None = None,
    returned: str | None = None,
    number: int = 7,
) -> CommentResult:
    client = Client(token, manners=manners(gitea.flavour.title()), api_url=gitea.api, patience=patience)
    back = f"{MARKER}\n{returned}" if returned else None
    conversation = GiteaHost(client, REPOSITORY, gitea.bot).conversation(number)
    return upsert(conversation, f"{MARKER}\n{body}", author=author, create=create, returned=back, head=head)


def said_by(run: int, words: str) -> str:
    page = f"https://git.example.com/{REPOSITORY}/actions/runs/{run}"
    return f"{words}\n<sub>bloatcheck 1 · [this run]({page})</sub>"


def test_the_first_run_writes_it_and_the_second_edits_the_same(gitea: PretendGitea) -> None:
    first, second = comment(gitea, "first"), comment(gitea, "second")
    assert gitea.bodies() == [f"{MARKER}\nsecond"]
    assert (first.action, second.action) == (CommentAction.CREATED, CommentAction.UPDATED)
    number = gitea.pulls[7].comments[0]["id"]
    assert first.url == second.url == f"https://git.example.com/{REPOSITORY}/pulls/7#issuecomment-{number}"
    assert gitea.pulls[7].comments[0]["user"]["login"] == f"{gitea.flavour}-actions"
    assert gitea.writes() == ["POST", "PATCH"]


def test_a_job_that_may_not_ask_who_it_is_is_the_hosts_own_user(gitea: PretendGitea) -> None:
    gitea.job_may_ask_who_it_is = False
    comment(gitea, "first")
    assert comment(gitea, "second").action is CommentAction.UPDATED


def test_the_same_said_by_another_run_changes_nothing(gitea: PretendGitea) -> None:
    comment(gitea, said_by(41, "fine"))
    assert comment(gitea, said_by(42, "fine")).action is CommentAction.UNCHANGED
    assert gitea.writes() == ["POST"]


def test_a_slow_run_does_not_write_over_what_a_newer_one_says_of_a_newer_commit(gitea: PretendGitea) -> None:
    gitea.push(7, "b" * 40)
    comment(gitea, said_by(8, "new"), head="b" * 40)
    assert comment(gitea, said_by(7, "old"), head="a" * 40).action is CommentAction.OUTDATED
    assert gitea.bodies() == [f"{MARKER}\n{said_by(8, 'new')}"]


def test_coming_back_to_size_is_told(gitea: PretendGitea) -> None:
    comment(gitea, "grew")
    assert comment(gitea, "fine", returned="as before again").action is CommentAction.UPDATED
    assert gitea.bodies() == [f"{MARKER}\nas before again"]


def test_none_is_written_where_none_is_wanted(gitea: PretendGitea) -> None:
    assert comment(gitea, create=False) == CommentResult(CommentAction.SKIPPED)
    assert gitea.writes() == []


def test_it_is_found_among_many_in_one_answer(gitea: PretendGitea) -> None:
    for number in range(130):
        gitea.say(7, f"talk {number}")
    comment(gitea, "first")
    for number in range(130):
        gitea.say(7, f"more talk {number}")
    assert comment(gitea, "second").action is CommentAction.UPDATED


def test_one_that_comes_in_pages_after_all_is_found_too(gitea: PretendGitea) -> None:
    comment(gitea, "first")
    path = f"/api/v1/repos/{REPOSITORY}/issues/7/comments"
    link = {"Link": f'<{gitea.url}{path}?page=2>; rel="next"', "Content-Type": "application/json"}
    gitea.faults.append(Fault(Reply(200, b"[]", link), method="GET", path=path, times=1))
    assert comment(gitea, "second").action is CommentAction.UPDATED


def test_a_strangers_comment_with_our_marker_is_left_alone(gitea: PretendGitea) -> None:
    gitea.say(7, f"{MARKER}\nall is well", by="guest")
    comment(gitea, "report")
    assert gitea.bodies() == [f"{MARKER}\nall is well", f"{MARKER}\nreport"]


def test_a_comment_of_a_deleted_user_is_nobodys(gitea: PretendGitea) -> None:
    gitea.say(7, f"{MARKER}\nold", user={"id": -1, "login": "Ghost"})
    assert comment(gitea, "report").action is CommentAction.CREATED


def test_a_persons_token_writes_as_its_owner(gitea: PretendGitea) -> None:
    comment(gitea, "first", token=HUMAN_TOKEN)
    assert comment(gitea, "second", token=HUMAN_TOKEN).action is CommentAction.UPDATED
    assert gitea.pulls[7].comments[0]["user"]["login"] == "human"


def test_the_largest_one_fits_and_one_character_more_is_not_sent(gitea: PretendGitea) -> None:
    room = MAX_COMMENT_CHARACTERS - len(MARKER) - 1
    comment(gitea, "x" * room)
    sent = len(gitea.exchanges)
    with pytest.raises(PublishError, match=r"takes 65,536"):
        comment(gitea, "x" * (room + 1))
    assert len(gitea.exchanges) == sent


def test_two_jobs_that_write_at_once_end_with_one(gitea: PretendGitea) -> None:
    meeting = threading.Barrier(2)
    gitea.faults.append(Fault(Meet(meeting), method="POST", times=2))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda number: comment(gitea, said_by(number, "report")), (1, 2)))
    assert len(gitea.bodies()) == 1


def test_a_comment_made_twice_by_a_lost_answer_ends_as_one(gitea: PretendGitea) -> None:
    gitea.faults.append(Fault(Cut(after=True), method="POST", times=1))
    result = comment(gitea)
    assert (len(gitea.bodies()), result.action, result.removed) == (1, CommentAction.UNCHANGED, 1)


def test_a_comment_deleted_under_our_hands_is_written_again(gitea: PretendGitea) -> None:
    comment(gitea, "first")

    def gone(_: Request) -> bool:
        gitea.pulls[7].comments.clear()
        return False

    gitea.faults.append(Fault(Wait(0), method="PATCH", only_if=gone))
    assert comment(gitea, "second").action is CommentAction.CREATED


@pytest.mark.parametrize(
    ("fault", "message", "hint"),
    [
        (Fault(says(401, "token is required")), "token is required", "leave out the input `token`"),
        (Fault(says(403, "Forbidden"), method=WRITES), "Forbidden", "a fork's only reads"),
        (Fault(says(403, "This issue is locked."), method=WRITES), "locked", "unlock it"),
        (Fault(says(404, "The target couldn't be found.")), "couldn't be found", "the token may not see it"),
        (Fault(says(422, "[Body]: Required"), method=WRITES), "[Body]: Required", "tell us"),
        (Fault(says(423, "Repo is archived"), method=WRITES), "archived", "the repository is archived"),
    ],
    ids=["401", "403", "locked", "404", "422", "423"],
)
def test_a_refusal_is_told_with_what_to_do_and_not_tried_again(
    gitea: PretendGitea, fault: Fault, message: str, hint: str
) -> None:
    fault.times = ALWAYS
    gitea.faults.append(fault)
    with pytest.raises(PublishError) as caught:
        comment(gitea)
    assert gitea.flavour.title() in caught.value.message
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert JOB_TOKEN not in str(caught.value)
    assert len([each for each in gitea.exchanges if each.status and each.status >= 400]) == 1


def test_a_token_that_may_not_write_is_known_as_one(gitea: PretendGitea) -> None:
    gitea.faults.append(Fault(says(403, "Forbidden"), method=WRITES))
    with pytest.raises(ReadOnlyTokenError):
        comment(gitea)


def test_a_strangers_token_is_refused(gitea: PretendGitea) -> None:
    with pytest.raises(PublishError, match="invalid username"):
        comment(gitea, token="nobodys")
    with pytest.raises(PublishError, match="issue does not exist"):
        comment(gitea, number=8)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(says(429, "slow down", {"Retry-After": "1"}), times=1),
        Fault(Reply(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"}), times=2),
        Fault(Reply(503, b"", {}), times=1),
        Fault(Cut(), times=2),
    ],
    ids=["429", "502", "503", "reset"],
)
def test_what_passes_is_waited_for(gitea: PretendGitea, fault: Fault) -> None:
    gitea.faults.append(Fault(fault.effect, times=fault.times))
    assert comment(gitea).action is CommentAction.CREATED
    assert gitea.bodies() == [f"{MARKER}\nreport"]


@pytest.mark.parametrize("effect", [Wait(3), Drip(0.05)], ids=["silence", "drip"])
def test_an_answer_that_does_not_come_ends_in_time(gitea: PretendGitea, effect: Wait | Drip) -> None:
    gitea.faults.append(Fault(effect))
    gitea.say(7, "talk")
    hurried = Patience(answer_seconds=0.3, total_seconds=1, tries=2, first_pause_seconds=0.01)
    begun = time.monotonic()
    with pytest.raises(PublishError, match="no answer in time"):
        comment(gitea, patience=hurried)
    assert time.monotonic() - begun < 3


def test_an_answer_of_another_shape_is_an_error(gitea: PretendGitea) -> None:
    gitea.faults.append(Fault(Reply(200, b'{"login": "github"}', lawful=False), path=".*/comments"))
    with pytest.raises(PublishError, match=f"not what {gitea.flavour.title()}'s API gives"):
        comment(gitea)


def test_a_duplicate_that_can_not_be_removed_is_only_a_warning(gitea: PretendGitea) -> None:
    gitea.say(7, f"{MARKER}\none", by=gitea.bot)
    gitea.say(7, f"{MARKER}\ntwo", by=gitea.bot)
    gitea.faults.append(Fault(says(403, "Forbidden"), method="DELETE"))
    result = comment(gitea, "new")
    assert result.action is CommentAction.UPDATED
    assert "Forbidden" in result.warnings[0]
