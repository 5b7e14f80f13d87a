"""Stands in for Azure DevOps: threads, pull requests, files and people in memory, answered as it describes.

Every request and answer is held against Microsoft's own description; faults come between. What is not
described (who may do what, the words of refusals, that a deleted comment keeps its place) is as its
documentation and its own error texts have it.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.azure.contract import CONTRACT
from support.hosts.contract import Contract
from support.hosts.faults import Reply, Request, told
from support.hosts.server import Asked, Routes, StandIn, route, served

PROJECT, REPOSITORY = "Shop Project", "shop"
NAME = "Shop%20Project/_git/shop"
JOB_TOKEN, PERSON_TOKEN, READER_TOKEN = "header.payload.signature", "pat-of-a-person", "pat-of-a-reader"
BUILD_SERVICE, PERSON, READER = (f"{number:08d}-0000-0000-0000-000000000000" for number in (1, 2, 3))
HEAD = "a" * 40
_USERS = {JOB_TOKEN: BUILD_SERVICE, PERSON_TOKEN: PERSON, READER_TOKEN: READER}


@dataclass
class PretendAzure(StandIn):
    """One repository of one organization."""

    contract: Contract = CONTRACT
    threads: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    requests: dict[int, dict[str, Any]] = field(default_factory=dict)
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    merge_bases: dict[tuple[str, str], str] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As on the first day, ready for the next test."""
        self.forget()
        self.requests = {7: _pull_request(7, "feature", "main", HEAD)}
        self.threads = {7: []}
        self.files.clear()
        self.merge_bases.clear()
        self.commits = []

    @property
    def api(self) -> str:
        return f"{self.url}/acme"

    def push(self, number: int, commit: str) -> None:
        self.requests[number]["lastMergeSourceCommit"] = {"commitId": commit}

    def say(
        self, number: int, text: str, by: str = PERSON, *, kind: str = "text", status: str = "active"
    ) -> int:
        """Begins a thread."""
        comment = {
            "id": 1,
            "parentCommentId": 0,
            "author": {"id": by, "displayName": "Jamal"},
            "content": text,
            "commentType": kind,
            "publishedDate": "2026-11-24T12:00:00Z",
        }
        number_of_it = self.number()
        thread = {"id": number_of_it, "comments": [comment], "status": status, "isDeleted": False}
        self.threads[number].append(thread)
        return number_of_it

    def standing(self, number: int = 7) -> list[dict[str, Any]]:
        """The threads that are to be seen."""
        return [thread for thread in self.threads[number] if not thread["isDeleted"]]

    def bodies(self, number: int = 7) -> list[str]:
        return [thread["comments"][0]["content"] for thread in self.standing(number)]

    def states(self, number: int = 7) -> list[str]:
        return [thread["status"] for thread in self.standing(number)]

    def answer(self, request: Request) -> Reply:
        asking = _USERS.get(_token(request.headers.get("authorization", "")))
        if asking is None:
            return Reply(401, b"", {})
        found = route(_ROUTES, "/acme", request, asking)
        if found is None:
            return says(404, "The controller for path was not found.")
        answer, asked = found
        if not asked.query.get("api-version", "").startswith("7.1"):
            return says(400, "The requested version of the resource is not known.")
        if asked.ids and (asked.ids.pop(0), asked.ids.pop(0)) != (PROJECT, REPOSITORY):
            return says(404, "TF401019: The Git repository does not exist, or you do not have permissions.")
        if request.method != "GET" and asking == READER:
            return _forbidden()
        return answer(self, asked)


def says(status: int, message: str, headers: dict[str, str] | None = None) -> Reply:
    """A refusal in Azure's shape."""
    body = {"$id": "1", "innerException": None, "message": message, "typeKey": "GitException", "errorCode": 0}
    return told(body, status, headers)


def _token(authorization: str) -> str:
    kind, _, rest = authorization.partition(" ")
    return b64decode(rest).decode().removeprefix(":") if kind == "Basic" else rest


def _forbidden() -> Reply:
    return says(403, "TF401027: You need the Git 'PullRequestContribute' permission to perform this action.")


def _list(found: list[Any]) -> Reply:
    return told({"count": len(found), "value": found})


def _pull_request(number: int, source: str, target: str, commit: str) -> dict[str, Any]:
    return {
        "pullRequestId": number,
        "sourceRefName": f"refs/heads/{source}",
        "targetRefName": f"refs/heads/{target}",
        "status": "active",
        "title": "Feature",
        "description": "",
        "lastMergeSourceCommit": {"commitId": commit},
    }


_NO_REQUEST = "TF401180: The requested pull request was not found."


def _threads(a: PretendAzure, asked: Asked) -> Reply:
    found = a.threads.get(asked.number)
    return says(404, _NO_REQUEST) if found is None else _list(found)


def _begin(a: PretendAzure, asked: Asked) -> Reply:
    if asked.number not in a.threads:
        return says(404, _NO_REQUEST)
    text = asked.body["comments"][0]["content"]
    if len(text) > 150_000:
        return says(400, "The comment content exceeds the maximum length of 150000.")
    a.say(asked.number, text, asked.by, status=asked.body["status"])
    return told(a.threads[asked.number][-1])


