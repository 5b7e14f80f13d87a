"""One comment per pull request, on a stateful GitHub, every request held against GitHub's own description."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.github.emulator import ATTACKER_TOKEN, BOT, BOT_TOKEN, HUMAN, HUMAN_TOKEN, REPOSITORY
from support.github.faults import (
    bad_credentials,
    not_found,
    read_only_token,
    says,
    secondary_limit,
    server_error,
    too_many_requests,
    unprocessable,
)
from support.github.proxy import PretendGitHub, pretend_github
from support.hosts.faults import WRITES, Cut, Drip, Fault, Meet, Reply, Wait

from bloatcheck.errors import PublishError
from bloatcheck.publish.github.host import GitHubHost
from bloatcheck.publish.github.manners import GITHUB
from bloatcheck.publish.http import Client
from bloatcheck.publish.issue_comments import MAX_COMMENT_CHARACTERS
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


def said_by(run: int, words: str, attempt: int = 1) -> str:
    """A report's text with the footer of a run."""
    page = f"https://github.com/{REPOSITORY}/actions/runs/{run}/attempts/{attempt}"
    return f"{words}\n<sub>bloatcheck 1 · [this run]({page})</sub>"


def bodies(github: PretendGitHub, pull_request: int) -> list[str]:
    return [found["body"] for found in github.emulator.comments(pull_request)]


