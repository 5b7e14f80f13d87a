"""A GitLab that keeps notes, labels, versions and people in memory, and answers as GitLab describes it.

Every request and answer is held against GitLab's own description; faults come between.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.hosts.contract import Contract
from support.hosts.faults import Reply, Request, told
from support.hosts.server import Asked, Routes, StandIn, page, route, served

PROJECT = "acme/tools/shop"
BOT = "project_7_bot_1f2e3d"
BOT_TOKEN, HUMAN_TOKEN, ATTACKER_TOKEN = "glpat-bot", "glpat-human", "glpat-attacker"
GUEST, DEVELOPER, MAINTAINER = 10, 30, 40
HEAD = "a" * 40
_CONTRACT = Contract(Path(__file__).parent / "gitlab.com.json", "https://gitlab.com")


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
class PretendGitLab(StandIn):
    """One project on one server."""

    contract: Contract = _CONTRACT
    users: list[User] = field(default_factory=list)
    requests: dict[int, MergeRequest] = field(default_factory=dict)
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    archives: dict[int, bytes] = field(default_factory=dict)
    merge_bases: dict[tuple[str, str], str] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As on the first day, ready for the next test."""
        self.forget()
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

    # What people do

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

    def answer(self, request: Request) -> Reply:
        token = request.headers.get("private-token")
        asking = next((user for user in self.users if user.token == token), None)
        if asking is None:
            return says(401, "401 Unauthorized")
        found = route(_ROUTES, "/api/v4", request, asking)
        if found is None:
            return says(404, "404 Not Found")
        answer, asked = found
        if "/projects/" in request.target and asked.ids.pop(0) != PROJECT:
            return says(404, "404 Project Not Found")
        return answer(self, asked)


def says(status: int, message: object, headers: dict[str, str] | None = None) -> Reply:
    """A refusal in GitLab's shape."""
    return told({"message": message}, status, headers)


def _page(g: PretendGitLab, found: list[Any], asked: Asked) -> Reply:
    return page(g, found, asked, size=int(asked.query.get("per_page", "20")))


def _request_of(g: PretendGitLab, iid: int) -> dict[str, Any] | None:
    request = g.requests.get(iid)
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


def _list_notes(g: PretendGitLab, asked: Asked) -> Reply:
    found = g.requests.get(asked.number)
    if found is None:
        return says(404, "404 Noteable Not Found")
    notes = sorted(found.notes, key=lambda note: note["id"], reverse=asked.query.get("sort") != "asc")
    if asked.query.get("activity_filter") == "only_comments":
        notes = [note for note in notes if not note["system"]]
    return _page(g, notes, asked)


def _create_note(g: PretendGitLab, asked: Asked) -> Reply:
    if asked.number not in g.requests:
        return says(404, "404 Noteable Not Found")
    if len(asked.body.get("body", "")) > 1_000_000:
        return says(400, {"note": ["is too long (maximum is 1000000 characters)"]})
    return told(g.say(asked.number, asked.body["body"].rstrip(), asked.by.username), 201)


def _note(g: PretendGitLab, asked: Asked) -> dict[str, Any] | Reply:
    """A note that who asks may change."""
    request = g.requests.get(asked.number)
    notes = request.notes if request else []
    note = next((note for note in notes if note["id"] == int(asked.ids[1])), None)
    if note is None:
        return says(404, "404 Note Not Found")
    if note["author"]["username"] != asked.by.username and (asked.by.role or 0) < MAINTAINER:
        return says(403, "403 Forbidden")
    return note


def _edit_note(g: PretendGitLab, asked: Asked) -> Reply:
    note = _note(g, asked)
    if isinstance(note, Reply):
        return note
    note |= {"body": asked.body["body"].rstrip(), "updated_at": g.now()}
    return told(note)


def _delete_note(g: PretendGitLab, asked: Asked) -> Reply:
    note = _note(g, asked)
    if isinstance(note, Reply):
        return note
    g.requests[asked.number].notes.remove(note)
    return Reply(204, b"")


def _get_request(g: PretendGitLab, asked: Asked) -> Reply:
    found = _request_of(g, asked.number)
    return told(found) if found else says(404, "404 Not found")


def _edit_request(g: PretendGitLab, asked: Asked) -> Reply:
    request = g.requests[asked.number]
    request.title, request.description = asked.body["title"], asked.body["description"]
    return told(_request_of(g, asked.number))


def _list_requests(g: PretendGitLab, asked: Asked) -> Reply:
    wanted = asked.query.get("source_branch"), asked.query.get("target_branch")
    found = [_request_of(g, one.iid) for one in g.requests.values() if (one.source, one.target) == wanted]
    return _page(g, found, asked)


def _open_request(g: PretendGitLab, asked: Asked) -> Reply:
    body = asked.body
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
    return told(_request_of(g, iid), 201)


def _label_events(g: PretendGitLab, asked: Asked) -> Reply:
    return _page(g, g.requests[asked.number].label_events, asked)


def _versions(g: PretendGitLab, asked: Asked) -> Reply:
    return _page(g, g.requests[asked.number].versions, asked)


def _own_user(_: PretendGitLab, asked: Asked) -> Reply:
    return told(asked.by.basic | {"bot": asked.by.bot})


def _user(g: PretendGitLab, asked: Asked) -> Reply:
    found = next((user for user in g.users if user.id == asked.number), None)
    return told(found.basic | {"bot": found.bot}) if found else says(404, "404 User Not Found")


def _member(g: PretendGitLab, asked: Asked) -> Reply:
    found = next((user for user in g.users if user.id == asked.number), None)
    if found is None or found.role is None:
        return says(404, "404 Not found")
    return told(found.basic | {"access_level": found.role, "state": found.state})


def _file(g: PretendGitLab, asked: Asked) -> Reply:
    content = g.files.get((asked.query["ref"], asked.ids[0]))
    if content is None:
        return says(404, "404 File Not Found")
    packed = b64encode(content).decode()
    return told({"file_path": asked.ids[0], "size": len(content), "encoding": "base64", "content": packed})


def _tree(g: PretendGitLab, asked: Asked) -> Reply:
    commit, folder = asked.query["ref"], asked.query["path"]
    found = [
        {"id": "0" * 40, "name": path.rpartition("/")[2], "type": "blob", "path": path, "mode": "100644"}
        for at, path in g.files
        if at == commit and path.rpartition("/")[0] == folder
    ]
    return _page(g, found, asked) if found else says(404, "404 invalid revision or path Not Found")


def _merge_base(g: PretendGitLab, asked: Asked) -> Reply:
    one, other = parse_qs(urlsplit(asked.request.target).query)["refs[]"]
    found = g.merge_bases.get((one, other))
    if found is None:
        return says(400, f"400 Bad request - Could not find ref: {one}")
    return told({"id": found, "short_id": found[:8]})


def _commits(g: PretendGitLab, asked: Asked) -> Reply:
    return _page(g, [{"id": commit} for commit in g.commits], asked)


def _jobs(g: PretendGitLab, asked: Asked) -> Reply:
    return _page(g, [job for job in g.jobs if job["status"] == asked.query["scope[]"]], asked)


def _archive(g: PretendGitLab, asked: Asked) -> Reply:
    content = g.archives.get(asked.number)
    if content is None:
        return says(404, "404 Not found")
    return Reply(200, content, {"Content-Type": "application/octet-stream"})


_P = "/projects/([^/]+)"
_MR = f"{_P}/merge_requests/([0-9]+)"
_ROUTES: Routes = (
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
