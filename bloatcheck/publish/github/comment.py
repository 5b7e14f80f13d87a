"""The comments of a pull request on GitHub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import TypeAdapter

from bloatcheck.errors import PublishError
from bloatcheck.publish.github.answers import parsed
from bloatcheck.publish.github.client import GitHub
from bloatcheck.publish.sticky import CommentResult, Note, upsert

MAX_COMMENT_CHARACTERS = 65_536
"""GitHub's limit for a comment, marker included."""

ACTIONS_BOT = "github-actions[bot]"
"""The user behind a job's own token."""

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
RUN = re.compile(r"/actions/runs/([0-9]{1,18})(?:/(?:attempts|job)/[0-9]{1,20})?")
_GONE = frozenset({HTTPStatus.NOT_FOUND})
_CLOSED_TO_APPS = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


@dataclass(frozen=True, slots=True)
class _User:
    login: str


@dataclass(frozen=True, slots=True)
class _Comment:
    """What we need of GitHub's issue comment. A deleted user is null."""

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


def upsert_comment(
    client: GitHub,
    repository: str,
    pull_request: int,
    body: str,
    *,
    author: str | None,
    create: bool,
    returned: str | None = None,
    head: str | None = None,
    run: re.Pattern[str] = RUN,
) -> CommentResult:
    """Leaves exactly one comment of ours on a pull request: see `bloatcheck.publish.sticky.upsert`.

    Raises:
        PublishError: refused, unreachable, or too long; with a hint.
        ValueError: the first line is no marker.
    """
    if not _REPOSITORY.fullmatch(repository) or pull_request < 1:
        raise PublishError(f"{repository[:200]!r} #{pull_request} is no pull request")
    notes = GitHubNotes(client, repository, pull_request, run=run)
    return upsert(notes, body, author=author, create=create, returned=returned, head=head)


@dataclass(frozen=True, slots=True)
class GitHubNotes:
    """The comments of one pull request, which for GitHub is an issue too."""

    client: GitHub
    repository: str
    pull_request: int
    host: str = "GitHub"
    longest: int = MAX_COMMENT_CHARACTERS
    run: re.Pattern[str] = RUN

    @property
    def _doing(self) -> str:
        return f"comment on pull request {self.pull_request} of {self.repository}"

    def all(self) -> Iterator[Note]:
        """Every comment, page by page."""
        doing = f"read the comments of pull request {self.pull_request} of {self.repository}"
        for answer in self.client.pages(
            f"/repos/{self.repository}/issues/{self.pull_request}/comments",
            doing=doing,
            query={"per_page": "100"},
        ):
            for comment in parsed(_COMMENTS, answer.body, doing):
                yield comment.note

    def own_name(self) -> str:
        """The token's user. A job's own token may not ask, and belongs to the Actions bot."""
        doing = "ask whose token it is"
        answer = self.client.request("GET", "/user", doing=doing, accept=_CLOSED_TO_APPS)
        if answer.status in _CLOSED_TO_APPS:
            return ACTIONS_BOT
        return parsed(_USER, answer.body, doing).login

    def create(self, text: str) -> Note:
        """A new comment."""
        answer = self.client.request(
            "POST",
            f"/repos/{self.repository}/issues/{self.pull_request}/comments",
            doing=self._doing,
            body={"body": text},
        )
        return parsed(_COMMENT, answer.body, self._doing).note

    def edit(self, note: Note, text: str) -> bool:
        """Another text; whether the comment was still there."""
        answer = self.client.request(
            "PATCH", self._path(note), doing=self._doing, body={"body": text}, accept=_GONE
        )
        return answer.status not in _GONE

    def remove(self, note: Note) -> None:
        """Away with it."""
        self.client.request("DELETE", self._path(note), doing="remove a duplicate comment", accept=_GONE)

    def newest_commit(self) -> str:
        """The head of the pull request."""
        path = f"/repos/{self.repository}/pulls/{self.pull_request}"
        answer = self.client.request("GET", path, doing=self._doing, needs="pull-requests: read")
        return parsed(_PULL_REQUEST, answer.body, self._doing).head.sha

    def _path(self, note: Note) -> str:
        return f"/repos/{self.repository}/issues/comments/{note.number}"
