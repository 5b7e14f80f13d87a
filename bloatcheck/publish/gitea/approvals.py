"""What people say on a pull request about its growth: a label, or comments that begin with a command.

Who may write is asked from Gitea, which tells that to administrators of the repository alone; when the newest
push came, from the pull request's timeline. Gitea's answers don't tell a bot from a person, but for the one
that is behind a job's own token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus

from pydantic import TypeAdapter, ValidationError

from bloatcheck.publish.gitea.manners import LONG
from bloatcheck.publish.http import GONE, Client
from bloatcheck.publish.sign import (
    MAY_NOT,
    MOST_COMMANDS,
    Push,
    Sign,
    command_sign,
    is_command,
    label_sign,
)

_MAY_WRITE = frozenset({"owner", "admin", "write"})
_NOT_TOLD = frozenset({HTTPStatus.FORBIDDEN})
_LOGIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_NEEDS = "issues: read, pull-requests: read"


@dataclass(frozen=True, slots=True)
class _Person:
    id: int
    login: str

    @property
    def is_one(self) -> bool:
        """Users that Gitea made for itself have no number of their own."""
        return self.id > 0 and _LOGIN.fullmatch(self.login) is not None


@dataclass(frozen=True, slots=True)
class _Label:
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Comment:
    id: int
    created_at: datetime
    updated_at: datetime
    html_url: str = ""
    body: str | None = None
    user: _Person | None = None


@dataclass(frozen=True, slots=True)
class _Happening:
    """An entry of the timeline: a `label`, with the body "1" where it was set, or a `pull_push`."""

    type: str
    created_at: datetime
    body: str | None = None
    user: _Person | None = None
    label: _Label | None = None


@dataclass(frozen=True, slots=True)
class _Pushed:
    """The newest commit is the last one."""

    commit_ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Head:
    sha: str


@dataclass(frozen=True, slots=True)
class _PullRequest:
    head: _Head
    labels: tuple[_Label, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Permission:
    permission: str


_COMMENTS = TypeAdapter(tuple[_Comment, ...])
_TIMELINE = TypeAdapter(tuple[_Happening, ...])
_PUSH = TypeAdapter(_Pushed)
_PULL_REQUEST = TypeAdapter(_PullRequest)
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
        comments = self.client.each(_COMMENTS, path, doing=self._doing, query={}, needs=_NEEDS)
        found = [each for each in comments if is_command(each.body, command)]
        for comment in sorted(found, key=lambda one: one.id)[-MOST_COMMANDS:]:
            if comment.user is not None and comment.user.is_one:
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
        if not any(_same(each, name) for each in pull.labels or ()):
            return None
        labelled, pushed = self._timeline(name)
        if labelled is None or labelled.user is None:
            return None
        login = labelled.user.login
        return label_sign(
            login if _LOGIN.fullmatch(login) else "somebody",
            labelled.created_at,
            is_person=labelled.user.is_one,
            host=self.client.host,
            stands_at=pull.head.sha,
            head=self.head,
            newest_push=lambda: pushed,
            doubt=partial(self._doubt_about, login),
        )

    def _timeline(self, name: str) -> tuple[_Happening | None, Push | None]:
        """The last that set the label, if none took it off again; and the last push."""
        labelled = pushed = None
        path = f"/repos/{self.repository}/issues/{self.pull_request}/timeline"
        for one in self.client.each(_TIMELINE, path, doing=self._doing, query=LONG, needs=_NEEDS):
            if one.type == "label" and _same(one.label, name):
                labelled = one if one.body == "1" else None
            elif one.type == "pull_push":
                pushed = Push(_newest(one), one.created_at)
        return labelled, pushed

    def _doubt_about(self, login: str) -> str | None:
        if login not in self._doubts:
            self._doubts[login] = self._ask_about(login)
        return self._doubts[login]

    def _ask_about(self, login: str) -> str | None:
        doing = f"ask what {login} may do in {self.repository[:200]}"
        path = f"/repos/{self.repository}/collaborators/{login}/permission"
        answer = self.client.request("GET", path, doing=doing, accept=GONE | _NOT_TOLD)
        if answer.status in _NOT_TOLD:
            return (
                f"{self.client.host} tells only administrators of the repository what {login} may do: pass "
                "the token of one as the input `token`"
            )
        if answer.status in GONE:
            return MAY_NOT
        told = self.client.parsed(_PERMISSION, answer, self._doing)
        return None if told.permission in _MAY_WRITE else MAY_NOT


def _newest(pushed: _Happening) -> str:
    """The commit that a push left the pull request at; empty where it isn't told."""
    try:
        commits = _PUSH.validate_json(pushed.body or "").commit_ids
    except ValidationError:
        return ""
    return commits[-1] if commits else ""


def _same(label: _Label | None, name: str) -> bool:
    return label is not None and label.name.casefold() == name.casefold()
