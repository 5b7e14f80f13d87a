"""Stands in for Azure DevOps: threads, pull requests, files and people in memory, answered as it describes.

Every request and answer is held against Microsoft's own description; faults come between. What is not
described (who may do what, the words of refusals, that a deleted comment keeps its place) is as its
documentation and its own error texts have it.
"""

from __future__ import annotations

import json
import re
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from support.azure.contract import Contract
from support.github.faults import Fault, Reply, Request
from support.github.proxy import Exchange, Record, served

PROJECT, REPOSITORY = "Shop Project", "shop"
NAME = "Shop%20Project/_git/shop"
JOB_TOKEN, PERSON_TOKEN, READER_TOKEN = "header.payload.signature", "pat-of-a-person", "pat-of-a-reader"
BUILD_SERVICE, PERSON, READER = (f"{number:08d}-0000-0000-0000-000000000000" for number in (1, 2, 3))
HEAD = "a" * 40
_USERS = {JOB_TOKEN: BUILD_SERVICE, PERSON_TOKEN: PERSON, READER_TOKEN: READER}


@dataclass
class PretendAzure:
    """One repository of one organization."""

    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    record: Record = field(default_factory=Record)
    contract: Contract = field(default_factory=Contract)
    threads: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    requests: dict[int, dict[str, Any]] = field(default_factory=dict)
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    merge_bases: dict[tuple[str, str], str] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _numbers: int = 100

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As on the first day, ready for the next test."""
        self.faults.clear()
        self.record = Record()
        self.requests = {7: _pull_request(7, "feature", "main", HEAD)}
        self.threads = {7: []}
        self.files.clear()
        self.merge_bases.clear()
        self.commits = []

    @property
    def api(self) -> str:
        return f"{self.url}/acme"

    @property
    def exchanges(self) -> list[Exchange]:
        return self.record.exchanges

    @property
    def violations(self) -> list[str]:
        return self.record.violations

    def writes(self) -> list[str]:
        """Methods of the requests that change something, in order."""
        return [exchange.request.method for exchange in self.exchanges if exchange.request.method != "GET"]

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

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

    def fault_for(self, request: Request) -> Fault | None:
        return next((fault for fault in self.faults if fault.takes(request)), None)

    def check(self, record: Record, request: Request, reply: Reply | None) -> None:
        """Notes an exchange. Refusals are not described."""
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
        asking = _USERS.get(_token(request.headers.get("authorization", "")))
        if asking is None:
            return Reply(401, b"", {})
        parts = urlsplit(request.target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if not query.get("api-version", "").startswith("7.1"):
            return says(400, "The requested version of the resource is not known.")
        body = json.loads(request.body) if request.body else {}
        for method, pattern, answer in _ROUTES:
            found = re.fullmatch(f"/acme{pattern}", parts.path)
            if not found or method != request.method:
                continue
            ids = [unquote(part) for part in found.groups()]
            if ids and (ids.pop(0), ids.pop(0)) != (PROJECT, REPOSITORY):
                return says(
                    404, "TF401019: The Git repository does not exist, or you do not have permissions."
                )
            if method != "GET" and asking == READER:
                return says(
                    403,
                    "TF401027: You need the Git 'PullRequestContribute' permission to perform this action.",
                )
            return answer(self, asking, ids, query, body)
        return says(404, "The controller for path was not found.")


def says(status: int, message: str, headers: dict[str, str] | None = None) -> Reply:
    """A refusal in Azure's shape."""
    body = {"$id": "1", "innerException": None, "message": message, "typeKey": "GitException", "errorCode": 0}
    return Reply(status, json.dumps(body).encode(), headers or {})


def _token(authorization: str) -> str:
    kind, _, rest = authorization.partition(" ")
    return b64decode(rest).decode().removeprefix(":") if kind == "Basic" else rest


def _json(value: object) -> Reply:
    return Reply(200, json.dumps(value).encode(), {})


def _list(found: list[Any]) -> Reply:
    return _json({"count": len(found), "value": found})


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


Answer = Callable[[PretendAzure, str, list[str], dict[str, str], dict[str, Any]], Reply]
_NO_REQUEST = "TF401180: The requested pull request was not found."


