"""A run's references, wired: the token for git and the API, artifacts from where GitHub keeps them."""

from __future__ import annotations

import base64
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from support.git import Repository
from support.github.artifacts import stored_artifact
from support.github.emulator import BOT_TOKEN, REPOSITORY
from support.github.proxy import PretendGitHub
from support.hosts.faults import Fault, Reply
from support.recording_log import RecordingLog
from support.snapshots import layer, snapshot

from bloatcheck.baseline.document import to_json
from bloatcheck.baseline.git import OutOfReachError
from bloatcheck.baseline.model import BaselineEntry
from bloatcheck.baseline.sources.artifact import ARTIFACT_FILE
from bloatcheck.ci.github.context import KINDS
from bloatcheck.ci.model import CiContext, Event
from bloatcheck.config.load import load_config
from bloatcheck.references import References


def entry(size: int, commit: str | None = None) -> BaselineEntry:
    return BaselineEntry(snapshot=snapshot("api", layer(1, size)), commit=commit)


def references(root: Path, settings: str, context: CiContext, token: str | None = BOT_TOKEN) -> References:
    (root / ".bloatcheck.yml").write_text(
        f'version: 1\nimages: [{{name: api, image: "oci:layout"}}]\nbaseline: {settings}\n'
    )
    return References(
        config=load_config(root),
        context=context,
        token=token,
        environment={"XDG_CACHE_HOME": str(root / "cache")},
        log=RecordingLog(),
    )


# The API


def pushed(github: PretendGitHub, file: str, content: str) -> tuple[str, str]:
    """A file pushed to GitHub's main: the commit, and one more after it."""
    commits = []
    for path, text in ((file, content), (f"{file}.md", "more")):
        there = f"/repos/{REPOSITORY}/contents/{path}"
        words = {"message": path, "content": base64.b64encode(text.encode()).decode(), "branch": "main"}
        commits.append(str(github.emulator.api("PUT", there, **words)["commit"]["sha"]))
    return commits[0], commits[1]


@pytest.mark.parametrize("event", ["push", "pull_request"])
def test_without_a_clone_the_file_is_read_through_the_api(
    github: PretendGitHub, tmp_path: Path, event: str
) -> None:
    """As where a job downloads an archive of the files instead of checking them out."""
    base, head = pushed(github, f"{event}.json", to_json([entry(5)]))
    context = CiContext(
        ci="github",
        event=KINDS[event],
        repository=REPOSITORY,
        api_url=github.url,
        commit=head,
        base_sha=base,
        head_sha=head,
    )
    found = references(tmp_path, f"{event}.json", context).baselines().before
    assert [one.snapshot.content_size for one in found.entries] == [5]
    assert found.commit == base
    assert "read through the API" in (found.origin or "")


def archive_of(one: BaselineEntry) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        opened.writestr(ARTIFACT_FILE, to_json([one]))
    return packed.getvalue()


def test_the_artifact_of_the_default_branch_is_what_is_compared_with(
    github: PretendGitHub, tmp_path: Path
) -> None:
    repository = Repository(tmp_path)
    repository.git("init", "-q", "-b", "main")
    measured = repository.commit(README="1")
    before = repository.commit(README="2")
    repository.commit(README="3")
    with _server(archive_of(entry(7, measured))) as server:
        listed = stored_artifact(number=5, commit=measured)
        body = json.dumps({"total_count": 1, "artifacts": [listed]}).encode()
        github.faults += [
            Fault(Reply(200, body), path=".*/actions/artifacts"),
            Fault(Reply(302, b"", {"Location": server.url}), path=".*/zip"),
        ]
        context = CiContext(
            ci="github",
            event=Event.PUSH,
            repository=REPOSITORY,
            api_url=github.url,
            base_sha=before,
            default_branch="main",
        )
        found = references(tmp_path, "{sources: [artifact]}", context).baselines().before
    assert [one.snapshot.content_size for one in found.entries] == [7]
    assert found.commit == measured
    assert "itself was not measured" in found.notes[0]
    assert BOT_TOKEN not in json.dumps(server.seen)


def test_at_the_desk_a_source_that_can_not_be_asked_is_a_note(tmp_path: Path) -> None:
    """On CI it is an error: a check that compares nothing would look like one that held."""
    found = references(tmp_path, "{sources: [artifact]}", CiContext(), token=None).baselines().before
    assert found.entries == ()
    assert found.notes[0].startswith(
        "Nothing to compare with: artifacts are read through the code host's API"
    )
    on_github = CiContext(ci="github", event=Event.PUSH)
    with pytest.raises(OutOfReachError):
        references(tmp_path, "{sources: [artifact]}", on_github, token=None).baselines()


# Git


@dataclass
class Server:
    """Answers everything the same way, and keeps the headers that it saw."""

    url: str = ""
    seen: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def _server(content: bytes, status: int = 200) -> Iterator[Server]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.05,))
        thread.start()
        server.url = f"http://127.0.0.1:{listening.server_address[1]}"
        yield server
        listening.shutdown()
        thread.join()


def asked_by_git(root: Path, server: Server, *, server_url: str, ci: str = "github", user: str = "") -> str:
    """What git says when it may not read the remote."""
    repository = Repository(root)
    repository.git("init", "-q", "-b", "main")
    repository.commit(README="1")
    repository.git("remote", "add", "origin", f"{server.url.replace('//', f'//{user}')}/octo/hello.git")
    context = CiContext(ci=ci, event=Event.PUSH, server_url=server_url)
    with pytest.raises(OutOfReachError) as caught:
        references(root, "{sources: [branch]}", context).baselines()
    return str(caught.value)


def test_git_gets_the_token_where_the_checkout_left_none(tmp_path: Path) -> None:
    with _server(b"", 403) as server:
        said = asked_by_git(tmp_path, server, server_url=server.url)
    expected = base64.b64encode(f"x-access-token:{BOT_TOKEN}".encode()).decode()
    assert server.seen[0]["authorization"] == f"basic {expected}"
    assert "`permissions: { contents: read }`" in said
    assert BOT_TOKEN not in said
    assert expected not in said


def test_on_gitlab_the_access_token_goes_instead_of_the_jobs_own_in_the_remotes_address(
    tmp_path: Path,
) -> None:
    with _server(b"", 403) as server:
        said = asked_by_git(
            tmp_path, server, server_url=server.url, ci="gitlab", user="gitlab-ci-token:glcbt-job@"
        )
    expected = base64.b64encode(f"oauth2:{BOT_TOKEN}".encode()).decode()
    assert server.seen[0]["authorization"] == f"basic {expected}"
    assert "glcbt-job" not in said


def test_it_gets_no_second_one_where_the_checkout_left_its_own(tmp_path: Path) -> None:
    with _server(b"", 403) as server:
        repository = Repository(tmp_path)
        repository.git("init", "-q", "-b", "main")
        repository.git("config", f"http.{server.url}/.extraheader", "AUTHORIZATION: basic bG9jYWw=")
        asked_by_git(tmp_path, server, server_url=server.url)
    assert server.seen[0]["authorization"] == "basic bG9jYWw="


@pytest.mark.parametrize("server_url", ["https://github.com", "https://[1"])
def test_no_other_host_gets_the_token(tmp_path: Path, server_url: str) -> None:
    with _server(b"", 403) as server:
        asked_by_git(tmp_path, server, server_url=server_url)
    assert "authorization" not in server.seen[0]
