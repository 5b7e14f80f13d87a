"""A GitHub with what the emulator lacks: people with permissions, labels' events, the log of pushes.

Everything it answers is held against GitHub's own description.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.github.contract import CONTRACT
from support.hosts.contract import Contract
from support.hosts.faults import Reply, Request, told
from support.hosts.server import StandIn, served

REPOSITORY = "octo/hello"
FORK = "mallory/hello"
HEAD = "5f1f2b4c7a4f4d3f9f0f8f6c1a2b3c4d5e6f7a8b"


@dataclass
class Hub(StandIn):
    """One pull request, number 7, of `mallory`'s fork. Times are minutes of one hour, as GitHub saw them."""

    contract: Contract = CONTRACT
    permissions: dict[str, str] = field(default_factory=lambda: {"octo": "admin", "writer": "write"})
    head: str = HEAD
    labels: list[str] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    pushes: list[dict[str, Any]] = field(default_factory=list)
    log_of_pushes: bool = True
    asked: list[str] = field(default_factory=list)

    def push(self, minute: int, commit: str = HEAD) -> None:
        self.head = commit
        self.pushes.append(
            {
                "id": len(self.pushes) + 1,
                "node_id": "x",
                "before": "0" * 40,
                "after": commit,
                "ref": "refs/heads/feature",
                "timestamp": _at(minute),
                "activity_type": "push",
                "actor": _person("mallory"),
            }
        )

    def label(self, name: str, by: str, minute: int, *, kind: str = "User", app: bool = False) -> None:
        self.labels.append(name)
        self._event("labeled", name, _person(by, kind), minute, app=app)

    def unlabel(self, name: str, by: str, minute: int) -> None:
        self.labels.remove(name)
        self._event("unlabeled", name, _person(by), minute)

    def comment(
        self, body: str, by: str, minute: int = 5, *, edited: int | None = None, kind: str = "User"
    ) -> None:
        number = len(self.comments) + 1
        self.comments.append(
            {
                "id": number,
                "node_id": "x",
                "url": f"https://api.github.com/repos/{REPOSITORY}/issues/comments/{number}",
                "html_url": f"https://github.com/{REPOSITORY}/pull/7#issuecomment-{number}",
                "issue_url": f"https://api.github.com/repos/{REPOSITORY}/issues/7",
                "body": body,
                "user": _person(by, kind),
                "created_at": _at(minute),
                "updated_at": _at(minute if edited is None else edited),
                "author_association": "NONE",
            }
        )

    def _event(self, kind: str, label: str, actor: dict[str, Any], minute: int, *, app: bool = False) -> None:
        self.events.append(
            {
                "id": len(self.events) + 1,
                "node_id": "x",
                "url": "https://api.github.com/x",
                "event": kind,
                "actor": actor,
                "commit_id": None,
                "commit_url": None,
                "created_at": _at(minute),
                "label": {"name": label, "color": "ededed"},
                **({"performed_via_github_app": None} if not app else {}),
            }
        )

    def answer(self, request: Request) -> Reply:
        parts = urlsplit(request.target)
        path, query = parts.path, parse_qs(parts.query)
        if path == f"/repos/{REPOSITORY}/issues/7/comments":
            return told(self.comments)
        if path == f"/repos/{REPOSITORY}/issues/7/events":
            return told(self.events)
        if path == f"/repos/{REPOSITORY}/pulls/7":
            whole = {
                "labels": [{"name": name} for name in self.labels],
                "head": {"sha": self.head, "ref": "feature", "repo": {"full_name": FORK}},
            }
            # A whole pull request has more fields than any test could care about.
            return replace(told(whole), lawful=False)
        if path == f"/repos/{FORK}/activity" and query["ref"] == ["refs/heads/feature"]:
            return told(self.pushes[::-1][:1]) if self.log_of_pushes else _NOT_FOUND
        match = re.fullmatch(rf"/repos/{REPOSITORY}/collaborators/(\w+)/permission", path)
        if match:
            self.asked.append(match[1])
            permission = self.permissions.get(match[1], "none")
            user = _collaborator(match[1])
            return told({"permission": permission, "role_name": permission, "user": user})
        return _NOT_FOUND


_NOT_FOUND = told({"message": "Not Found"}, 404)


@contextmanager
def hub() -> Iterator[Hub]:
    """Serves one until the end of the block, and holds what went over the wire against the description."""
    shared = Hub()
    with served(shared):
        yield shared


def _at(minute: int) -> str:
    return f"2026-11-24T10:{minute:02}:00Z"


def _person(login: str, kind: str = "User") -> dict[str, Any]:
    page = f"https://api.github.com/users/{login}"
    addresses = (
        "url", "html_url", "followers_url", "following_url", "gists_url", "starred_url", "avatar_url",
        "subscriptions_url", "organizations_url", "repos_url", "events_url", "received_events_url",
    )  # fmt: skip
    return {
        "login": login,
        "id": 1,
        "node_id": "x",
        "gravatar_id": "",
        "type": kind,
        "site_admin": False,
        **dict.fromkeys(addresses, page),
    }


def _collaborator(login: str) -> dict[str, Any]:
    return {**_person(login), "role_name": "write"}
