"""A GitLab that keeps notes, labels, versions and people in memory, and answers as GitLab describes it.

Every request and answer is held against GitLab's own description; faults come between.
"""

from __future__ import annotations

import json
import re
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from support.github.faults import Fault, Reply, Request
from support.github.proxy import Exchange, Record, served
from support.gitlab.contract import Contract

PROJECT = "acme/tools/shop"
BOT = "project_7_bot_1f2e3d"
BOT_TOKEN, HUMAN_TOKEN, ATTACKER_TOKEN = "glpat-bot", "glpat-human", "glpat-attacker"
GUEST, DEVELOPER, MAINTAINER = 10, 30, 40
HEAD = "a" * 40
NEVER_LATER = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)


@dataclass
class User:
    id: int
    username: str
    token: str | None = None
    role: int | None = None
    bot: bool = False
    state: str = "active"

    @property
    def basic(self) -> dict[str, Any]:
        page = f"https://gitlab.example.com/{self.username}"
        return {"id": self.id, "username": self.username, "name": self.username, "state": "active"} | {
            "web_url": page
        }


@dataclass
class MergeRequest:
    iid: int
    sha: str = HEAD
    source: str = "feature"
    target: str = "main"
    title: str = "Feature"
    description: str = ""
    project: int = 7
    """Where its source branch lies."""
    labels: list[str] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    label_events: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class PretendGitLab:
    """One project on one server."""

    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    record: Record = field(default_factory=Record)
    contract: Contract = field(default_factory=Contract)
    users: list[User] = field(default_factory=list)
    requests: dict[int, MergeRequest] = field(default_factory=dict)
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    archives: dict[int, bytes] = field(default_factory=dict)
    merge_bases: dict[tuple[str, str], str] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)
    clock: datetime = NEVER_LATER
    lock: threading.RLock = field(default_factory=threading.RLock)
    _numbers: int = 100

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As on the first day, ready for the next test."""
        self.faults.clear()
        self.record = Record()
        self.users = [
            User(1, BOT, BOT_TOKEN, DEVELOPER, bot=True),
            User(2, "human", HUMAN_TOKEN, MAINTAINER),
            User(3, "attacker", ATTACKER_TOKEN, GUEST),
        ]
        self.requests = {7: MergeRequest(7)}
        for kept in (self.files, self.archives, self.merge_bases):
            kept.clear()
        self.jobs, self.commits = [], []
        self.push(7, HEAD)

    @property
    def api(self) -> str:
        return f"{self.url}/api/v4"

    @property
    def exchanges(self) -> list[Exchange]:
        return self.record.exchanges

    @property
    def violations(self) -> list[str]:
        return self.record.violations

    def writes(self) -> list[str]:
        """Methods of the requests that change something, in order."""
        return [exchange.request.method for exchange in self.exchanges if exchange.request.method != "GET"]

    # What people do

    def now(self) -> str:
        """A moment after every moment before."""
        self.clock += timedelta(seconds=1)
        return self.clock.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    def user(self, name: str) -> User:
        return next(user for user in self.users if user.username == name)

    def push(self, iid: int, commit: str) -> None:
        request = self.requests[iid]
        request.sha = commit
        version = {"id": self.number(), "head_commit_sha": commit, "created_at": self.now()}
        request.versions.insert(0, version)

    def say(self, iid: int, text: str, by: str = "human", **more: Any) -> dict[str, Any]:
        moment = self.now()
        note: dict[str, Any] = {
            "id": self.number(),
            "body": text,
            "author": self.user(by).basic,
            "created_at": moment,
            "updated_at": moment,
            "system": False,
            "noteable_id": 1,
            "noteable_type": "MergeRequest",
            "noteable_iid": iid,
            "project_id": 7,
            "resolvable": False,
            "confidential": False,
            "internal": False,
        }
        self.requests[iid].notes.append(note | more)
        return self.requests[iid].notes[-1]

    def set_label(self, iid: int, name: str, by: str = "human", *, action: str = "add") -> None:
        request = self.requests[iid]
        request.labels = [*{*request.labels, name}] if action == "add" else []
        request.label_events.append(
            {
                "id": self.number(),
                "user": self.user(by).basic,
                "created_at": self.now(),
                "resource_type": "MergeRequest",
                "resource_id": 1,
                "label": {"id": 1, "name": name, "color": "#fff", "text_color": "#000"},
                "action": action,
            }
        )

    def bodies(self, iid: int = 7) -> list[str]:
        return [note["body"] for note in self.requests[iid].notes if not note["system"]]

    # What the server does

    def fault_for(self, request: Request) -> Fault | None:
        return next((fault for fault in self.faults if fault.takes(request)), None)

    def check(self, record: Record, request: Request, reply: Reply | None) -> None:
        """Notes an exchange. Refusals are described with a status alone."""
        method, target = request.method, request.target
        violations = self.contract.violations_of_request(method, target, request.body)
        if reply and reply.lawful and reply.status < HTTPStatus.BAD_REQUEST:
            kind = reply.headers.get("Content-Type", "application/json")
            violations += self.contract.violations_of_response(method, target, reply.status, kind, reply.body)
        with self.lock:
            record.exchanges.append(Exchange(request, reply.status if reply else None))
            record.violations += [f"{method} {target}: {violation}" for violation in violations]

    def forward(self, request: Request) -> Reply:
        with self.lock:
            return self._answer(request)

    def _answer(self, request: Request) -> Reply:
        asking = next(
            (user for user in self.users if user.token == request.headers.get("private-token")), None
        )
        if asking is None:
            return says(401, "401 Unauthorized")
        parts = urlsplit(request.target)
        query = parse_qs(parts.query)
        body = json.loads(request.body) if request.body else {}
        for method, pattern, answer in _ROUTES:
            found = re.fullmatch(f"/api/v4{pattern}", parts.path)
            if found and method == request.method:
                ids = [unquote(part) for part in found.groups()]
                if "/projects/" in parts.path and ids.pop(0) != PROJECT:
                    return says(404, "404 Project Not Found")
                return answer(self, asking, ids, query, body, request)
        return says(404, "404 Not Found")


def says(status: int, message: object, headers: dict[str, str] | None = None) -> Reply:
    """A refusal in GitLab's shape."""
    return Reply(status, json.dumps({"message": message}).encode(), headers or {})


