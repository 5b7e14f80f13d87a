"""Who approves on a pull request, and what does not count: over HTTP, held against GitHub's description."""

from collections.abc import Iterator

import pytest
from support.github.faults import says
from support.github.people import HEAD, REPOSITORY, Hub, hub
from support.hosts.faults import Fault, Reply

from bloatcheck.errors import PublishError
from bloatcheck.publish.github.host import GitHubHost
from bloatcheck.publish.github.manners import GITHUB
from bloatcheck.publish.http import Client
from bloatcheck.publish.patience import Patience
from bloatcheck.publish.sign import Sign

LABEL = "bloatcheck-approved"
COMMAND = "/bloatcheck approve"
OTHER = "1" * 40
QUICK = Patience(answer_seconds=5, total_seconds=8, tries=2, first_pause_seconds=0.01)


@pytest.fixture
def github() -> Iterator[Hub]:
    with hub() as running:
        yield running
        assert running.violations == []


def signs(github: Hub, *, head: str = HEAD) -> tuple[Sign, ...]:
    client = Client("a-token", manners=GITHUB, api_url=github.url, patience=QUICK)
    return GitHubHost(client, REPOSITORY).signs(7, head=head, label=LABEL, command=COMMAND)


def doubts(github: Hub) -> list[str | None]:
    return [sign.doubt for sign in signs(github)]


# Commands --------------------------------------------------------------------------------------------------


def test_a_command_of_who_may_write_counts(github: Hub) -> None:
    github.push(0)
    github.comment(f"{COMMAND} {HEAD} api up to 240 MB because ffmpeg\nThank you!", by="writer")
    (sign,) = signs(github)
    assert (sign.way, sign.by, sign.doubt) == ("command", "writer", None)
    assert sign.words == f"{HEAD} api up to 240 MB because ffmpeg"
    assert sign.url == "https://github.com/octo/hello/pull/7#issuecomment-1"


@pytest.mark.parametrize("permission", ["read", "none"])
def test_a_command_of_anyone_else_does_not(github: Hub, permission: str) -> None:
    github.permissions["mallory"] = permission
    github.comment(f"{COMMAND} {HEAD} api up to 240 MB because I say so", by="mallory")
    assert doubts(github) == ["it takes write permission to the repository"]


def test_a_command_lapses_with_the_next_push_since_it_names_the_commit(github: Hub) -> None:
    github.comment(f"{COMMAND} {OTHER} api up to 240 MB because ffmpeg", by="octo")
    assert doubts(github) == [f"it is for commit {OTHER[:12]}, and there is a newer one"]
    assert github.asked == []


@pytest.mark.parametrize(
    "words", ["api up to 240 MB because x", HEAD[:7], HEAD[:16], HEAD[:-1], HEAD.upper(), "HEAD"]
)
def test_a_command_without_the_whole_commit_does_not_count(github: Hub, words: str) -> None:
    github.comment(f"{COMMAND} {words}", by="octo")
    (doubt,) = doubts(github)
    assert doubt is not None
    assert "with all of its digits" in doubt


def test_an_edited_comment_does_not_count_since_others_can_edit_it(github: Hub) -> None:
    github.comment(f"{COMMAND} {HEAD} api up to 240 MB because ffmpeg", by="octo", minute=5, edited=6)
    (doubt,) = doubts(github)
    assert doubt is not None
    assert doubt.startswith("it was edited")


@pytest.mark.parametrize(
    "body",
    [
        f"You could say {COMMAND} {HEAD} api up to 1 GB because x",
        f"> {COMMAND} {HEAD} api up to 1 GB because x",
        f"Hello\n{COMMAND} {HEAD} api up to 1 GB because x",
        f"{COMMAND}d {HEAD} api up to 1 GB because x",
        "",
    ],
)
def test_only_what_begins_with_the_command_is_one(github: Hub, body: str) -> None:
    github.comment(body, by="octo")
    assert signs(github) == ()


def test_a_bot_approves_nothing_for_it_says_what_others_made_it_say(github: Hub) -> None:
    github.permissions["github"] = "write"
    github.comment(f"{COMMAND} {HEAD} api up to 1 GB because x", by="github-actions[bot]", kind="Bot")
    github.push(0)
    github.label(LABEL, by="labeler[bot]", minute=1, kind="Bot")
    (sign,) = signs(github)
    assert (sign.way, sign.by) == ("label", "somebody")
    assert sign.doubt == "a program has set it, not a person"


