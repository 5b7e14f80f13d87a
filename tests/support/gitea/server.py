"""A Gitea, or a Forgejo, that keeps comments, labels, pushes and people in memory.

It answers as the API is described; every request and answer is held against the host's own description, and
faults come between. Comments come all at once, as the real ones' do; other lists have pages of at most 50.
"""

from __future__ import annotations

import json
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

OWNER, REPOSITORY = "acme", "acme/shop"
JOB_TOKEN, ADMIN_TOKEN, HUMAN_TOKEN = "job-token", "admin-token", "human-token"
HEAD = "a" * 40
_LARGEST_PAGE = 50
_HERE, _SERVER = Path(__file__).parent, "https://git.example.com"
_CONTRACTS = {
    flavour: Contract(_HERE / f"{flavour}.json", _SERVER, undescribed="/signed")
    for flavour in ("gitea", "forgejo")
}


@dataclass
class User:
    """`permission` is what the user may do in the repository. The host's own users have negative numbers."""

    id: int
    login: str
    token: str | None = None
    permission: str = "read"

    @property
    def told(self) -> dict[str, Any]:
        return {"id": self.id, "login": self.login, "full_name": "", "email": f"{self.login}@example.com"}


@dataclass
class Pull:
    number: int
    sha: str = HEAD
    head: str = "feature"
    base: str = "main"
    from_: str = REPOSITORY
    title: str = "Feature"
    body: str = ""
    state: str = "open"
    labels: list[str] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    timeline: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class PretendGitea(StandIn):
    """One repository on one server; `flavour` is `gitea` or `forgejo`."""

    flavour: str = field(kw_only=True)
    users: list[User] = field(default_factory=list)
    pulls: dict[int, Pull] = field(default_factory=dict)
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    commits: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    comparisons: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    stored: list[dict[str, Any]] = field(default_factory=list)
    archives: dict[int, bytes] = field(default_factory=dict)
    job_may_ask_who_it_is: bool = True

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As on the first day, ready for the next test."""
        self.forget()
        self.users = [
            User(-2, self.bot, JOB_TOKEN, "write"),
            User(1, "admin", ADMIN_TOKEN, "admin"),
            User(2, "human", HUMAN_TOKEN, "write"),
            User(3, "guest", "guest-token"),
        ]
        self.pulls = {7: Pull(7)}
        for kept in (self.files, self.commits, self.comparisons, self.runs, self.archives):
            kept.clear()
        self.statuses, self.stored = [], []
        self.job_may_ask_who_it_is = True
        self.push(7, HEAD)

    @property
    def bot(self) -> str:
        return f"{self.flavour}-actions"

    @property
    def api(self) -> str:
        return f"{self.url}/api/v1"

    # What people do

    def user(self, login: str) -> User:
        return next(user for user in self.users if user.login == login)

    def push(self, number: int, commit: str, by: str = "human", *, told: bool = True) -> None:
        self.pulls[number].sha = commit
        if told:
            body = json.dumps({"is_force_push": False, "commit_ids": ["0" * 40, commit]})
            self._happens(number, "pull_push", by, body=body)

    def set_label(self, number: int, name: str, by: str = "human", *, on: bool = True) -> None:
        pull = self.pulls[number]
        pull.labels = [*{*pull.labels, name}] if on else []
        label = {"id": 1, "name": name, "color": "00aabb"}
        self._happens(number, "label", by, body="1" if on else "", label=label)

    def _happens(self, number: int, kind: str, by: str, **more: Any) -> None:
        moment = self.now()
        entry = {"id": self.number(), "type": kind, "user": self.user(by).told, "created_at": moment}
        self.pulls[number].timeline.append({**entry, "updated_at": moment, **more})

    def say(self, number: int, text: str, by: str = "human", **more: Any) -> dict[str, Any]:
        moment, identifier = self.now(), self.number()
        comment: dict[str, Any] = {
            "id": identifier,
            "html_url": f"https://git.example.com/{REPOSITORY}/pulls/{number}#issuecomment-{identifier}",
            "body": text,
            "user": self.user(by).told,
            "created_at": moment,
            "updated_at": moment,
            "assets": [],
        }
        self.pulls[number].comments.append(comment | more)
        return self.pulls[number].comments[-1]

    def bodies(self, number: int = 7) -> list[str]:
        return [comment["body"] for comment in self.pulls[number].comments]

    def keep(
        self, name: str, content: bytes, *, commit: str, event: str = "push", branch: str = "main"
    ) -> int:
        """An artifact, and the run that left it; each host tells of them in its own words."""
        run, artifact = self.number(), self.number()
        fork = event.startswith("pull_request")
        if self.flavour == "gitea":
            self.runs[run] = {"id": run, "event": event, "head_sha": commit, "head_branch": branch}
            of_run: dict[str, Any] = {"workflow_run": {"id": run, "head_sha": commit}}
        else:
            self.runs[run] = {"id": run, "event": event, "commit_sha": commit, "prettyref": branch}
            self.runs[run] |= {"is_fork_pull_request": fork}
            of_run = {"run_id": run}
        self.stored.append(
            {"id": artifact, "name": name, "size_in_bytes": len(content), "expired": False, **of_run}
        )
        self.archives[artifact] = content
        return artifact

    # What the server does

    def answer(self, request: Request) -> Reply:
        parts = urlsplit(request.target)
        if parts.path == "/signed":
            number = int(parse_qs(parts.query)["id"][0])
            return Reply(200, self.archives[number], {"Content-Type": "application/zip"})
        token = request.headers.get("authorization", "").removeprefix("token ")
        asking = next((user for user in self.users if user.token == token), None)
        if asking is None:
            return says(401, "invalid username, password or token")
        found = route(_ROUTES, "/api/v1", request, asking)
        if found is None:
            return says(404, "Not found.")
        answer, asked = found
        if "/repos/" in parts.path and asked.ids.pop(0) != REPOSITORY:
            return says(404, "The target couldn't be found.")
        return answer(self, asked)

    def pull(self, number: int) -> dict[str, Any] | None:
        pull = self.pulls.get(number)
        if pull is None:
            return None
        return {
            "id": 1000 + number,
            "number": number,
            "title": pull.title,
            "body": pull.body,
            "state": pull.state,
            "html_url": f"https://git.example.com/{REPOSITORY}/pulls/{number}",
            "labels": [{"id": 1, "name": name} for name in pull.labels],
            "base": {"ref": pull.base, "sha": "b" * 40, "repo": {"full_name": REPOSITORY}},
            "head": {"ref": pull.head, "sha": pull.sha, "repo": {"full_name": pull.from_}},
        }


def says(status: int, message: str, headers: dict[str, str] | None = None) -> Reply:
    """A refusal in Gitea's shape."""
    body = {"message": message, "url": "https://git.example.com/api/swagger"}
    return told(body, status, headers)