def _json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(value).encode(), headers or {})


Query = dict[str, list[str]]
Answer = Callable[[PretendGitLab, User, list[str], Query, dict[str, Any], Request], Reply]


def _page(gitlab: PretendGitLab, found: list[Any], query: Query, request: Request) -> Reply:
    """With a link to the next page, as GitLab writes it."""
    size, page = int(query.get("per_page", ["20"])[0]), int(query.get("page", ["1"])[0])
    headers = {}
    if len(found) > size * page:
        path = urlsplit(request.target).path
        following = urlencode({**query, "page": page + 1}, doseq=True)
        headers["Link"] = f'<{gitlab.url}{path}?{following}>; rel="next"'
    return _json(found[size * (page - 1) : size * page], headers=headers)


def _request_of(gitlab: PretendGitLab, iid: str) -> dict[str, Any] | None:
    request = gitlab.requests.get(int(iid))
    if request is None:
        return None
    return {
        "id": 1000 + request.iid,
        "iid": request.iid,
        "project_id": 7,
        "source_project_id": request.project,
        "target_project_id": 7,
        "title": request.title,
        "description": request.description,
        "state": "opened",
        "source_branch": request.source,
        "target_branch": request.target,
        "sha": request.sha,
        "labels": request.labels,
        "web_url": f"https://gitlab.example.com/{PROJECT}/-/merge_requests/{request.iid}",
    }


