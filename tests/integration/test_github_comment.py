"""What only GitHub has of the one comment per pull request, and what the client of any host takes.

The rest is `test_sticky_comment.py`.
"""

from __future__ import annotations

import pytest
from support.github.emulator import BOT, BOT_TOKEN, HUMAN_TOKEN, REPOSITORY
from support.github.faults import (
    says,
)
from support.github.proxy import PretendGitHub, pretend_github
from support.hosts.faults import Fault, Reply

from bloatcheck.errors import PublishError
from bloatcheck.publish.github.host import GitHubHost
from bloatcheck.publish.github.manners import GITHUB
from bloatcheck.publish.http import Client
from bloatcheck.publish.patience import Patience
from bloatcheck.publish.sticky import CommentAction, CommentResult, upsert

MARKER = "<!-- bloatcheck:v1 key=ci.yml:.bloatcheck.yml -->"
QUICK = Patience(answer_seconds=5, total_seconds=8, tries=4, first_pause_seconds=0.01)
"""Real bounds, only smaller."""


@pytest.fixture
def pull_request(github: PretendGitHub) -> int:
    return github.emulator.open_pull_request()


def comment(
    github: PretendGitHub,
    pull_request: int,
    body: str = "report",
    *,
    token: str = BOT_TOKEN,
    marker: str = MARKER,
    author: str | None = None,
    create: bool = True,
    patience: Patience = QUICK,
    returned: str | None = None,
    head: str | None = None,
) -> CommentResult:
    client = Client(token, manners=GITHUB, api_url=github.url, patience=patience)
    text = f"{marker}\n{body}"
    back = f"{marker}\n{returned}" if returned else None
    conversation = GitHubHost(client, REPOSITORY).conversation(pull_request)
    return upsert(conversation, text, author=author, create=create, returned=back, head=head)


def bodies(github: PretendGitHub, pull_request: int) -> list[str]:
    return [found["body"] for found in github.emulator.comments(pull_request)]


class TestOneComment:
    @pytest.mark.parametrize(
        "again",
        [
            "### grew [most](https://github.com/octo/hello/actions/runs/43/attempts/2)\n\n<sub>at abc</sub>",
            "### grew [most](https://github.com/octo/hello/actions/runs/42)\n\n<sub>at f00 · run 43</sub>",
        ],
        ids=["another run", "another base"],
    )
    def test_the_same_said_by_another_run_or_against_another_base_changes_nothing(
        self, github: PretendGitHub, pull_request: int, again: str
    ) -> None:
        first = "### grew [most](https://github.com/octo/hello/actions/runs/42)\n\n<sub>at abc</sub>"
        comment(github, pull_request, first)
        github.forget()

        assert comment(github, pull_request, again).action is CommentAction.UNCHANGED
        assert github.writes() == []

    def test_comments_are_asked_for_by_hundreds(self, github: PretendGitHub, pull_request: int) -> None:
        comment(github, pull_request)
        listed = [one.request.target for one in github.exchanges if one.request.method == "GET"]

        assert [target for target in listed if target.endswith("/comments?per_page=100")]


class TestWhoseCommentItIs:
    def test_an_apps_token_that_may_not_ask_who_it_is_still_keeps_one(
        self, github: PretendGitHub, pull_request: int
    ) -> None:
        """An app's user shows in the answer to its new comment; then the older one is found and stays."""
        github.faults.append(Fault(says(403, "Resource not accessible by integration"), path="/user"))
        first = comment(github, pull_request, "first", token=HUMAN_TOKEN)
        second = comment(github, pull_request, "second", token=HUMAN_TOKEN)

        assert bodies(github, pull_request) == [f"{MARKER}\nsecond"]
        assert (second.action, second.url, second.removed) == (CommentAction.UPDATED, first.url, 1)


class TestHostileAnswers:
    def test_an_endless_answer_is_cut_off(self, github: PretendGitHub, pull_request: int) -> None:
        github.faults.append(Fault(Reply(200, b" " * (48 * 1024 * 1024 + 1), lawful=False)))
        with pytest.raises(PublishError, match="the answer is larger than"):
            comment(github, pull_request, patience=Patience(tries=1))

    def test_pages_without_end_are_given_up(self, github: PretendGitHub, pull_request: int) -> None:
        link = {"Link": '<https://example.com/elsewhere?page=2>; rel="next"'}
        github.faults.append(Fault(Reply(200, b"[]", link)))
        with pytest.raises(PublishError, match="more than 60 pages"):
            comment(github, pull_request)
        assert all(
            exchange.request.target.startswith(f"/repos/{REPOSITORY}/issues/{pull_request}/comments?")
            for exchange in github.exchanges
        )

    def test_a_damaged_link_is_a_clear_error(self, github: PretendGitHub, pull_request: int) -> None:
        github.faults.append(Fault(Reply(200, b"[]", {"Link": '<http://[::1>; rel="next"'})))
        with pytest.raises(PublishError, match="link to the next page is damaged"):
            comment(github, pull_request)

    def test_the_token_stays_with_its_host(self, github: PretendGitHub, pull_request: int) -> None:
        with pretend_github() as other:
            elsewhere = f"{other.url}/repos/{REPOSITORY}/issues/1/comments"
            github.faults.append(Fault(Reply(307, b"", {"Location": elsewhere}, lawful=False)))
            with pytest.raises(PublishError, match="another host"):
                comment(github, pull_request)
            assert other.exchanges == []

    def test_a_renamed_repository_is_followed(self, github: PretendGitHub, pull_request: int) -> None:
        old = "/repos/octo/old-name"
        for effect, method in ((301, "GET"), (307, "POST")):
            github.faults.append(
                Fault(
                    Reply(
                        effect,
                        b"{}",
                        {"Location": f"{github.url}/repos/{REPOSITORY}/issues/{pull_request}/comments"},
                        lawful=False,
                    ),
                    method=method,
                    path=f"{old}/.*",
                )
            )
        client = Client(BOT_TOKEN, manners=GITHUB, api_url=github.url, patience=QUICK)
        conversation = GitHubHost(client, "octo/old-name").conversation(pull_request)
        result = upsert(conversation, f"{MARKER}\nreport", author=BOT, create=True)

        assert result.action is CommentAction.CREATED
        assert bodies(github, pull_request) == [f"{MARKER}\nreport"]

    @pytest.mark.parametrize("location", ["", "http://[", "javascript:alert(1)"])
    def test_a_redirect_to_nowhere_is_a_clear_error(
        self, github: PretendGitHub, pull_request: int, location: str
    ) -> None:
        github.faults.append(Fault(Reply(302, b"", {"Location": location}, lawful=False)))
        with pytest.raises(PublishError, match=r"redirects|damaged"):
            comment(github, pull_request)