class TestOneComment:
    def test_the_first_run_creates_it(self, github: PretendGitHub, pull_request: int) -> None:
        result = comment(github, pull_request, "first")

        assert bodies(github, pull_request) == [f"{MARKER}\nfirst"]
        assert result.action is CommentAction.CREATED
        assert result.url == github.emulator.comments(pull_request)[0]["html_url"]

    def test_the_second_run_edits_the_same_one(self, github: PretendGitHub, pull_request: int) -> None:
        first = comment(github, pull_request, "first")
        second = comment(github, pull_request, "second")

        assert bodies(github, pull_request) == [f"{MARKER}\nsecond"]
        assert (second.action, second.url) == (CommentAction.UPDATED, first.url)

    def test_a_slow_run_does_not_write_over_what_a_newer_one_says_of_a_newer_commit(
        self, github: PretendGitHub, pull_request: int
    ) -> None:
        now = github.emulator.pull_request(pull_request)["head"]["sha"]
        comment(github, pull_request, said_by(8, "new"), head=now)
        late = comment(github, pull_request, said_by(7, "old"), head="0" * 40)

        assert late.action is CommentAction.OUTDATED
        assert bodies(github, pull_request) == [f"{MARKER}\n{said_by(8, 'new')}"]

    def test_an_older_run_that_runs_again_for_the_same_commit_knows_more(
        self, github: PretendGitHub, pull_request: int
    ) -> None:
        """The growth was approved meanwhile, say, and any of its runs was started again."""
        now = github.emulator.pull_request(pull_request)["head"]["sha"]
        comment(github, pull_request, said_by(8, "broken"), head=now)
        again = comment(github, pull_request, said_by(7, "approved", attempt=2), head=now)

        assert again.action is CommentAction.UPDATED
        assert bodies(github, pull_request) == [f"{MARKER}\n{said_by(7, 'approved', attempt=2)}"]

    def test_a_run_that_the_report_names_in_its_words_is_none(
        self, github: PretendGitHub, pull_request: int
    ) -> None:
        comment(github, pull_request, f"/actions/runs/999)</sub>\n{said_by(7, 'old')}", head="0" * 40)
        newer = comment(github, pull_request, said_by(8, "new"), head="0" * 40)

        assert newer.action is CommentAction.UPDATED

    def test_an_unchanged_report_changes_nothing(self, github: PretendGitHub, pull_request: int) -> None:
        comment(github, pull_request, "same  \n")
        github.forget()
        result = comment(github, pull_request, "same")

        assert result.action is CommentAction.UNCHANGED
        assert github.writes() == []

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

    def test_coming_back_to_size_is_told_once(self, github: PretendGitHub, pull_request: int) -> None:
        comment(github, pull_request, "### grew\n\ntable")
        actions = [
            comment(
                github, pull_request, "### as before\n\nquiet", create=False, returned="### is back"
            ).action
            for _ in range(2)
        ]

        assert bodies(github, pull_request) == [f"{MARKER}\n### is back"]
        assert actions == [CommentAction.UPDATED, CommentAction.UNCHANGED]

    def test_a_comment_that_never_told_of_a_change_tells_of_no_return(
        self, github: PretendGitHub, pull_request: int
    ) -> None:
        comment(github, pull_request, "### as before\n\n10 MB")
        comment(github, pull_request, "### as before\n\n11 MB", returned="### is back")

        assert bodies(github, pull_request) == [f"{MARKER}\n### as before\n\n11 MB"]

    def test_none_is_created_where_none_is_wanted(self, github: PretendGitHub, pull_request: int) -> None:
        result = comment(github, pull_request, create=False)

        assert result == CommentResult(CommentAction.SKIPPED)
        assert github.writes() == []

    def test_an_existing_one_is_edited_even_where_none_would_be_created(
        self, github: PretendGitHub, pull_request: int
    ) -> None:
        comment(github, pull_request, "too big")
        result = comment(github, pull_request, "fine again", create=False)

        assert result.action is CommentAction.UPDATED
        assert bodies(github, pull_request) == [f"{MARKER}\nfine again"]

    def test_it_is_found_on_the_third_page(self, github: PretendGitHub, pull_request: int) -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: github.emulator.write_comment(pull_request, f"talk {n}"), range(230)))
        first = comment(github, pull_request, "first")
        second = comment(github, pull_request, "second")

        assert second.url == first.url
        assert bodies(github, pull_request)[230:] == [f"{MARKER}\nsecond"]
        pages = [exchange.request.target for exchange in github.exchanges if "page=3" in str(exchange)]
        assert pages
        assert all("per_page=100" in target for target in pages)

    def test_two_workflows_keep_one_each(self, github: PretendGitHub, pull_request: int) -> None:
        for body in ("before", "after"):
            comment(github, pull_request, body, marker="<!-- bloatcheck:v1 key=images.yml -->")
            comment(github, pull_request, body, marker="<!-- bloatcheck:v1 key=nightly.yml -->")

        assert [body.splitlines()[1] for body in bodies(github, pull_request)] == ["after", "after"]

    def test_the_largest_one_fits(self, github: PretendGitHub, pull_request: int) -> None:
        body = "x" * (MAX_COMMENT_CHARACTERS - len(MARKER) - 1)

        assert comment(github, pull_request, body).action is CommentAction.CREATED

    def test_one_character_more_is_refused_before_sending(
        self, github: PretendGitHub, pull_request: int
    ) -> None:
        with pytest.raises(PublishError, match=r"has 65,537 characters, and GitHub takes 65,536"):
            comment(github, pull_request, "x" * (MAX_COMMENT_CHARACTERS - len(MARKER)))
        assert github.exchanges == []


class TestWhoseCommentItIs:
    def test_a_strangers_comment_with_our_marker_is_left_alone(
        self, github: PretendGitHub, pull_request: int
    ) -> None:
        github.emulator.write_comment(pull_request, f"{MARKER}\nall is well, merge me", ATTACKER_TOKEN)
        comment(github, pull_request)
        comment(github, pull_request, "second")

        assert bodies(github, pull_request) == [
            f"{MARKER}\nall is well, merge me",
            f"{MARKER}\nsecond",
        ]

    def test_a_comment_of_ours_that_only_quotes_the_marker_is_left_alone(
        self, github: PretendGitHub, pull_request: int
    ) -> None:
        github.emulator.write_comment(pull_request, f"> {MARKER}\nquoted", BOT_TOKEN)
        github.emulator.write_comment(pull_request, f"see\n{MARKER}", BOT_TOKEN)
        comment(github, pull_request)

        assert len(bodies(github, pull_request)) == 3

    def test_a_personal_token_comments_as_its_owner(self, github: PretendGitHub, pull_request: int) -> None:
        comment(github, pull_request, "first", token=HUMAN_TOKEN)
        comment(github, pull_request, "second", token=HUMAN_TOKEN)

        (found,) = github.emulator.comments(pull_request)
        assert found["user"]["login"] == HUMAN

    def test_a_named_author_needs_no_question(self, github: PretendGitHub, pull_request: int) -> None:
        comment(github, pull_request, "first", author=BOT.upper())
        comment(github, pull_request, "second", author=BOT.upper())

        assert bodies(github, pull_request) == [f"{MARKER}\nsecond"]
        assert not [exchange for exchange in github.exchanges if exchange.request.target == "/user"]

    def test_an_apps_token_that_may_not_ask_who_it_is_still_keeps_one(
        self, github: PretendGitHub, pull_request: int
    ) -> None:
        """An app's user shows in the answer to its new comment; then the older one is found and stays."""
        github.faults.append(Fault(says(403, "Resource not accessible by integration"), path="/user"))
        first = comment(github, pull_request, "first", token=HUMAN_TOKEN)
        second = comment(github, pull_request, "second", token=HUMAN_TOKEN)

        assert bodies(github, pull_request) == [f"{MARKER}\nsecond"]
        assert (second.action, second.url, second.removed) == (CommentAction.UPDATED, first.url, 1)