def _list_notes(g: PretendGitLab, _: User, ids: list[str], query: Query, __: Any, request: Request) -> Reply:
    found = g.requests.get(int(ids[0]))
    if found is None:
        return says(404, "404 Noteable Not Found")
    notes = sorted(found.notes, key=lambda note: note["id"], reverse=query.get("sort") != ["asc"])
    if query.get("activity_filter") == ["only_comments"]:
        notes = [note for note in notes if not note["system"]]
    return _page(g, notes, query, request)


def _create_note(
    g: PretendGitLab, by: User, ids: list[str], _: Query, body: dict[str, Any], __: Request
) -> Reply:
    if int(ids[0]) not in g.requests:
        return says(404, "404 Noteable Not Found")
    if len(body.get("body", "")) > 1_000_000:
        return says(400, {"note": ["is too long (maximum is 1000000 characters)"]})
    return _json(g.say(int(ids[0]), body["body"].rstrip(), by.username), 201)


def _note(g: PretendGitLab, ids: list[str]) -> dict[str, Any] | None:
    request = g.requests.get(int(ids[0]))
    notes = request.notes if request else []
    return next((note for note in notes if note["id"] == int(ids[1])), None)


def _edit_note(
    g: PretendGitLab, by: User, ids: list[str], _: Query, body: dict[str, Any], __: Request
) -> Reply:
    note = _note(g, ids)
    if note is None:
        return says(404, "404 Note Not Found")
    if note["author"]["username"] != by.username and (by.role or 0) < MAINTAINER:
        return says(403, "403 Forbidden")
    note |= {"body": body["body"].rstrip(), "updated_at": g.now()}
    return _json(note)


def _delete_note(g: PretendGitLab, by: User, ids: list[str], _: Query, __: Any, ___: Request) -> Reply:
    note = _note(g, ids)
    if note is None:
        return says(404, "404 Note Not Found")
    if note["author"]["username"] != by.username and (by.role or 0) < MAINTAINER:
        return says(403, "403 Forbidden")
    g.requests[int(ids[0])].notes.remove(note)
    return Reply(204, b"")


def _get_request(g: PretendGitLab, _: User, ids: list[str], *__: Any) -> Reply:
    found = _request_of(g, ids[0])
    return _json(found) if found else says(404, "404 Not found")


def _edit_request(
    g: PretendGitLab, _: User, ids: list[str], __: Query, body: dict[str, Any], ___: Request
) -> Reply:
    request = g.requests[int(ids[0])]
    request.title, request.description = body["title"], body["description"]
    return _json(_request_of(g, ids[0]))


def _list_requests(
    g: PretendGitLab, _: User, __: list[str], query: Query, ___: Any, request: Request
) -> Reply:
    found = [
        _request_of(g, str(one.iid))
        for one in g.requests.values()
        if [one.source] == query.get("source_branch") and [one.target] == query.get("target_branch")
    ]
    return _page(g, found, query, request)


def _open_request(
    g: PretendGitLab, _: User, __: list[str], ___: Query, body: dict[str, Any], ____: Request
) -> Reply:
    if any((one.project, one.source) == (7, body["source_branch"]) for one in g.requests.values()):
        return says(409, ["Another open merge request already exists for this source branch: !9"])
    iid = g.number()
    g.requests[iid] = MergeRequest(
        iid,
        source=body["source_branch"],
        target=body["target_branch"],
        title=body["title"],
        description=body["description"],
    )
    return _json(_request_of(g, str(iid)), 201)


def _label_events(
    g: PretendGitLab, _: User, ids: list[str], query: Query, __: Any, request: Request
) -> Reply:
    return _page(g, g.requests[int(ids[0])].label_events, query, request)


def _versions(g: PretendGitLab, _: User, ids: list[str], query: Query, __: Any, request: Request) -> Reply:
    return _page(g, g.requests[int(ids[0])].versions, query, request)


def _own_user(_: PretendGitLab, by: User, *__: Any) -> Reply:
    return _json(by.basic | {"bot": by.bot})