def test_many_commands_ask_about_few_people(github: Hub) -> None:
    for number in range(150):
        github.comment(f"{COMMAND} {HEAD} api up to 1 GB because x", by=f"user{number}")
    assert len(signs(github)) == 20
    assert len(github.asked) == 20


# The label -------------------------------------------------------------------------------------------------


def test_a_label_set_after_the_newest_push_by_who_may_write_counts(github: Hub) -> None:
    github.push(1)
    github.label(LABEL, by="writer", minute=2)
    assert signs(github) == (Sign(way="label", by="writer"),)


def test_a_label_that_anyone_with_less_has_set_does_not(github: Hub) -> None:
    github.permissions["triager"] = "read"
    github.push(1)
    github.label(LABEL, by="triager", minute=2)
    assert doubts(github) == ["it takes write permission to the repository"]


@pytest.mark.parametrize("pushed", [2, 3])
def test_a_label_lapses_with_the_next_push(github: Hub, pushed: int) -> None:
    github.push(1, OTHER)
    github.label(LABEL, by="octo", minute=2)
    github.push(pushed)
    assert doubts(github) == ["it was set before the newest push; take it off and set it again"]


def test_a_commit_that_was_pushed_taken_back_and_pushed_again_is_pushed_again(github: Hub) -> None:
    github.push(1)
    github.push(2, OTHER)
    github.label(LABEL, by="octo", minute=3)
    github.push(4)
    assert doubts(github) == ["it was set before the newest push; take it off and set it again"]


def test_a_label_for_a_newer_commit_says_nothing_about_the_one_that_is_judged(github: Hub) -> None:
    github.push(1)
    github.push(2, OTHER)
    github.label(LABEL, by="octo", minute=3)
    assert doubts(github) == ["there is a newer commit than the one that is judged here"]


def test_a_label_that_was_taken_off_or_is_another_is_none(github: Hub) -> None:
    github.push(1)
    github.label("dependencies", by="octo", minute=2)
    github.label(LABEL, by="octo", minute=2)
    github.unlabel(LABEL, by="octo", minute=3)
    assert signs(github) == ()


def test_where_the_log_of_pushes_cannot_be_read_a_label_does_not_count(github: Hub) -> None:
    github.push(1)
    github.label(LABEL, by="octo", minute=2)
    github.log_of_pushes = False
    (doubt,) = doubts(github)
    assert doubt is not None
    assert "a comment can approve instead" in doubt


READS = [
    "/issues/7/comments",
    "/issues/7/events",
    "/pulls/7",
    "/hello/activity",
    "/collaborators/octo/permission",
]


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (500, b"{}", "failed to"),
        (401, b"{}", "the token is wrong or has expired"),
        (200, b"<html>", "not what GitHub's API gives"),
        (200, b'{"message": null}', "not what GitHub's API gives"),
        (200, b'[{"id": 1e999}]', "not what GitHub's API gives"),
    ],
)
def test_no_answer_of_that_kind_approves_anything(
    github: Hub, path: str, status: int, body: bytes, told: str
) -> None:
    github.push(1)
    github.label(LABEL, by="octo", minute=2)
    github.comment(f"{COMMAND} {HEAD} api up to 1 GB because x", by="octo")
    github.faults.append(Fault(Reply(status, body, lawful=False), path=f".*{path}"))
    with pytest.raises(PublishError) as error:
        signs(github)
    assert told in f"{error.value}"
    assert "a-token" not in f"{error.value}"


def test_a_refusal_names_the_permission_that_is_missing(github: Hub) -> None:
    github.faults.append(Fault(says(403, "Resource not accessible by integration"), path=".*/comments"))
    with pytest.raises(PublishError) as error:
        signs(github)
    assert "pull-requests: read" in f"{error.value}"


def test_an_answer_that_is_not_githubs_is_an_error(github: Hub) -> None:
    github.comments.append({"id": "x"})
    with pytest.raises(PublishError, match="not what GitHub's API gives"):
        signs(github)
    github.comments.clear()
    github.violations.clear()
