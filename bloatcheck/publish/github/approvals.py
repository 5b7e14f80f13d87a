"""What people say on a pull request about its growth: a label, or comments that begin with a command.

Nobody is believed about themselves: who may write is asked from GitHub. And nothing is believed that whoever
pushes could make up afterwards, such as the date of a commit. So

- a command names the commit that its author saw, with all digits: two commits that share some can be made;
- a label counts if GitHub itself received it after it received the newest push to the pull request's branch,
  by the repository's log of pushes.

https://docs.github.com/rest/repos/repos#list-repository-activities
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from pydantic import TypeAdapter

from bloatcheck.publish import sign
from bloatcheck.publish.github.answers import parsed
from bloatcheck.publish.github.client import GitHub
from bloatcheck.publish.sign import MOST_COMMANDS, Sign, signs_by

_PERMISSIONS = frozenset({"admin", "write"})
_UNKNOWN_PERSON = frozenset({HTTPStatus.NOT_FOUND})
_NO_LOG = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PAGE = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%\[\]-]{1,500}")
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


def read_signs(
    client: GitHub,
    repository: str,
    pull_request: int,
    *,
    head: str,
    label: str | None = None,
    command: str | None = None,
) -> tuple[Sign, ...]:
    """What counts, and what someone could think that it does.

    Args:
        client: knows the API and the token.
        repository: `owner/name`.
        pull_request: its number.
        head: the commit that is judged, in full.
        label: the name of the label that approves; None where none does.
        command: the first words of a comment that approves; None where none does.

    Raises:
        PublishError: refused, unreachable, or no answer of GitHub's.
    """
    reader = _Reader(client, repository, pull_request, head)
    return signs_by(reader, label=label, command=command)


def newest_commit(client: GitHub, repository: str, pull_request: int) -> str:
    """The commit that a pull request stands at, in full.

    Raises:
        PublishError: as `read_signs`.
    """
    return _Reader(client, repository, pull_request, head="").pull().head.sha


@dataclass(slots=True)
class _Reader:
    client: GitHub
    repository: str
    pull_request: int
    head: str
    _may_write: dict[str, bool] = field(default_factory=dict)

    @property
    def doing(self) -> str:
        return f"read the approvals of pull request {self.pull_request} of {self.repository[:200]}"

    # Commands ----------------------------------------------------------------------------------------------

    def commands(self, command: str) -> Iterator[Sign]:
        """Comments by people that begin with the command, the oldest first."""
        found = []
        for answer in self.client.pages(
            f"/repos/{self.repository}/issues/{self.pull_request}/comments",
            doing=self.doing,
            query={"per_page": "100"},
            needs=_NEEDS,
        ):
            found += [each for each in parsed(_COMMENTS, answer.body, self.doing) if _begins(each, command)]
        for comment in found[-MOST_COMMANDS:]:
            if comment.user is not None and comment.user.is_one and not comment.performed_via_github_app:
                yield self._command(comment, comment.user.login, command)

    def _command(self, comment: _Comment, login: str, command: str) -> Sign:
        words = _first_line(comment)[len(command) :].strip()
        return Sign(
            way="command",
            by=login,
            words=words,
            url=comment.html_url if _PAGE.fullmatch(comment.html_url) else None,
            doubt=self._doubt_about(comment, login, words),
        )

    def _doubt_about(self, comment: _Comment, login: str, words: str) -> str | None:
        commit = words.partition(" ")[0]
        if not _COMMIT.fullmatch(commit):
            return sign.UNNAMED
        if commit != self.head:
            return sign.for_another(commit)
        if comment.updated_at != comment.created_at:
            return sign.EDITED
        return None if self._permitted(login) else sign.MAY_NOT

    # The label ---------------------------------------------------------------------------------------------

    def label(self, name: str) -> Sign | None:
        """The label, if the pull request has it."""
        pull = self.pull()
        if not any(_same(each, name) for each in pull.labels):
            return None
        set_by = self._last_labelling(name)
        if set_by is None or set_by.actor is None:
            return None
        login = set_by.actor.login
        return Sign(
            way="label",
            by=login if _LOGIN.fullmatch(login) else "somebody",
            doubt=self._doubt_about_label(set_by, set_by.actor, pull.head),
        )

    def _last_labelling(self, name: str) -> _Event | None:
        last = None
        for answer in self.client.pages(
            f"/repos/{self.repository}/issues/{self.pull_request}/events",
            doing=self.doing,
            query={"per_page": "100"},
            needs=_NEEDS,
        ):
            for event in parsed(_EVENTS, answer.body, self.doing):
                if event.event in ("labeled", "unlabeled") and _same(event.label, name):
                    last = event
        return last if last and last.event == "labeled" else None

    def _doubt_about_label(self, set_by: _Event, person: _Person, head: _Head) -> str | None:
        if not person.is_one or set_by.performed_via_github_app:
            return sign.PROGRAM
        if head.sha != self.head:
            return sign.NEWER
        pushed = self._last_push(head)
        if pushed is None or pushed.after != self.head:
            return "GitHub does not say when the newest commit was pushed; a comment can approve instead"
        if set_by.created_at <= pushed.timestamp:
            return sign.SET_BEFORE
        return None if self._permitted(person.login) else sign.MAY_NOT

    def _last_push(self, head: _Head) -> _Push | None:
        """The newest entry for the branch in its own repository's log, which for a fork is the fork's."""
        if head.repo is None or not re.fullmatch(r"[\w.-]{1,100}/[\w.-]{1,100}", head.repo.full_name):
            return None
        answer = self.client.request(
            "GET",
            f"/repos/{head.repo.full_name}/activity",
            doing=self.doing,
            query={"ref": f"refs/heads/{head.ref}", "direction": "desc", "per_page": "1"},
            accept=_NO_LOG,
            needs="contents: read",
        )
        if answer.status in _NO_LOG:
            return None
        pushes = parsed(_PUSHES, answer.body, self.doing)
        return pushes[0] if pushes else None

    # Both --------------------------------------------------------------------------------------------------

    def _permitted(self, login: str) -> bool:
        known = self._may_write.get(login)
        if known is None:
            known = self._ask_permission(login)
            self._may_write[login] = known
        return known

    def _ask_permission(self, login: str) -> bool:
        answer = self.client.request(
            "GET",
            f"/repos/{self.repository}/collaborators/{login}/permission",
            doing=f"ask what {login} may do in {self.repository[:200]}",
            accept=_UNKNOWN_PERSON,
            needs="contents: read",
        )
        if answer.status in _UNKNOWN_PERSON:
            return False
        return parsed(_PERMISSION, answer.body, self.doing).permission in _PERMISSIONS

    def pull(self) -> _PullRequest:
        """The pull request as it stands."""
        path = f"/repos/{self.repository}/pulls/{self.pull_request}"
        answer = self.client.request("GET", path, doing=self.doing, needs=_NEEDS)
        return parsed(_PULL_REQUEST, answer.body, self.doing)


def _begins(comment: _Comment, command: str) -> bool:
    return _first_line(comment).startswith(f"{command} ")


def _first_line(comment: _Comment) -> str:
    return (comment.body or "").partition("\n")[0].strip()


def _same(label: _Label | None, name: str) -> bool:
    """Labels of a repository differ by more than upper and lower case."""
    return label is not None and label.name is not None and label.name.casefold() == name.casefold()
