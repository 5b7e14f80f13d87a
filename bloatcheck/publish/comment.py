"""The one comment of a pull request that is kept up to date.

A comment is ours when its first line is our marker **and** our user wrote it: anyone can write the marker,
and a comment that another person can edit afterwards must not carry our report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from http import HTTPStatus

from pydantic import TypeAdapter

from bloatcheck.errors import PublishError
from bloatcheck.publish.answers import parsed
from bloatcheck.publish.github import GitHub

MAX_COMMENT_CHARACTERS = 65_536
"""GitHub's limit for a comment, marker included."""

ACTIONS_BOT = "github-actions[bot]"
"""The user behind a job's own token."""

_MARKER = re.compile(r"<!-- bloatcheck:v1 key=[^\s<>]{1,1000} -->")
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
_URL = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%\[\]-]{1,500}")
_RUN = re.compile(r"/actions/runs/[0-9]{1,20}(?:/(?:attempts|job)/[0-9]{1,20})?")
_RUN_TOLD = re.compile(r"/actions/runs/([0-9]{1,18})(?:/attempts/[0-9]{1,20})?\)</sub>$")
_FOOTER = re.compile(r"\n<sub>[^\n]*</sub>$")
_GONE = frozenset({HTTPStatus.NOT_FOUND})
_CLOSED_TO_APPS = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


