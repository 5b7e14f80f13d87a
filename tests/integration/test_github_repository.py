"""What the baseline asks GitHub for, on a stateful GitHub, every request held against its own description."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.github.artifacts import stored_artifact
from support.github.emulator import BOT_TOKEN, REPOSITORY
from support.github.faults import bad_credentials, read_only_token, says, server_error, too_many_requests
from support.github.proxy import PretendGitHub
from support.hosts.faults import Fault, Reply

from bloatcheck.errors import PublishError
from bloatcheck.publish.artifact import Artifact
from bloatcheck.publish.github.manners import GITHUB
from bloatcheck.publish.github.repository import Repository
from bloatcheck.publish.http import Client
from bloatcheck.publish.patience import Patience

QUICK = Patience(answer_seconds=5, total_seconds=8, tries=3, first_pause_seconds=0.01)
ARCHIVES = ".*/actions/artifacts/[0-9]+/zip"
ARTIFACTS = ".*/actions/artifacts"
A, B = "a" * 40, "b" * 40


@pytest.fixture
def repository(github: PretendGitHub) -> Repository:
    return Repository(Client(BOT_TOKEN, manners=GITHUB, api_url=github.url, patience=QUICK), REPOSITORY)


def main_of(github: PretendGitHub) -> str:
    return str(github.emulator.api("GET", f"/repos/{REPOSITORY}/git/ref/heads/main")["object"]["sha"])


def commit(github: PretendGitHub, path: str, content: bytes, branch: str = "main") -> str:
    """A file pushed; the branch's commit then."""
    there = f"/repos/{REPOSITORY}/contents/{path}"
    answer = github.emulator.api(
        "PUT", there, message=path, content=b64encode(content).decode(), branch=branch
    )
    return str(answer["commit"]["sha"])


# Files and commits


def test_a_file_is_read_as_it_stands_at_a_commit(github: PretendGitHub, repository: Repository) -> None:
    content = bytes(range(256))
    before = main_of(github)
    after = commit(github, "ci/b ä.json", content)
    assert repository.file(after, "ci/b ä.json", most=1000) == content
    assert repository.file(before, "ci/b ä.json", most=1000) is None
    assert repository.files(after, "ci") == ("ci/b ä.json",)
    assert repository.files(after, "nothing") == ()
    assert repository.file(after, "ci", most=1000) is None


def test_a_file_that_is_too_large_is_refused(github: PretendGitHub, repository: Repository) -> None:
    after = commit(github, "large.json", b"x" * 100)
    with pytest.raises(PublishError, match="larger than 99 bytes"):
        repository.file(after, "large.json", most=99)


def test_a_large_file_comes_as_a_blob(github: PretendGitHub, repository: Repository) -> None:
    """GitHub leaves out the content of a file of more than 1 MB."""
    after = commit(github, "blob.json", b"the content")
    path = f"/repos/{REPOSITORY}/contents/blob.json?ref={after}"
    told = github.emulator.api("GET", path)
    answer = json.dumps({**told, "content": "", "encoding": "none"}).encode()
    github.faults.append(Fault(Reply(200, answer), method="GET", path=".*/contents/blob.json"))
    assert repository.file(after, "blob.json", most=1000) == b"the content"


def test_where_two_commits_parted(github: PretendGitHub, repository: Repository) -> None:
    start = main_of(github)
    github.emulator.api("POST", f"/repos/{REPOSITORY}/git/refs", ref="refs/heads/side", sha=start)
    side, moved = commit(github, "side", b"s", "side"), commit(github, "moved", b"m")
    assert repository.merge_base(moved, side) == start
    assert repository.merge_base(A, side) is None


def test_the_newest_commit_before_a_moment(github: PretendGitHub, repository: Repository) -> None:
    now = datetime.now(timezone.utc)
    assert repository.last_before(now + timedelta(days=1), "main") == main_of(github)
    github.faults.append(Fault(Reply(200, b"[]"), method="GET", path=".*/commits"))
    assert repository.last_before(now - timedelta(days=9), "main") is None
    assert "until=" in github.exchanges[-1].request.target


# The pull request


def test_a_pull_request_is_opened_once_and_renewed_then(
    github: PretendGitHub, repository: Repository
) -> None:
    github.emulator.api(
        "POST",
        f"/repos/{REPOSITORY}/git/refs",
        ref="refs/heads/bloatcheck/baseline-renewal",
        sha=main_of(github),
    )
    commit(github, "baseline", b"1", "bloatcheck/baseline-renewal")
    words = {"branch": "bloatcheck/baseline-renewal", "base": "main", "title": "Renew"}
    first = repository.pull_request(**words, body="one")
    assert repository.pull_request(**words, body="two") == first
    assert repository.pull_request(**words, body="two") == first
    assert github.writes() == ["POST", "PATCH"]
    (pull,) = github.emulator.api("GET", f"/repos/{REPOSITORY}/pulls")
    assert (pull["title"], pull["body"]) == ("Renew", "two")


def test_where_actions_may_open_none_the_setting_is_named(
    github: PretendGitHub, repository: Repository
) -> None:
    github.faults.append(Fault(says(422, "Validation Failed"), method="POST", path=".*/pulls"))
    with pytest.raises(PublishError, match="refused to open a pull request") as caught:
        repository.pull_request(branch="other", base="main", title="t", body="b")
    assert "allow GitHub Actions to create pull requests" in (caught.value.hint or "")


