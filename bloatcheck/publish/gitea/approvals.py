"""What people say on a pull request about its growth: a label, or comments that begin with a command.

Nobody is believed about themselves: who may write is asked from Gitea, which tells that to administrators of
the repository alone. And nothing is believed that whoever pushes could make up afterwards, such as the date
of a commit. So

- a command names the commit that its author saw, with all digits: two commits that share some can be made;
- a label counts if Gitea itself received it after the newest push, by the pull request's timeline.

Gitea's answers don't tell a bot from a person, but for the one that is behind a job's own token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from pydantic import TypeAdapter, ValidationError

from bloatcheck.publish import sign
from bloatcheck.publish.gitea.client import PAGE, Gitea
from bloatcheck.publish.sign import MOST_COMMANDS, Sign

_MAY_WRITE = frozenset({"owner", "admin", "write"})
_UNKNOWN_PERSON = frozenset({HTTPStatus.NOT_FOUND})
_NOT_TOLD = frozenset({HTTPStatus.FORBIDDEN})
_LOGIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PAGE = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%\[\]-]{1,500}")
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
class _Push:
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
_PUSH = TypeAdapter(_Push)
_PULL_REQUEST = TypeAdapter(_PullRequest)
_PERMISSION = TypeAdapter(_Permission)


@dataclass(slots=True)
class SignReader:
    """The signs on one pull request; `head` is the commit that is judged.

    Every question raises PublishError where it is refused.
    """

    client: Gitea
    repository: str
    pull_request: int
    head: str
    _doubts: dict[str, str | None] = field(default_factory=dict)

    @property
    def _doing(self) -> str:
        return f"read the approvals of pull request {self.pull_request} of {self.repository[:200]}"

    def commands(self, command: str) -> Iterator[Sign]:
        """Comments by people that begin with the command, the oldest first."""
        found: list[_Comment] = []
        for answer in self.client.pages(
            f"/repos/{self.repository}/issues/{self.pull_request}/comments",
            doing=self._doing,
            query={},
            needs=_NEEDS,
        ):
            found += [
                comment
                for comment in self.client.parsed(_COMMENTS, answer.body, self._doing)
                if _first_line(comment).startswith(f"{command} ")
            ]
        for comment in sorted(found, key=lambda one: one.id)[-MOST_COMMANDS:]:
            if comment.user is not None and comment.user.is_one:
                words = _first_line(comment)[len(command) :].strip()
                yield Sign(
                    way="command",
                    by=comment.user.login,
                    words=words,
                    url=comment.html_url if _PAGE.fullmatch(comment.html_url) else None,
                    doubt=self._doubt_about(comment, comment.user.login, words),
                )

    def _doubt_about(self, comment: _Comment, login: str, words: str) -> str | None:
        commit = words.partition(" ")[0]
        if not _COMMIT.fullmatch(commit):
            return sign.UNNAMED
        if commit != self.head:
            return sign.for_another(commit)
        if comment.updated_at != comment.created_at:
            return sign.EDITED
        return self._doubt_about_person(login)

    def label(self, name: str) -> Sign | None:
        """The label, if the pull request has it."""
        path = f"/repos/{self.repository}/pulls/{self.pull_request}"
        answer = self.client.request("GET", path, doing=self._doing, needs=_NEEDS)
        pull = self.client.parsed(_PULL_REQUEST, answer.body, self._doing)
        if not any(_same(each, name) for each in pull.labels or ()):
            return None
        labelled, pushed = self._timeline(name)
        if labelled is None or labelled.user is None:
            return None
        login = labelled.user.login
        return Sign(
            way="label",
            by=login if _LOGIN.fullmatch(login) else "somebody",
            doubt=self._doubt_about_label(labelled, labelled.user, pull.head.sha, pushed),
        )

    def _timeline(self, name: str) -> tuple[_Happening | None, _Happening | None]:
        """The last that set the label, if none took it off again; and the last push."""
        labelled = pushed = None
        for answer in self.client.pages(
            f"/repos/{self.repository}/issues/{self.pull_request}/timeline",
            doing=self._doing,
            query={"limit": PAGE},
            needs=_NEEDS,
        ):
            for one in self.client.parsed(_TIMELINE, answer.body, self._doing):
                if one.type == "label" and _same(one.label, name):
                    labelled = one if one.body == "1" else None
                elif one.type == "pull_push":
                    pushed = one
        return labelled, pushed

    def _doubt_about_label(
        self, labelled: _Happening, person: _Person, head: str, pushed: _Happening | None
    ) -> str | None:
        if not person.is_one:
            return sign.PROGRAM
        if head != self.head:
            return sign.NEWER
        if pushed is None or _newest(pushed) != self.head:
            return (
                f"{self.client.host} does not say when the newest commit was pushed; a comment can approve "
                "instead"
            )
        if labelled.created_at <= pushed.created_at:
            return sign.SET_BEFORE
        return self._doubt_about_person(person.login)

    def _doubt_about_person(self, login: str) -> str | None:
        if login not in self._doubts:
            self._doubts[login] = self._ask_about(login)
        return self._doubts[login]

    def _ask_about(self, login: str) -> str | None:
        answer = self.client.request(
            "GET",
            f"/repos/{self.repository}/collaborators/{login}/permission",
            doing=f"ask what {login} may do in {self.repository[:200]}",
            accept=_UNKNOWN_PERSON | _NOT_TOLD,
        )
        if answer.status in _NOT_TOLD:
            return (
                f"{self.client.host} tells only administrators of the repository what {login} may do: pass "
                "the token of one as the input `token`"
            )
        if answer.status in _UNKNOWN_PERSON:
            return sign.MAY_NOT
        told = self.client.parsed(_PERMISSION, answer.body, self._doing)
        return None if told.permission in _MAY_WRITE else sign.MAY_NOT


def _newest(pushed: _Happening) -> str | None:
    """The commit that a push left the pull request at."""
    try:
        commits = _PUSH.validate_json(pushed.body or "").commit_ids
    except ValidationError:
        return None
    return commits[-1] if commits else None


def _first_line(comment: _Comment) -> str:
    return (comment.body or "").partition("\n")[0].strip()


def _same(label: _Label | None, name: str) -> bool:
    return label is not None and label.name.casefold() == name.casefold()