def _thread(a: PretendAzure, asked: Asked) -> dict[str, Any] | None:
    standing = a.standing(asked.number) if asked.number in a.threads else []
    return next((thread for thread in standing if thread["id"] == int(asked.ids[1])), None)


def _edit_thread(a: PretendAzure, asked: Asked) -> Reply:
    thread = _thread(a, asked)
    if thread is None:
        return says(404, "The thread was not found.")
    thread["status"] = asked.body["status"]
    return told(thread)


def _edit_comment(a: PretendAzure, asked: Asked) -> Reply:
    thread = _thread(a, asked)
    if thread is None:
        return says(404, "The thread was not found.")
    comment = thread["comments"][0]
    if comment["author"]["id"] != asked.by:
        return _forbidden()
    comment["content"] = asked.body["content"]
    return told(comment)


def _delete_comment(a: PretendAzure, asked: Asked) -> Reply:
    thread = _thread(a, asked)
    if thread is None:
        return says(404, "The thread was not found.")
    comment = thread["comments"][0]
    if comment["author"]["id"] != asked.by:
        return _forbidden()
    comment["isDeleted"] = thread["isDeleted"] = True
    comment.pop("content")
    return Reply(200, b"", {})


def _request(a: PretendAzure, asked: Asked) -> Reply:
    found = a.requests.get(asked.number)
    return told(found) if found else says(404, _NO_REQUEST)


def _requests(a: PretendAzure, asked: Asked) -> Reply:
    names = ("sourceRefName", "targetRefName")
    wanted = [asked.query[f"searchCriteria.{name}"] for name in names]
    return _list([one for one in a.requests.values() if [one[name] for name in names] == wanted])


def _open(a: PretendAzure, asked: Asked) -> Reply:
    body = asked.body
    own = [one for one in a.requests.values() if "forkSource" not in one]
    if any(one["sourceRefName"] == body["sourceRefName"] for one in own):
        return says(409, "TF401179: An active pull request for the source and target branch already exists.")
    if len(body["description"]) > 4_000:
        return says(
            400, "Invalid argument value. Parameter name: A description for a pull request is too long."
        )
    number = a.number()
    a.requests[number] = _pull_request(number, "", "", HEAD) | body
    a.threads[number] = []
    return told(a.requests[number])


def _edit_request(a: PretendAzure, asked: Asked) -> Reply:
    a.requests[asked.number] |= asked.body
    return told(a.requests[asked.number])


def _items(a: PretendAzure, asked: Asked) -> Reply:
    query, commit = asked.query, asked.query["versionDescriptor.version"]
    if "path" in query:
        content = a.files.get((commit, query["path"].lstrip("/")))
        if content is None:
            return says(404, f"TF401174: The item '{query['path']}' could not be found in the repository.")
        return Reply(200, content, {"Content-Type": "application/octet-stream"})
    folder = query["scopePath"].lstrip("/")
    found = [
        {"path": f"/{path}", "gitObjectType": "blob", "commitId": commit, "objectId": "0" * 40}
        for at, path in a.files
        if at == commit and path.rpartition("/")[0] == folder
    ]
    if not found:
        return says(404, f"TF401174: The item '{folder}' could not be found in the repository.")
    return _list([{"path": f"/{folder}", "gitObjectType": "tree", "isFolder": True}, *found])


def _merge_base(a: PretendAzure, asked: Asked) -> Reply:
    found = a.merge_bases.get((asked.ids[0], asked.query["otherCommitId"]))
    if found is None:
        return says(404, "TF401175: The version could not be resolved.")
    return _list([{"commitId": found}])


def _commits(a: PretendAzure, _: Asked) -> Reply:
    return _list([{"commitId": commit} for commit in a.commits])


def _connection(_: PretendAzure, asked: Asked) -> Reply:
    return told({"authenticatedUser": {"id": asked.by, "isActive": True}, "instanceId": "1"})


_R = "/([^/]+)/_apis/git/repositories/([^/]+)"
_T = f"{_R}/pullRequests/([0-9]+)/threads"
_ROUTES: Routes = (
    ("GET", _T, _threads),
    ("POST", _T, _begin),
    ("PATCH", f"{_T}/([0-9]+)", _edit_thread),
    ("PATCH", f"{_T}/([0-9]+)/comments/1", _edit_comment),
    ("DELETE", f"{_T}/([0-9]+)/comments/1", _delete_comment),
    ("GET", f"{_R}/pullrequests/([0-9]+)", _request),
    ("PATCH", f"{_R}/pullrequests/([0-9]+)", _edit_request),
    ("GET", f"{_R}/pullrequests", _requests),
    ("POST", f"{_R}/pullrequests", _open),
    ("GET", f"{_R}/items", _items),
    ("GET", f"{_R}/commits/([0-9a-f]+)/mergebases", _merge_base),
    ("GET", f"{_R}/commits", _commits),
    ("GET", "/_apis/connectionData", _connection),
)


@contextmanager
def pretend_azure() -> Iterator[PretendAzure]:
    """An Azure DevOps, gone at the end."""
    azure = PretendAzure()
    with served(azure):
        yield azure