# Artifacts


def listing(*artifacts: object) -> Fault:
    body = json.dumps({"total_count": len(artifacts), "artifacts": artifacts}).encode()
    return Fault(Reply(200, body), method="GET", path=ARTIFACTS)


def test_only_what_runs_on_the_branch_itself_left_is_listed_newest_first(
    github: PretendGitHub, repository: Repository
) -> None:
    """A fork may call its branch main too."""
    github.faults.append(
        listing(
            stored_artifact(number=1, commit=A),
            stored_artifact(number=2, commit=A, branch="feature"),
            stored_artifact(number=3, commit=A, head_repository=2),
            stored_artifact(number=4, commit=A, expired=True),
            stored_artifact(number=5, commit=B),
        )
    )
    assert repository.artifacts("bloatcheck-baseline", "main") == [
        Artifact(number=5, run=1005, commit=B, size=7),
        Artifact(number=1, run=1001, commit=A, size=7),
    ]


@contextmanager
def storage(content: bytes, status: int = 200) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Where GitHub keeps artifacts: another host, and what it is sent."""
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/signed?sig=x", seen
        server.shutdown()
        thread.join()


def sent_to(address: str) -> Fault:
    return Fault(Reply(302, b"", {"Location": address}), path=ARCHIVES)


def test_an_archive_is_fetched_from_where_it_is_kept_without_the_token(
    github: PretendGitHub, repository: Repository
) -> None:
    with storage(b"zip") as (address, seen):
        github.faults.append(sent_to(address))
        assert repository.archive(5, most=100) == b"zip"
    assert "authorization" not in seen[0]


def test_an_archive_that_is_too_large_is_left_there(github: PretendGitHub, repository: Repository) -> None:
    with storage(b"x" * 1_000_000) as (address, _):
        github.faults.append(sent_to(address))
        with pytest.raises(PublishError, match="larger than 100 bytes"):
            repository.archive(5, most=100)


@pytest.mark.parametrize("status", [302, 403, 500])
def test_a_storage_that_refuses_or_sends_elsewhere_is_an_error(
    github: PretendGitHub, repository: Repository, status: int
) -> None:
    with storage(b"", status) as (address, seen):
        github.faults.append(sent_to(address))
        with pytest.raises(PublishError, match=f"answers {status}"):
            repository.archive(5, most=100)
        assert len(seen) == 1


@pytest.mark.parametrize("address", ["http://storage.example/x", "file:///etc/passwd", "", "https://a:b@c/"])
def test_an_archive_at_no_usable_address_is_not_fetched(
    github: PretendGitHub, repository: Repository, address: str
) -> None:
    github.faults.append(sent_to(address))
    with pytest.raises(PublishError, match=r"address that is not usable|redirects without end"):
        repository.archive(5, most=100)


# Faults

ENDPOINTS = {
    "merge_base": lambda one: one.merge_base(A, B),
    "file": lambda one: one.file(A, "f", most=1),
    "files": lambda one: one.files(A, "f"),
    "last_before": lambda one: one.last_before(datetime.now(timezone.utc), "main"),
    "artifacts": lambda one: one.artifacts("n", "main"),
    "archive": lambda one: one.archive(1, most=1),
    "pull_request": lambda one: one.pull_request(branch="b", base="main", title="t", body="b"),
}


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (bad_credentials(), r"\(status 401\)"),
        (server_error(502, times=99), r"\(status 502\)"),
        (too_many_requests("3600", times=99), r"\(status 429\)"),
        (Fault(Reply(200, b"{]", lawful=False)), "not what GitHub's API gives|larger than"),
        (Fault(Reply(200, b'[{"a": 1}]', lawful=False)), "not what GitHub's API gives|larger than"),
    ],
    ids=["token", "server", "limit", "garbage", "other"],
)
def test_every_question_has_an_error_that_names_what_was_tried(
    github: PretendGitHub, repository: Repository, name: str, fault: Fault, message: str
) -> None:
    github.faults.append(fault)
    with pytest.raises(PublishError, match=message) as caught:
        ENDPOINTS[name](repository)
    assert BOT_TOKEN not in str(caught.value)


@pytest.mark.parametrize("sha", ["--upload-pack=x", "../../user", "main"])
def test_what_is_no_id_of_a_commit_is_no_answer(
    github: PretendGitHub, repository: Repository, sha: str
) -> None:
    answer = json.dumps({"merge_base_commit": {"sha": sha}}).encode()
    github.faults.append(Fault(Reply(200, answer, lawful=False)))
    with pytest.raises(PublishError, match="not what GitHub's API gives"):
        repository.merge_base(A, B)


def test_a_token_that_may_not_open_a_pull_request_is_told_the_permission(
    github: PretendGitHub, repository: Repository
) -> None:
    github.faults.append(read_only_token())
    with pytest.raises(PublishError, match=r"\(status 403\)") as caught:
        repository.pull_request(branch="b", base="main", title="t", body="b")
    assert "pull-requests: write" in (caught.value.hint or "")