def _threads(a: PretendAzure, _: str, ids: list[str], *__: Any) -> Reply:
    found = a.threads.get(int(ids[0]))
    return says(404, _NO_REQUEST) if found is None else _list(found)


def _begin(a: PretendAzure, by: str, ids: list[str], _: dict[str, str], body: dict[str, Any]) -> Reply:
    if int(ids[0]) not in a.threads:
        return says(404, _NO_REQUEST)
    text = body["comments"][0]["content"]
    if len(text) > 150_000:
        return says(400, "The comment content exceeds the maximum length of 150000.")
    a.say(int(ids[0]), text, by, status=body["status"])
    return _json(a.threads[int(ids[0])][-1])


def _thread(a: PretendAzure, ids: list[str]) -> dict[str, Any] | None:
    standing = a.standing(int(ids[0])) if int(ids[0]) in a.threads else []
    return next((thread for thread in standing if thread["id"] == int(ids[1])), None)


def _edit_thread(a: PretendAzure, _: str, ids: list[str], __: dict[str, str], body: dict[str, Any]) -> Reply:
    thread = _thread(a, ids)
    if thread is None:
        return says(404, "The thread was not found.")
    thread["status"] = body["status"]
    return _json(thread)


def _edit_comment(
    a: PretendAzure, by: str, ids: list[str], __: dict[str, str], body: dict[str, Any]
) -> Reply:
    thread = _thread(a, ids)
    if thread is None:
        return says(404, "The thread was not found.")
    comment = thread["comments"][0]
    if comment["author"]["id"] != by:
        return says(403, "TF401027: You need the Git 'PullRequestContribute' permission.")
    comment["content"] = body["content"]
    return _json(comment)


def _delete_comment(a: PretendAzure, by: str, ids: list[str], *_: Any) -> Reply:
    thread = _thread(a, ids)
    if thread is None:
        return says(404, "The thread was not found.")
    if thread["comments"][0]["author"]["id"] != by:
        return says(403, "TF401027: You need the Git 'PullRequestContribute' permission.")
    thread["comments"][0] |= {"isDeleted": True}
    thread["comments"][0].pop("content")
    thread["isDeleted"] = True
    return Reply(200, b"", {})


def _request(a: PretendAzure, _: str, ids: list[str], *__: Any) -> Reply:
    found = a.requests.get(int(ids[0]))
    return _json(found) if found else says(404, _NO_REQUEST)


def _requests(a: PretendAzure, _: str, __: list[str], query: dict[str, str], ___: Any) -> Reply:
    return _list(
        [
            one
            for one in a.requests.values()
            if one["sourceRefName"] == query["searchCriteria.sourceRefName"]
            and one["targetRefName"] == query["searchCriteria.targetRefName"]
        ]
    )


def _open(a: PretendAzure, _: str, __: list[str], ___: dict[str, str], body: dict[str, Any]) -> Reply:
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
    return _json(a.requests[number])


def _edit_request(a: PretendAzure, _: str, ids: list[str], __: dict[str, str], body: dict[str, Any]) -> Reply:
    a.requests[int(ids[0])] |= body
    return _json(a.requests[int(ids[0])])


def _items(a: PretendAzure, _: str, __: list[str], query: dict[str, str], ___: Any) -> Reply:
    commit = query["versionDescriptor.version"]
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


def _merge_base(a: PretendAzure, _: str, ids: list[str], query: dict[str, str], __: Any) -> Reply:
    found = a.merge_bases.get((ids[0], query["otherCommitId"]))
    return (
        _list([{"commitId": found}]) if found else says(404, "TF401175: The version could not be resolved.")
    )


def _commits(a: PretendAzure, *_: Any) -> Reply:
    return _list([{"commitId": commit} for commit in a.commits])


def _connection(_: PretendAzure, by: str, *__: Any) -> Reply:
    return _json({"authenticatedUser": {"id": by, "isActive": True}, "instanceId": "1"})


_R = "/([^/]+)/_apis/git/repositories/([^/]+)"
_T = f"{_R}/pullRequests/([0-9]+)/threads"
_ROUTES: tuple[tuple[str, str, Answer], ...] = (
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