def _user(g: PretendGitLab, _: User, ids: list[str], *__: Any) -> Reply:
    found = next((user for user in g.users if user.id == int(ids[0])), None)
    return _json(found.basic | {"bot": found.bot}) if found else says(404, "404 User Not Found")


def _member(g: PretendGitLab, _: User, ids: list[str], *__: Any) -> Reply:
    found = next((user for user in g.users if user.id == int(ids[0])), None)
    if found is None or found.role is None:
        return says(404, "404 Not found")
    return _json(found.basic | {"access_level": found.role, "state": found.state})


def _file(g: PretendGitLab, _: User, ids: list[str], query: Query, *__: Any) -> Reply:
    content = g.files.get((query["ref"][0], ids[0]))
    if content is None:
        return says(404, "404 File Not Found")
    packed = b64encode(content).decode()
    return _json({"file_path": ids[0], "size": len(content), "encoding": "base64", "content": packed})


def _tree(g: PretendGitLab, _: User, __: list[str], query: Query, ___: Any, request: Request) -> Reply:
    commit, folder = query["ref"][0], query["path"][0]
    found = [
        {"id": "0" * 40, "name": path.rpartition("/")[2], "type": "blob", "path": path, "mode": "100644"}
        for at, path in g.files
        if at == commit and path.rpartition("/")[0] == folder
    ]
    return _page(g, found, query, request) if found else says(404, "404 invalid revision or path Not Found")


def _merge_base(g: PretendGitLab, _: User, __: list[str], query: Query, *___: Any) -> Reply:
    one, other = query["refs[]"]
    found = g.merge_bases.get((one, other))
    return (
        _json({"id": found, "short_id": found[:8]})
        if found
        else says(400, f"400 Bad request - Could not find ref: {one}")
    )


def _commits(g: PretendGitLab, _: User, __: list[str], query: Query, ___: Any, request: Request) -> Reply:
    return _page(g, [{"id": commit} for commit in g.commits], query, request)


def _jobs(g: PretendGitLab, _: User, __: list[str], query: Query, ___: Any, request: Request) -> Reply:
    return _page(g, [job for job in g.jobs if [job["status"]] == query["scope[]"]], query, request)


def _archive(g: PretendGitLab, _: User, ids: list[str], *__: Any) -> Reply:
    content = g.archives.get(int(ids[0]))
    if content is None:
        return says(404, "404 Not found")
    return Reply(200, content, {"Content-Type": "application/octet-stream"})


_P = "/projects/([^/]+)"
_MR = f"{_P}/merge_requests/([0-9]+)"
_ROUTES: tuple[tuple[str, str, Answer], ...] = (
    ("GET", f"{_MR}/notes", _list_notes),
    ("POST", f"{_MR}/notes", _create_note),
    ("PUT", f"{_MR}/notes/([0-9]+)", _edit_note),
    ("DELETE", f"{_MR}/notes/([0-9]+)", _delete_note),
    ("GET", f"{_MR}/resource_label_events", _label_events),
    ("GET", f"{_MR}/versions", _versions),
    ("GET", _MR, _get_request),
    ("PUT", _MR, _edit_request),
    ("GET", f"{_P}/merge_requests", _list_requests),
    ("POST", f"{_P}/merge_requests", _open_request),
    ("GET", f"{_P}/members/all/([0-9]+)", _member),
    ("GET", f"{_P}/jobs", _jobs),
    ("GET", f"{_P}/jobs/([0-9]+)/artifacts", _archive),
    ("GET", f"{_P}/repository/commits", _commits),
    ("GET", f"{_P}/repository/files/([^/]+)", _file),
    ("GET", f"{_P}/repository/tree", _tree),
    ("GET", f"{_P}/repository/merge_base", _merge_base),
    ("GET", "/user", _own_user),
    ("GET", "/users/([0-9]+)", _user),
)


@contextmanager
def pretend_gitlab() -> Iterator[PretendGitLab]:
    """A GitLab, gone at the end."""
    gitlab = PretendGitLab()
    with served(gitlab):
        yield gitlab