class TestRaces:
    def test_two_jobs_that_create_at_once_end_with_one(
        self, github: PretendGitHub, pull_request: int
    ) -> None:
        github.faults.append(Fault(Meet(threading.Barrier(2)), method="POST", times=2))
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda body: comment(github, pull_request, body), ("one", "two")))

        (found,) = github.emulator.comments(pull_request)
        assert found["body"] in {f"{MARKER}\none", f"{MARKER}\ntwo"}
        assert {result.url for result in results} == {found["html_url"]}

    def test_a_comment_made_twice_by_a_lost_answer_ends_as_one(
        self, github: PretendGitHub, pull_request: int
    ) -> None:
        github.faults.append(Fault(Cut(after=True), method="POST", times=1))
        result = comment(github, pull_request)

        assert github.writes() == ["POST", "POST", "DELETE"]
        assert bodies(github, pull_request) == [f"{MARKER}\nreport"]
        assert result.url == github.emulator.comments(pull_request)[0]["html_url"]

    def test_duplicates_of_an_earlier_day_go(self, github: PretendGitHub, pull_request: int) -> None:
        for _ in range(3):
            github.emulator.write_comment(pull_request, f"{MARKER}\nold", BOT_TOKEN)
        result = comment(github, pull_request, "new")

        assert bodies(github, pull_request) == [f"{MARKER}\nnew"]
        assert result.removed == 2

    def test_a_duplicate_that_can_not_be_removed_is_only_a_warning(
        self, github: PretendGitHub, pull_request: int
    ) -> None:
        for _ in range(2):
            github.emulator.write_comment(pull_request, f"{MARKER}\nold", BOT_TOKEN)
        github.faults.append(Fault(says(403, "Must have admin rights"), method="DELETE"))
        result = comment(github, pull_request, "new")

        assert result.action is CommentAction.UPDATED
        assert result.warnings == (
            "GitHub refused to remove a duplicate comment (status 403): Must have admin rights",
        )

    def test_a_comment_deleted_under_our_hands_is_made_again(
        self, github: PretendGitHub, pull_request: int
    ) -> None:
        comment(github, pull_request, "first")
        github.faults.append(Fault(says(404, "Not Found"), method="PATCH", times=1))
        result = comment(github, pull_request, "second")

        assert result.action in {CommentAction.CREATED, CommentAction.UPDATED}
        assert f"{MARKER}\nsecond" in bodies(github, pull_request)


