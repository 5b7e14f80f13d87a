"""What only GitLab has of the one note per merge request; the rest is `test_sticky_comment.py`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.gitlab.server import PROJECT, PretendGitLab, pretend_gitlab
from support.gitlab.talk import GITLAB_HOST
from support.hosts.talk import MARKER, Talk, comment

from bloatcheck.errors import PublishError
from bloatcheck.publish.gitlab.host import GitLabHost
from bloatcheck.publish.gitlab.manners import GITLAB
from bloatcheck.publish.http import Client
from bloatcheck.publish.sticky import CommentAction


@pytest.fixture
def gitlab() -> Iterator[PretendGitLab]:
    """Afterwards every request must have been one that GitLab describes."""
    with pretend_gitlab() as running:
        yield running
        assert running.violations == []


@pytest.fixture
def talk(gitlab: PretendGitLab) -> Talk:
    return GITLAB_HOST.talk(gitlab)


def test_what_gitlab_notes_of_thousands_of_pushes_hides_none(gitlab: PretendGitLab, talk: Talk) -> None:
    comment(talk, "first")
    pushed = gitlab.say(7, "added 1 commit") | {"system": True}
    gitlab.requests[7].notes[1:] = [{**pushed, "id": pushed["id"] + number} for number in range(7_000)]
    gitlab.record.exchanges.clear()
    assert comment(talk, "second").action is CommentAction.UPDATED
    assert len([one for one in gitlab.record.exchanges if "/notes?" in one.request.target]) == 1


def test_what_gitlab_notes_itself_is_none_of_ours(gitlab: PretendGitLab, talk: Talk) -> None:
    gitlab.say(7, f"{MARKER}\nchanged the description", by=talk.name, system=True)
    assert comment(talk).action is CommentAction.CREATED


def test_an_unknown_token_and_an_unknown_merge_request_are_refused(gitlab: PretendGitLab, talk: Talk) -> None:
    with pytest.raises(PublishError, match="401 Unauthorized"):
        comment(talk, token="glpat-nobody")
    host = GitLabHost(Client(talk.token, manners=GITLAB, api_url=gitlab.api), PROJECT, "https://x.example")
    with pytest.raises(PublishError, match="404 Noteable Not Found"):
        comment(replace(talk, conversation=lambda *_: host.conversation(8)))