def _page(g: PretendGitea, found: list[Any], asked: Asked) -> Reply:
    return page(g, found, asked, size=min(int(asked.query.get("limit", "30")), _LARGEST_PAGE))


def _comments(g: PretendGitea, asked: Asked) -> Reply:
    pull = g.pulls.get(asked.number)
    if pull is None:
        return says(404, "issue does not exist")
    return told(pull.comments, headers={"X-Total-Count": str(len(pull.comments))})


def _comment(g: PretendGitea, asked: Asked) -> Reply:
    if asked.number not in g.pulls:
        return says(404, "issue does not exist")
    return told(g.say(asked.number, asked.body["body"], asked.by.login), 201)


def _found(g: PretendGitea, number: int) -> tuple[Pull, dict[str, Any]] | None:
    every = ((pull, comment) for pull in g.pulls.values() for comment in pull.comments)
    return next((each for each in every if each[1]["id"] == number), None)


def _may_change(asked: Asked, comment: dict[str, Any]) -> bool:
    return bool(comment["user"]["id"] == asked.by.id) or asked.by.permission in {"write", "admin"}


def _edit(g: PretendGitea, asked: Asked) -> Reply:
    found = _found(g, asked.number)
    if found is None:
        return says(404, "comment does not exist")
    if not _may_change(asked, found[1]):
        return says(403, "Forbidden")
    found[1].update(body=asked.body["body"], updated_at=g.now())
    return told(found[1])


def _delete(g: PretendGitea, asked: Asked) -> Reply:
    found = _found(g, asked.number)
    if found is None:
        return says(404, "comment does not exist")
    if not _may_change(asked, found[1]):
        return says(403, "Forbidden")
    found[0].comments.remove(found[1])
    return Reply(204, b"")


def _timeline(g: PretendGitea, asked: Asked) -> Reply:
    return _page(g, g.pulls[asked.number].timeline, asked)


def _pull(g: PretendGitea, asked: Asked) -> Reply:
    found = g.pull(asked.number)
    return told(found) if found else says(404, "The target couldn't be found.")


def _edit_pull(g: PretendGitea, asked: Asked) -> Reply:
    pull = g.pulls[asked.number]
    pull.title, pull.body = asked.body["title"], asked.body["body"]
    return told(g.pull(asked.number), 201)


def _pulls(g: PretendGitea, asked: Asked) -> Reply:
    found = [g.pull(pull.number) for pull in g.pulls.values() if pull.state == asked.query.get("state")]
    return _page(g, found, asked)


def _open_pull(g: PretendGitea, asked: Asked) -> Reply:
    if any(
        (pull.from_, pull.head, pull.state) == (REPOSITORY, asked.body["head"], "open")
        for pull in g.pulls.values()
    ):
        return says(409, "pull request already exists for these targets")
    number = g.number()
    g.pulls[number] = Pull(
        number, head=asked.body["head"], base=asked.body["base"], title=asked.body["title"]
    )
    g.pulls[number].body = asked.body["body"]
    return told(g.pull(number), 201)