class TestFaults:
    @pytest.mark.parametrize(
        ("fault", "says_what", "hints"),
        [
            (bad_credentials(), r"\(status 401\): Bad credentials", "renew"),
            (
                read_only_token(),
                r"\(status 403\): Resource not accessible",
                "pull-requests: write.*from a fork",
            ),
            (not_found(), r"\(status 404\): Not Found", "pull-requests: write"),
            (unprocessable(), r"\(status 422\): Validation Failed; no", "tell us"),
            (server_error(502, times=9), r"GitHub failed to .* \(status 502\)", "GitHub's side"),
            (too_many_requests("3600"), r"\(status 429\): You are too quick", "later"),
            (secondary_limit("3600"), r"\(status 403\): You have exceeded a secondary", "later"),
            (Fault(Cut()), r"the connection failed or was cut", "reachable"),
            (Fault(says(403, "issue is locked"), method=WRITES), r"issue is locked", "unlock"),
        ],
        ids=["401", "403", "404", "422", "502", "429", "secondary-limit", "cut", "locked"],
    )
    def test_a_refusal_says_what_and_what_to_do(
        self, github: PretendGitHub, pull_request: int, fault: Fault, says_what: str, hints: str
    ) -> None:
        github.faults.append(fault)
        with pytest.raises(PublishError, match=says_what) as caught:
            comment(github, pull_request)

        assert caught.value.hint
        assert re.search(hints, caught.value.hint)
        assert BOT_TOKEN not in str(caught.value)

    @pytest.mark.parametrize(
        "fault",
        [
            too_many_requests("1", times=1),
            secondary_limit("1", times=1),
            server_error(500, times=2),
            Fault(Reply(503, b"", {"Retry-After": "0"}), times=1),
            Fault(Cut(), times=2),
        ],
        ids=["429", "secondary-limit", "500", "503", "cut"],
    )
    def test_a_passing_fault_is_waited_out(
        self, github: PretendGitHub, pull_request: int, fault: Fault
    ) -> None:
        github.faults.append(fault)
        comment(github, pull_request)

        assert bodies(github, pull_request) == [f"{MARKER}\nreport"]

    def test_retry_after_is_honoured(self, github: PretendGitHub, pull_request: int) -> None:
        github.faults.append(too_many_requests("2"))
        start = time.monotonic()
        comment(github, pull_request)

        assert 2 <= time.monotonic() - start < 5

    def test_a_wait_that_is_too_long_is_not_begun(self, github: PretendGitHub, pull_request: int) -> None:
        github.faults.append(too_many_requests("100000000"))
        start = time.monotonic()
        with pytest.raises(PublishError, match="429"):
            comment(github, pull_request)

        assert time.monotonic() - start < 1

    @pytest.mark.parametrize("effect", [Wait(3), Drip(0.05)], ids=["silent", "a byte at a time"])
    def test_an_answer_that_is_too_slow_is_given_up(
        self, github: PretendGitHub, pull_request: int, effect: Wait | Drip
    ) -> None:
        github.faults.append(Fault(effect, method="POST"))
        patience = Patience(answer_seconds=0.3, total_seconds=2, tries=2, first_pause_seconds=0.01)
        start = time.monotonic()
        with pytest.raises(PublishError, match="no answer in time"):
            comment(github, pull_request, patience=patience)

        assert time.monotonic() - start < 2.5


class TestHostileAnswers:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html>",
            b"null",
            b"{}",
            b'[{"id": "x"}]',
            b'[{"id": 1, "html_url": 5}]',
            b"[" * 100_000,
            b'[{"id": ' + b"9" * 5000 + b"}]",
            b'[{"id": 1, "html_url": "\xff"}]',
        ],
        ids=["empty", "html", "null", "object", "text", "number", "deep", "huge number", "bad utf-8"],
    )
    def test_what_is_not_githubs_json_is_a_clear_error(
        self, github: PretendGitHub, pull_request: int, body: bytes
    ) -> None:
        github.faults.append(Fault(Reply(200, body, lawful=False)))
        with pytest.raises(PublishError, match="not what GitHub's API gives") as caught:
            comment(github, pull_request)
        assert "GITHUB_API_URL" in str(caught.value.hint)

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

    def test_a_refusal_that_repeats_the_token_is_told_without_it(
        self, github: PretendGitHub, pull_request: int
    ) -> None:
        github.faults.append(Fault(says(401, f"Bad credentials: {BOT_TOKEN}")))
        with pytest.raises(PublishError, match=r"Bad credentials: \*\*\*") as caught:
            comment(github, pull_request)
        assert BOT_TOKEN not in str(caught.value)
