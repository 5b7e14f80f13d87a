"""What people say on a pull request about its growth: a label, or comments that begin with a command.

Who may write is asked from GitHub; and when the newest push came, from the log of pushes of the repository
that the branch is in: https://docs.github.com/rest/repos/repos#list-repository-activities
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus

from pydantic import TypeAdapter

from bloatcheck.publish.github.repository import LONG
from bloatcheck.publish.http import Client
from bloatcheck.publish.sign import (
    MAY_NOT,
    MOST_COMMANDS,
    Push,
    Sign,
    command_sign,
    is_command,
    label_sign,
)

_MAY_WRITE = frozenset({"admin", "write"})
_NO_LOG = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_NEEDS = "pull-requests: read"


@dataclass(frozen=True, slots=True)
class _Person:
    login: str
    type: str = "User"

    @property
    def is_one(self) -> bool:
        """A bot says what others made it say: labels by paths, comments that quote."""
        return self.type == "User" and _LOGIN.fullmatch(self.login) is not None


@dataclass(frozen=True, slots=True)
class _Comment:
    id: int
    created_at: datetime
    updated_at: datetime
    html_url: str = ""
    body: str | None = None
    user: _Person | None = None
    performed_via_github_app: object = None


@dataclass(frozen=True, slots=True)
class _Label:
    name: str | None = None


@dataclass(frozen=True, slots=True)
class _Event:
    event: str
    created_at: datetime
    actor: _Person | None = None
    label: _Label | None = None
    performed_via_github_app: object = None


@dataclass(frozen=True, slots=True)
class _Repository:
    full_name: str


@dataclass(frozen=True, slots=True)
class _Head:
    sha: str
    ref: str
    repo: _Repository | None = None


@dataclass(frozen=True, slots=True)
class _PullRequest:
    head: _Head
    labels: tuple[_Label, ...] = ()


@dataclass(frozen=True, slots=True)
class _Push:
    """An entry of the log of pushes; `after` is the commit that the branch was left at."""

    after: str
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class _Permission:
    permission: str


_COMMENTS = TypeAdapter(tuple[_Comment, ...])
_EVENTS = TypeAdapter(tuple[_Event, ...])
_PULL_REQUEST = TypeAdapter(_PullRequest)
_PUSHES = TypeAdapter(tuple[_Push, ...])
_PERMISSION = TypeAdapter(_Permission)


@dataclass(slots=True)
class SignReader:
    """The signs on one pull request; `head` is the commit that is judged.

    Every question raises PublishError where it is refused.
    """

    client: Client
    repository: str
    pull_request: int
    head: str
    _doubts: dict[str, str | None] = field(default_factory=dict)

    @property
    def _doing(self) -> str:
        return f"read the approvals of pull request {self.pull_request} of {self.repository[:200]}"

    def commands(self, command: str) -> Iterator[Sign]:
        """Comments by people that begin with the command, the oldest first."""
        path = f"/repos/{self.repository}/issues/{self.pull_request}/comments"
        comments = self.client.each(_COMMENTS, path, doing=self._doing, query=LONG, needs=_NEEDS)
        for comment in [each for each in comments if is_command(each.body, command)][-MOST_COMMANDS:]:
            if comment.user is not None and comment.user.is_one and not comment.performed_via_github_app:
                yield command_sign(
                    comment.body,
                    command,
                    by=comment.user.login,
                    url=comment.html_url,
                    edited=comment.updated_at != comment.created_at,
                    head=self.head,
                    doubt=partial(self._doubt_about, comment.user.login),
                )

    def label(self, name: str) -> Sign | None:
        """The label, if the pull request has it."""
        path = f"/repos/{self.repository}/pulls/{self.pull_request}"
        pull = self.client.get(_PULL_REQUEST, path, doing=self._doing, needs=_NEEDS)
        if not any(_same(each, name) for each in pull.labels):
            return None
        set_by = self._last_labelling(name)
        if set_by is None or set_by.actor is None:
            return None
        login = set_by.actor.login
        return label_sign(
            login if _LOGIN.fullmatch(login) else "somebody",
            set_by.created_at,
            is_person=set_by.actor.is_one and not set_by.performed_via_github_app,
            host=self.client.host,
            stands_at=pull.head.sha,
            head=self.head,
            newest_push=partial(self._newest_push, pull.head),
            doubt=partial(self._doubt_about, login),
        )

    def _last_labelling(self, name: str) -> _Event | None:
        last = None
        path = f"/repos/{self.repository}/issues/{self.pull_request}/events"
        for event in self.client.each(_EVENTS, path, doing=self._doing, query=LONG, needs=_NEEDS):
            if event.event in ("labeled", "unlabeled") and _same(event.label, name):
                last = event
        return last if last and last.event == "labeled" else None

    def _newest_push(self, head: _Head) -> Push | None:
        """The newest entry for the branch in its own repository's log, which for a fork is the fork's."""
        if head.repo is None or not re.fullmatch(r"[\w.-]{1,100}/[\w.-]{1,100}", head.repo.full_name):
            return None
        pushes = self.client.find(
            _PUSHES,
            f"/repos/{head.repo.full_name}/activity",
            doing=self._doing,
            query={"ref": f"refs/heads/{head.ref}", "direction": "desc", "per_page": "1"},
            missing=_NO_LOG,
            needs="contents: read",
        )
        return Push(pushes[0].after, pushes[0].timestamp) if pushes else None

    def _doubt_about(self, login: str) -> str | None:
        if login not in self._doubts:
            found = self.client.find(
                _PERMISSION,
                f"/repos/{self.repository}/collaborators/{login}/permission",
                doing=f"ask what {login} may do in {self.repository[:200]}",
                needs="contents: read",
            )
            self._doubts[login] = None if found and found.permission in _MAY_WRITE else MAY_NOT
        return self._doubts[login]


def _same(label: _Label | None, name: str) -> bool:
    """Labels of a repository differ by more than upper and lower case."""
    return label is not None and label.name is not None and label.name.casefold() == name.casefold()