class CommentAction(str, Enum):
    """What became of the comment."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    """There was none, and none was to be created."""
    OUTDATED = "left to a newer run"
    """The pull request was pushed to since, and the run for that has said what holds now."""


@dataclass(frozen=True, slots=True)
class CommentResult:
    """What was done. `url` is the comment's page, None when there is no comment.

    `removed` counts duplicates of ours that went; `warnings` says what could not be tidied up afterwards.
    """

    action: CommentAction
    url: str | None = None
    removed: int = 0
    warnings: tuple[str, ...] = ()


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

    def starts_with(self, marker: str) -> bool:
        return _first_line(self.body or "") == marker

    def is_by(self, login: str) -> bool:
        return self.user is not None and self.user.login.casefold() == login.casefold()


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
) -> CommentResult:
    """Leaves exactly one comment of ours, with this body.

    An existing one is edited in place, and only if it says something else: which run said it, and against
    which commit of the base, is no difference. After creating, the comments are listed
    again: of two jobs that raced, or a request that was sent twice, the comment with the lowest id stays, has
    this body, and the others go.

    Args:
        client: knows the API and the token.
        repository: `owner/name`.
        pull_request: its number.
        body: markdown. Its first line is the marker: `<!-- bloatcheck:v1 key=… -->`, where the key tells
            apart the comments of several workflows in one pull request.
        author: the login whose comments are ours; None for the token's own user, which for a job's token is
            the Actions bot.
        create: whether to create a comment where there is none.
        returned: instead of `body`, for a comment that has another headline: all is as before again.
        head: the commit that was measured. What a newer run says of a newer one is not written over, however
            late this run is. None where that was checked already.

    Raises:
        PublishError: refused, unreachable, or too long; with a hint. Nothing is sent when it is too long.
        ValueError: the first line is no marker.
    """
    if not _REPOSITORY.fullmatch(repository) or pull_request < 1:
        raise PublishError(f"{repository[:200]!r} #{pull_request} is no pull request")
    marker = _first_line(body)
    if not _MARKER.fullmatch(marker):
        raise ValueError(f"not a comment's marker: {marker[:100]!r}")
    if len(body) > MAX_COMMENT_CHARACTERS:
        raise PublishError(
            f"the comment has {len(body):,} characters, and GitHub takes {MAX_COMMENT_CHARACTERS:,}",
            hint="please tell us: the report should have been shortened",
        )
    thread = _Thread(client, repository, pull_request, marker, returned, head)
    ours = thread.ours(author)
    if ours:
        result = thread.settle(ours, body)
        if result:
            return result
    if not create:
        return CommentResult(CommentAction.SKIPPED)
    return thread.fold(thread.create(body), body)


@dataclass(frozen=True, slots=True)
class _Thread:
    """The comments of one pull request that carry our marker."""

    client: GitHub
    repository: str
    pull_request: int
    marker: str
    returned: str | None
    head: str | None

    @property
    def doing(self) -> str:
        return f"comment on pull request {self.pull_request} of {self.repository}"

    def ours(self, author: str | None) -> list[_Comment]:
        """Our comments, oldest first. Who we are is only asked when something carries the marker."""
        marked = sorted(self._marked(), key=lambda comment: comment.id)
        if not marked:
            return []
        login = author or self._own_login()
        return [comment for comment in marked if comment.is_by(login)]

    def create(self, text: str) -> _Comment:
        answer = self.client.request(
            "POST",
            f"/repos/{self.repository}/issues/{self.pull_request}/comments",
            doing=self.doing,
            body={"body": text},
        )
        return parsed(_COMMENT, answer.body, self.doing)

    def fold(self, created: _Comment, text: str) -> CommentResult:
        """Leaves one comment where another job, or an earlier try of ours, has created one too."""
        done = CommentResult(CommentAction.CREATED, _page(created))
        try:
            known = self.ours(created.user.login) if created.user else []
            found = {comment.id: comment for comment in (*known, created)}
            settled = self.settle([found[number] for number in sorted(found)], text)
        except PublishError as error:
            return replace(done, warnings=(error.message,))
        if settled is None or settled.url == done.url:
            return replace(settled or done, action=CommentAction.CREATED)
        return settled

    def settle(self, ours: list[_Comment], text: str) -> CommentResult | None:
        """The first of them gets the text, the others go. None when all have been deleted meanwhile."""
        for position, comment in enumerate(ours):
            action = CommentAction.UNCHANGED
            told = comment.body or ""
            if _run(told) > _run(text) and self._is_outdated():
                return CommentResult(CommentAction.OUTDATED, _page(comment))
            due = self.returned if self.returned and _headline(told) != _headline(text) else text
            if _essence(told) != _essence(due):
                answer = self.client.request(
                    "PATCH", self._path(comment), doing=self.doing, body={"body": due}, accept=_GONE
                )
                if answer.status in _GONE:
                    continue
                action = CommentAction.UPDATED
            removed, warnings = self._remove(ours[position + 1 :])
            return CommentResult(action, _page(comment), removed, warnings)
        return None

    def _remove(self, extras: list[_Comment]) -> tuple[int, tuple[str, ...]]:
        removed = 0
        try:
            for extra in extras:
                self.client.request(
                    "DELETE", self._path(extra), doing="remove a duplicate comment", accept=_GONE
                )
                removed += 1
        except PublishError as error:
            return removed, (error.message,)
        return removed, ()

    def _is_outdated(self) -> bool:
        """Whether the pull request stands at another commit. Not every newer run is for one."""
        if self.head is None:
            return False
        path = f"/repos/{self.repository}/pulls/{self.pull_request}"
        answer = self.client.request("GET", path, doing=self.doing, needs="pull-requests: read")
        return parsed(_PULL_REQUEST, answer.body, self.doing).head.sha != self.head

    def _marked(self) -> Iterator[_Comment]:
        doing = f"read the comments of pull request {self.pull_request} of {self.repository}"
        for answer in self.client.pages(
            f"/repos/{self.repository}/issues/{self.pull_request}/comments",
            doing=doing,
            query={"per_page": "100"},
        ):
            for comment in parsed(_COMMENTS, answer.body, doing):
                if comment.starts_with(self.marker):
                    yield comment

    def _own_login(self) -> str:
        """The token's user. A job's own token may not ask, and belongs to the Actions bot."""
        doing = "ask whose token it is"
        answer = self.client.request("GET", "/user", doing=doing, accept=_CLOSED_TO_APPS)
        if answer.status in _CLOSED_TO_APPS:
            return ACTIONS_BOT
        return parsed(_USER, answer.body, doing).login

    def _path(self, comment: _Comment) -> str:
        return f"/repos/{self.repository}/issues/comments/{comment.id}"


def _first_line(text: str) -> str:
    return text.partition("\n")[0].rstrip("\r")


def _headline(text: str) -> str:
    """The line below the marker."""
    return _normal(text).partition("\n")[2].partition("\n")[0].rstrip()


def _run(text: str) -> int:
    """The number of the run that a comment is of, which grows with time; 0 where it tells none."""
    found = _RUN_TOLD.search(_normal(text))
    return int(found[1]) if found else 0


def _essence(text: str) -> str:
    """What a comment says, without the footer and the run's address, which are others each time."""
    return _FOOTER.sub("", _RUN.sub("", _normal(text)))


def _normal(text: str) -> str:
    """GitHub may keep other line ends, and drops white space at the end."""
    return text.replace("\r\n", "\n").strip()


def _page(comment: _Comment) -> str | None:
    return comment.html_url if _URL.fullmatch(comment.html_url) else None