def _permission(g: PretendGitea, asked: Asked) -> Reply:
    """Told to administrators of the repository alone, and to everybody about themselves."""
    if asked.by.permission != "admin" and asked.by.login != asked.ids[0]:
        return says(403, "Only admins can query all permissions, repo admins can query all repo permissions")
    found = next((user for user in g.users if user.login == asked.ids[0]), None)
    if found is None:
        return says(404, "user does not exist")
    return told({"permission": found.permission, "role_name": found.permission, "user": found.told})


def _compare(g: PretendGitea, asked: Asked) -> Reply:
    found = g.comparisons.get(asked.ids[0])
    if found is None:
        return says(404, "The target couldn't be found.")
    return told({"total_commits": len(found), "commits": found})


def _contents(g: PretendGitea, asked: Asked) -> Reply:
    commit, path = asked.query["ref"], asked.ids[0]
    content = g.files.get((commit, path))
    if content is not None:
        packed = b64encode(content).decode()
        return told(_entry(path, len(content)) | {"content": packed, "encoding": "base64"})
    inside = [
        _entry(name, len(text)) | {"content": None, "encoding": None}
        for (at, name), text in g.files.items()
        if at == commit and name.rpartition("/")[0] == path
    ]
    return told(inside) if inside else says(404, "object does not exist")


def _entry(path: str, size: int) -> dict[str, Any]:
    return {"type": "file", "name": path.rpartition("/")[2], "path": path, "sha": "c" * 40, "size": size}


def _commits(g: PretendGitea, asked: Asked) -> Reply:
    """`until` is Gitea's alone; Forgejo gives them all."""
    found = g.commits.get(asked.query["sha"], [])
    if g.flavour == "gitea" and "until" in asked.query:
        found = [one for one in found if one["created"] <= asked.query["until"]]
    return _page(g, found, asked)


def _status(g: PretendGitea, asked: Asked) -> Reply:
    g.statuses.append({"sha": asked.ids[0], **asked.body})
    return told({"id": g.number(), "context": asked.body["context"], "status": asked.body["state"]}, 201)


def _artifacts(g: PretendGitea, asked: Asked) -> Reply:
    found = [one for one in g.stored if one["name"] == asked.query.get("name", one["name"])]
    if g.flavour == "gitea":
        return told({"total_count": len(found), "artifacts": found})
    return _page(g, found, asked)


def _archive(g: PretendGitea, asked: Asked) -> Reply:
    """Gitea sends to a signed address of its own; Forgejo gives it at once."""
    if asked.number not in g.archives:
        return says(404, "artifact does not exist")
    if g.flavour == "gitea":
        return Reply(302, b"", {"Location": f"{g.url}/signed?id={asked.number}"})
    return Reply(200, g.archives[asked.number], {"Content-Type": "application/zip"})


def _run(g: PretendGitea, asked: Asked) -> Reply:
    found = g.runs.get(asked.number)
    return told(found) if found else says(404, "run does not exist")


def _own_user(g: PretendGitea, asked: Asked) -> Reply:
    if asked.by.login == g.bot and not g.job_may_ask_who_it_is:
        return says(403, "token does not have at least one of required scope(s)")
    return told(asked.by.told)


_R = "/repos/([^/]+/[^/]+)"
_ROUTES: Routes = (
    ("GET", f"{_R}/issues/([0-9]+)/comments", _comments),
    ("POST", f"{_R}/issues/([0-9]+)/comments", _comment),
    ("PATCH", f"{_R}/issues/comments/([0-9]+)", _edit),
    ("DELETE", f"{_R}/issues/comments/([0-9]+)", _delete),
    ("GET", f"{_R}/issues/([0-9]+)/timeline", _timeline),
    ("GET", f"{_R}/pulls/([0-9]+)", _pull),
    ("PATCH", f"{_R}/pulls/([0-9]+)", _edit_pull),
    ("GET", f"{_R}/pulls", _pulls),
    ("POST", f"{_R}/pulls", _open_pull),
    ("GET", f"{_R}/collaborators/([^/]+)/permission", _permission),
    ("GET", f"{_R}/compare/([^/]+)", _compare),
    ("GET", f"{_R}/contents/(.+)", _contents),
    ("GET", f"{_R}/commits", _commits),
    ("POST", f"{_R}/statuses/([0-9a-f]+)", _status),
    ("GET", f"{_R}/actions/artifacts", _artifacts),
    ("GET", f"{_R}/actions/artifacts/([0-9]+)/zip", _archive),
    ("GET", f"{_R}/actions/runs/([0-9]+)", _run),
    ("GET", "/user", _own_user),
)


@contextmanager
def pretend_gitea(flavour: str = "gitea") -> Iterator[PretendGitea]:
    """A Gitea or a Forgejo, gone at the end."""
    gitea = PretendGitea(_CONTRACTS[flavour], flavour=flavour)
    with served(gitea):
        yield gitea
