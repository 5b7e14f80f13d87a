"""The comments of a pull request on GitHub, and on Gitea, which has them by the same addresses.

For both it is an issue too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import TypeAdapter

from bloatcheck.errors import PublishError
from bloatcheck.publish.http import GONE, Client
from bloatcheck.publish.sticky import Note

MAX_COMMENT_CHARACTERS = 65_536
"""GitHub's limit, marker included. Gitea takes what its database does, which may be no more in bytes."""

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
_NOT_TOLD = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


@dataclass(frozen=True, slots=True)
class _User:
    login: str


@dataclass(frozen=True, slots=True)
class _Comment:
    """A deleted user is null."""

    id: int
    html_url: str
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


_PULL_REQUEST = TypeAdapter(_PullRequest)
_COMMENT = TypeAdapter(_Comment)
_COMMENTS = TypeAdapter(tuple[_Comment, ...])
_USER = TypeAdapter(_User)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueComments:
    """The comments of one pull request: `bloatcheck.publish.sticky.Notes`.

    `bot` is the user behind a job's own token, `page` what a list is asked with to be long.

    Raises:
        PublishError: there can be no such pull request.
    """

    client: Client
    repository: str
    pull_request: int
    bot: str
    run: re.Pattern[str]
    page: Mapping[str, str]
    longest: int = MAX_COMMENT_CHARACTERS

    def __post_init__(self) -> None:
        """They become parts of addresses."""
        if not _REPOSITORY.fullmatch(self.repository) or self.pull_request < 1:
            raise PublishError(f"{self.repository[:200]!r} #{self.pull_request} is no pull request")

    @property
    def host(self) -> str:
        """GitHub, Gitea or Forgejo."""
        return self.client.host

    def all(self) -> Iterator[Note]:
        """Every comment."""
        doing = f"read the comments of pull request {self.pull_request} of {self.repository}"
        for comment in self.client.each(_COMMENTS, self._path, doing=doing, query=self.page):
            yield comment.note

    def own_name(self) -> str:
        """The token's user. A job's own token may not be allowed to ask."""
        user = self.client.find(_USER, "/user", doing="ask whose token it is", missing=_NOT_TOLD)
        return user.login if user else self.bot

    def create(self, text: str) -> Note:
        """A new comment."""
        answer = self.client.request("POST", self._path, doing=self._doing, body={"body": text})
        return self.client.parsed(_COMMENT, answer, self._doing).note

    def edit(self, note: Note, text: str) -> bool:
        """Another text; whether the comment was still there."""
        body = {"body": text}
        answer = self.client.request("PATCH", self._one(note), doing=self._doing, body=body, accept=GONE)
        return answer.status not in GONE

    def remove(self, note: Note) -> None:
        """Away with it."""
        self.client.request("DELETE", self._one(note), doing="remove a duplicate comment", accept=GONE)

    def newest_commit(self) -> str:
        """The head of the pull request."""
        path = f"/repos/{self.repository}/pulls/{self.pull_request}"
        pull = self.client.get(_PULL_REQUEST, path, doing=self._doing, needs="pull-requests: read")
        return pull.head.sha

    @property
    def _doing(self) -> str:
        return f"comment on pull request {self.pull_request} of {self.repository}"

    @property
    def _path(self) -> str:
        return f"/repos/{self.repository}/issues/{self.pull_request}/comments"

    def _one(self, note: Note) -> str:
        return f"/repos/{self.repository}/issues/comments/{note.number}"
