"""The project through the API, and who approves on a merge request: held against GitLab's description."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime, timezone
from http import HTTPStatus

import pytest
from support.gitlab.server import (
    BOT,
    BOT_TOKEN,
    DEVELOPER,
    GUEST,
    HEAD,
    PROJECT,
    MergeRequest,
    PretendGitLab,
    User,
    pretend_gitlab,
    says,
)
from support.hosts.faults import Fault, Reply

from bloatcheck.errors import PublishError
from bloatcheck.publish.gitlab.host import GitLabHost
from bloatcheck.publish.gitlab.manners import GITLAB
from bloatcheck.publish.http import Client
from bloatcheck.publish.patience import Patience
from bloatcheck.publish.sign import Sign

PAGE = f"https://gitlab.example.com/{PROJECT}"
QUICK = Patience(answer_seconds=5, total_seconds=8, tries=2, first_pause_seconds=0.01)
COMMAND, LABEL = "/bloatcheck approve", "bloatcheck-approved"
ONE, TWO = "1" * 40, "2" * 40


@pytest.fixture(scope="module")
def running() -> Iterator[PretendGitLab]:
    with pretend_gitlab() as gitlab:
        yield gitlab


@pytest.fixture
def gitlab(running: PretendGitLab) -> Iterator[PretendGitLab]:
    running.reset()
    yield running
    assert running.violations == []


@pytest.fixture
def host(gitlab: PretendGitLab) -> GitLabHost:
    return GitLabHost(Client(BOT_TOKEN, manners=GITLAB, api_url=gitlab.api, patience=QUICK), PROJECT, PAGE)


# The project


def test_the_merge_base_is_asked_for(gitlab: PretendGitLab, host: GitLabHost) -> None:
    gitlab.merge_bases[ONE, TWO] = HEAD
    assert host.merge_base(ONE, TWO) == HEAD
    assert host.merge_base(TWO, ONE) is None


def test_a_file_is_read_at_a_commit_whatever_it_is_called(gitlab: PretendGitLab, host: GitLabHost) -> None:
    gitlab.files[ONE, "a folder/ü%2f.json"] = b"\x00\xff"
    assert host.file(ONE, "./a folder/ü%2f.json", most=100) == b"\x00\xff"
    assert host.file(TWO, "a folder/ü%2f.json", most=100) is None
    with pytest.raises(PublishError, match="larger than 1 bytes"):
        host.file(ONE, "a folder/ü%2f.json", most=1)


def test_a_damaged_file_is_an_error(gitlab: PretendGitLab, host: GitLabHost) -> None:
    body = b'{"size": 3, "encoding": "base64", "content": "abc"}'
    gitlab.faults.append(Fault(Reply(200, body, lawful=False)))
    with pytest.raises(PublishError, match="damaged"):
        host.file(ONE, "x", most=9)


def test_a_folder_is_listed_page_by_page(gitlab: PretendGitLab, host: GitLabHost) -> None:
    for number in range(150):
        gitlab.files[ONE, f"sizes/{number:03}.json"] = b""
    assert len(host.files(ONE, "sizes")) == 150
    assert host.files(TWO, "sizes") == ()


def test_the_last_commit_before_a_moment(gitlab: PretendGitLab, host: GitLabHost) -> None:
    assert host.last_before(datetime(2026, 1, 1, tzinfo=timezone.utc), "main") is None
    gitlab.commits = [ONE]
    assert host.last_before(datetime(2026, 1, 1, tzinfo=timezone.utc), "main") == ONE
    assert "until=2026-01-01T00%3A00%3A00Z" in gitlab.exchanges[-1].request.target


def job(number: int, **more: object) -> dict[str, object]:
    return {
        "id": number,
        "name": "bloatcheck-baseline",
        "status": "success",
        "ref": "main",
        "tag": False,
        "commit": {"id": ONE, "short_id": ONE[:8]},
        "artifacts_file": {"filename": "artifacts.zip", "size": 10},
    } | more


def test_the_archives_of_the_job_that_renews_are_found_newest_first(
    gitlab: PretendGitLab, host: GitLabHost
) -> None:
    gitlab.jobs = [
        job(5),
        job(9),
        job(10, ref="refs/merge-requests/7/head"),
        job(11, name="test"),
        job(12, tag=True),
        job(13, status="failed"),
        {name: value for name, value in job(14).items() if name != "artifacts_file"},
    ]
    assert [artifact.number for artifact in host.artifacts("bloatcheck-baseline", "main")] == [9, 5]


def test_an_archive_is_downloaded_within_its_bounds(gitlab: PretendGitLab, host: GitLabHost) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("bloatcheck-baseline.json", "{}")
    gitlab.archives[9] = packed.getvalue()
    assert host.archive(9, most=10_000) == packed.getvalue()
    with pytest.raises(PublishError, match="larger than 9 bytes"):
        host.archive(9, most=9)


def test_a_merge_request_is_opened_once_and_its_text_renewed(gitlab: PretendGitLab, host: GitLabHost) -> None:
    def ask(body: str) -> str:
        return host.pull_request(branch="bloatcheck/baseline-renewal", base="main", title="Renew", body=body)

    first = ask("one")
    assert ask("one") == first
    assert gitlab.writes() == ["POST"]
    assert ask("two") == first
    assert gitlab.writes() == ["POST", "PUT"]
    opened = max(gitlab.requests)
    assert first.endswith(f"/-/merge_requests/{opened}")
    assert gitlab.requests[opened].description == "two"


def test_a_fork_s_request_from_a_branch_of_that_name_is_not_taken_for_ours(
    gitlab: PretendGitLab, host: GitLabHost
) -> None:
    gitlab.requests[8] = MergeRequest(8, source="renewal", title="Mine", description="evil", project=666)
    url = host.pull_request(branch="renewal", base="main", title="Renew", body="b")
    assert url.endswith(f"/-/merge_requests/{max(gitlab.requests)}")
    assert not url.endswith("/8")
    assert (gitlab.requests[8].title, gitlab.requests[8].description) == ("Mine", "evil")
    assert host.pull_request(branch="renewal", base="main", title="Renew", body="b") == url


def test_one_that_another_run_opened_meanwhile_is_taken(gitlab: PretendGitLab, host: GitLabHost) -> None:
    host.pull_request(branch="renewal", base="main", title="t", body="b")
    gitlab.faults.append(Fault(Reply(200, b"[]"), method="GET", path=".*/merge_requests", times=1))
    url = host.pull_request(branch="renewal", base="main", title="t", body="b")
    assert url.endswith(f"/-/merge_requests/{max(gitlab.requests)}")


# Who approves


def signs(host: GitLabHost, head: str = HEAD, label: str | None = None) -> tuple[Sign, ...]:
    return host.signs(7, head=head, label=label, command=None if label else COMMAND)


def test_a_note_of_somebody_who_may_push_approves_the_commit_that_it_names(
    gitlab: PretendGitLab, host: GitLabHost
) -> None:
    said = gitlab.say(7, f"{COMMAND} {HEAD} api up to 240 MB because codecs\nand more")
    (sign,) = signs(host)
    assert sign == Sign(
        way="command",
        by="human",
        words=f"{HEAD} api up to 240 MB because codecs",
        url=f"{PAGE}/-/merge_requests/7#note_{said['id']}",
    )


@pytest.mark.parametrize(
    ("words", "doubt"),
    [("api up to 240 MB", "name the commit first"), (f"{ONE} api", "there is a newer one")],
)
def test_one_that_names_another_commit_or_none_does_not(
    gitlab: PretendGitLab, host: GitLabHost, words: str, doubt: str
) -> None:
    gitlab.say(7, f"{COMMAND} {words}")
    assert doubt in (signs(host)[0].doubt or "")


def test_an_edited_note_does_not(gitlab: PretendGitLab, host: GitLabHost) -> None:
    gitlab.say(7, f"{COMMAND} {HEAD} api")["updated_at"] = gitlab.now()
    assert "edited" in (signs(host)[0].doubt or "")


@pytest.mark.parametrize("role", [GUEST, None])
def test_somebody_who_may_not_push_does_not(
    gitlab: PretendGitLab, host: GitLabHost, role: int | None
) -> None:
    gitlab.user("attacker").role = role
    gitlab.say(7, f"{COMMAND} {HEAD} api", by="attacker")
    assert "write permission" in (signs(host)[0].doubt or "")


def test_a_developer_does_and_one_who_was_blocked_does_not(gitlab: PretendGitLab, host: GitLabHost) -> None:
    gitlab.users.append(User(9, "dev", role=DEVELOPER))
    gitlab.say(7, f"{COMMAND} {HEAD} api", by="dev")
    assert signs(host)[0].doubt is None
    gitlab.user("dev").state = "blocked"
    assert signs(host)[0].doubt is not None


def test_a_bot_says_nothing_and_neither_does_what_gitlab_writes(
    gitlab: PretendGitLab, host: GitLabHost
) -> None:
    gitlab.say(7, f"{COMMAND} {HEAD} api", by=BOT)
    gitlab.say(7, f"{COMMAND} {HEAD} api", system=True)
    gitlab.say(7, f"see: {COMMAND} {HEAD} api")
    assert signs(host) == ()


def test_a_label_that_was_set_after_the_newest_push_approves(gitlab: PretendGitLab, host: GitLabHost) -> None:
    assert signs(host, label=LABEL) == ()
    gitlab.set_label(7, LABEL)
    assert signs(host, label=LABEL) == (Sign(way="label", by="human"),)
    gitlab.push(7, ONE)
    assert "newer commit" in (signs(host, label=LABEL)[0].doubt or "")
    assert "before the newest push" in (signs(host, head=ONE, label=LABEL)[0].doubt or "")


def test_a_push_back_to_an_approved_commit_is_a_push(gitlab: PretendGitLab, host: GitLabHost) -> None:
    gitlab.set_label(7, LABEL)
    gitlab.push(7, ONE)
    gitlab.push(7, HEAD)
    assert "before the newest push" in (signs(host, label=LABEL)[0].doubt or "")


def test_a_label_set_by_a_bot_or_a_guest_or_taken_off_does_not(
    gitlab: PretendGitLab, host: GitLabHost
) -> None:
    gitlab.set_label(7, LABEL, by=BOT)
    assert "a program" in (signs(host, label=LABEL)[0].doubt or "")
    gitlab.set_label(7, LABEL, by="attacker")
    assert "write permission" in (signs(host, label=LABEL)[0].doubt or "")
    gitlab.set_label(7, LABEL, action="remove")
    assert signs(host, label=LABEL) == ()


def test_where_gitlab_does_not_tell_of_the_push_the_label_does_not(
    gitlab: PretendGitLab, host: GitLabHost
) -> None:
    gitlab.set_label(7, LABEL)
    gitlab.requests[7].versions.clear()
    assert "does not say" in (signs(host, label=LABEL)[0].doubt or "")


def test_what_can_not_be_asked_is_an_error(gitlab: PretendGitLab, host: GitLabHost) -> None:
    gitlab.say(7, f"{COMMAND} {HEAD} api")
    gitlab.faults.append(Fault(says(HTTPStatus.FORBIDDEN, "403 Forbidden"), path=".*/members/.*"))
    with pytest.raises(PublishError, match="403 Forbidden"):
        signs(host)


def test_the_token_goes_in_its_header_and_to_nobody_else(gitlab: PretendGitLab, host: GitLabHost) -> None:
    assert host.conversation(7).newest_commit() == HEAD
    sent = gitlab.exchanges[-1].request
    assert sent.headers["private-token"] == BOT_TOKEN
    assert "authorization" not in sent.headers
    assert BOT_TOKEN not in sent.target
    assert base64.b64encode(BOT_TOKEN.encode()).decode() not in str(sent)
    assert BOT_TOKEN not in repr(host)
