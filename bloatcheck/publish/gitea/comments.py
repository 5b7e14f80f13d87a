"""The comments of a pull request, which for Gitea is an issue too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import TypeAdapter

from bloatcheck.publish.gitea.client import Gitea
from bloatcheck.publish.sticky import Note

MAX_COMMENT_CHARACTERS = 65_536
"""Ours: Gitea takes as much as its database does, which may be no more than this in bytes."""

_RUN = re.compile(r"/actions/runs/([0-9]{1,18})")
_GONE = frozenset({HTTPStatus.NOT_FOUND})
_CLOSED = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


@dataclass(frozen=True, slots=True)
class _User:
    login: str


@dataclass(frozen=True, slots=True)
class _Comment:
    id: int
    html_url: str = ""
    body: str | None = None
    user: _User | None = None

    @property
    def note(self) -> Note:
        return Note(self.id, self.body or "", self.user.login if self.user else None, self.html_url)


@dataclass(frozen=True, slots=True)
class _Head:
    sha: str


@dataclass(frozen=True, slots=True)
class _PullRequest:
    head: _Head


_COMMENT = TypeAdapter(_Comment)
_COMMENTS = TypeAdapter(tuple[_Comment, ...])
_USER = TypeAdapter(_User)
_PULL_REQUEST = TypeAdapter(_PullRequest)


@dataclass(frozen=True, slots=True)
class GiteaComments:
    """The comments of one pull request. `bot` is the user behind a job's own token."""

    client: Gitea
    repository: str
    pull_request: int
    bot: str
    host: str
    longest: int = MAX_COMMENT_CHARACTERS
    run: re.Pattern[str] = _RUN

    @property
    def _doing(self) -> str:
        return f"comment on pull request {self.pull_request} of {self.repository[:200]}"

    @property
    def _path(self) -> str:
        return f"/repos/{self.repository}/issues/{self.pull_request}/comments"

    def all(self) -> Iterator[Note]:
        """Every comment; Gitea gives them all at once."""
        doing = f"read the comments of pull request {self.pull_request} of {self.repository[:200]}"
        for answer in self.client.pages(self._path, doing=doing, query={}, needs="issues: read"):
            for comment in self.client.parsed(_COMMENTS, answer.body, doing):
                yield comment.note

    def own_name(self) -> str:
        """The token's user. A job's own token may not be allowed to ask."""
        doing = "ask whose token it is"
        answer = self.client.request("GET", "/user", doing=doing, accept=_CLOSED)
        if answer.status in _CLOSED:
            return self.bot
        return self.client.parsed(_USER, answer.body, doing).login

    def create(self, text: str) -> Note:
        """A new comment."""
        answer = self.client.request("POST", self._path, doing=self._doing, body={"body": text})
        return self.client.parsed(_COMMENT, answer.body, self._doing).note

    def edit(self, note: Note, text: str) -> bool:
        """Another text; whether the comment was still there."""
        answer = self.client.request(
            "PATCH", self._one(note), doing=self._doing, body={"body": text}, accept=_GONE
        )
        return answer.status not in _GONE

    def remove(self, note: Note) -> None:
        """Away with it."""
        self.client.request("DELETE", self._one(note), doing="remove a duplicate comment", accept=_GONE)

    def newest_commit(self) -> str:
        """The head of the pull request."""
        path = f"/repos/{self.repository}/pulls/{self.pull_request}"
        answer = self.client.request("GET", path, doing=self._doing, needs="pull-requests: read")
        return self.client.parsed(_PULL_REQUEST, answer.body, self._doing).head.sha

    def _one(self, note: Note) -> str:
        return f"/repos/{self.repository}/issues/comments/{note.number}"
