"""What only Gitea and Forgejo have of the one comment; the rest is `test_sticky_comment.py`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.gitea.server import REPOSITORY, PretendGitea, pretend_gitea
from support.gitea.talk import gitea_host
from support.hosts.faults import Fault, Reply
from support.hosts.talk import MARKER, Talk, comment

from bloatcheck.errors import PublishError
from bloatcheck.publish.gitea.host import GiteaHost
from bloatcheck.publish.http import Client
from bloatcheck.publish.sticky import CommentAction


@pytest.fixture(params=["gitea", "forgejo"])
def gitea(request: pytest.FixtureRequest) -> Iterator[PretendGitea]:
    """Afterwards every request must have been one that its description has."""
    with pretend_gitea(request.param) as running:
        yield running
        assert running.violations == []


@pytest.fixture
def talk(gitea: PretendGitea) -> Talk:
    return gitea_host(gitea.flavour).talk(gitea)


def test_a_job_that_may_not_ask_who_it_is_is_the_hosts_own_user(gitea: PretendGitea, talk: Talk) -> None:
    gitea.job_may_ask_who_it_is = False
    comment(talk, "first")
    assert comment(talk, "second").action is CommentAction.UPDATED


def test_one_that_comes_in_pages_after_all_is_found_too(gitea: PretendGitea, talk: Talk) -> None:
    comment(talk, "first")
    path = f"/api/v1/repos/{REPOSITORY}/issues/7/comments"
    link = {"Link": f'<{gitea.url}{path}?page=2>; rel="next"', "Content-Type": "application/json"}
    gitea.faults.append(Fault(Reply(200, b"[]", link), method="GET", path=path, times=1))
    assert comment(talk, "second").action is CommentAction.UPDATED


def test_a_comment_of_a_deleted_user_is_nobodys(gitea: PretendGitea, talk: Talk) -> None:
    gitea.say(7, f"{MARKER}\nold", user={"id": -1, "login": "Ghost"})
    assert comment(talk, "report").action is CommentAction.CREATED


def test_an_unknown_token_and_an_unknown_pull_request_are_refused(gitea: PretendGitea, talk: Talk) -> None:
    with pytest.raises(PublishError, match="invalid username"):
        comment(talk, token="nobodys")
    host = GiteaHost(Client(talk.token, manners=talk.manners, api_url=gitea.api), REPOSITORY, gitea.bot)
    with pytest.raises(PublishError, match="issue does not exist"):
        comment(replace(talk, conversation=lambda *_: host.conversation(8)))
