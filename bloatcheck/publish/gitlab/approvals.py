"""What people say on a merge request about its growth: a label, or notes that begin with a command.

Nobody is believed about themselves: who may push is asked from GitLab. And nothing is believed that whoever
pushes could make up afterwards, such as the date of a commit. So

- a command names the commit that its author saw, with all digits: two commits that share some can be made;
- a label counts if GitLab itself received it after it made the merge request's newest version, which it does
  when it receives a push.

https://docs.gitlab.com/api/members/, https://docs.gitlab.com/api/resource_label_events/,
https://docs.gitlab.com/api/merge_requests/#list-all-merge-request-diff-versions
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from pydantic import TypeAdapter

from bloatcheck.publish import sign
from bloatcheck.publish.gitlab.client import GitLab, parsed
from bloatcheck.publish.gitlab.notes import ALL_COMMENTS
from bloatcheck.publish.sign import MOST_COMMANDS, Sign

_DEVELOPER = 30
"""The least role that may push: https://docs.gitlab.com/api/access_requests/#valid-access-levels."""
_UNKNOWN = frozenset({HTTPStatus.NOT_FOUND})
_USERNAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _User:
    id: int
    username: str


@dataclass(frozen=True, slots=True)
class _Person:
    bot: bool = False


@dataclass(frozen=True, slots=True)
class _Note:
    id: int
    created_at: datetime
    updated_at: datetime
    body: str | None = None
    author: _User | None = None
    system: bool = False


@dataclass(frozen=True, slots=True)
class _Label:
    name: str | None = None


@dataclass(frozen=True, slots=True)
class _LabelEvent:
    id: int
    action: str
    created_at: datetime
    user: _User | None = None
    label: _Label | None = None


@dataclass(frozen=True, slots=True)
class _MergeRequest:
    sha: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Version:
    """A state of the merge request, which GitLab makes of each push."""

    id: int
    head_commit_sha: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class _Member:
    access_level: int
    state: str = "active"


_NOTES = TypeAdapter(tuple[_Note, ...])
_EVENTS = TypeAdapter(tuple[_LabelEvent, ...])
_MERGE_REQUEST = TypeAdapter(_MergeRequest)
_VERSIONS = TypeAdapter(tuple[_Version, ...])
_MEMBER = TypeAdapter(_Member)
_PERSON = TypeAdapter(_Person)


@dataclass(slots=True)
class SignReader:
    """The signs on one merge request. `path` is its address below the API, `page` the one for people.

    Every question raises PublishError where it is refused.
    """

    client: GitLab
    project: str
    path: str
    page: str
    name: str
    head: str
    _may_write: dict[int, bool] = field(default_factory=dict)

    @property
    def _doing(self) -> str:
        return f"read the approvals of {self.name}"

    def commands(self, command: str) -> Iterator[Sign]:
        """Notes by people that begin with the command, the oldest first."""
        found: list[_Note] = []
        for answer in self.client.pages(
            f"{self.path}/notes",
            doing=self._doing,
            query=ALL_COMMENTS,
        ):
            found += [
                note
                for note in parsed(_NOTES, answer.body, self._doing)
                if not note.system and _first_line(note).startswith(f"{command} ")
            ]
        for note in found[-MOST_COMMANDS:]:
            if note.author and _USERNAME.fullmatch(note.author.username) and self._is_person(note.author):
                words = _first_line(note)[len(command) :].strip()
                yield Sign(
                    way="command",
                    by=note.author.username,
                    words=words,
                    url=f"{self.page}#note_{note.id}",
                    doubt=self._doubt_about(note, note.author, words),
                )

    def _doubt_about(self, note: _Note, author: _User, words: str) -> str | None:
        commit = words.partition(" ")[0]
        if not _COMMIT.fullmatch(commit):
            return sign.UNNAMED
        if commit != self.head:
            return sign.for_another(commit)
        if note.updated_at != note.created_at:
            return sign.EDITED
        return None if self._permitted(author) else sign.MAY_NOT

    def label(self, name: str) -> Sign | None:
        """The label, if the merge request has it."""
        answer = self.client.request("GET", self.path, doing=self._doing)
        merge_request = parsed(_MERGE_REQUEST, answer.body, self._doing)
        if not any(each.casefold() == name.casefold() for each in merge_request.labels):
            return None
        set_by = self._last_labelling(name)
        if set_by is None or set_by.user is None:
            return None
        username = set_by.user.username
        return Sign(
            way="label",
            by=username if _USERNAME.fullmatch(username) else "somebody",
            doubt=self._doubt_about_label(set_by, set_by.user, merge_request.sha),
        )

    def _last_labelling(self, name: str) -> _LabelEvent | None:
        events = [
            event
            for answer in self.client.pages(
                f"{self.path}/resource_label_events", doing=self._doing, query={"per_page": "100"}
            )
            for event in parsed(_EVENTS, answer.body, self._doing)
            if event.label and event.label.name and event.label.name.casefold() == name.casefold()
        ]
        last = max(events, key=lambda event: event.id, default=None)
        return last if last and last.action == "add" else None

    def _doubt_about_label(self, set_by: _LabelEvent, person: _User, sha: str) -> str | None:
        if not self._is_person(person):
            return sign.PROGRAM
        if sha != self.head:
            return sign.NEWER
        answer = self.client.request(
            "GET", f"{self.path}/versions", doing=self._doing, query={"per_page": "100"}
        )
        versions = parsed(_VERSIONS, answer.body, self._doing)
        newest = max(versions, key=lambda version: version.id, default=None)
        if newest is None or newest.head_commit_sha != self.head:
            return "GitLab does not say when the newest commit was pushed; a note can approve instead"
        if set_by.created_at <= newest.created_at:
            return sign.SET_BEFORE
        return None if self._permitted(person) else sign.MAY_NOT

    def _is_person(self, user: _User) -> bool:
        """A bot says what others made it say."""
        doing = f"ask who {user.username[:100]!r} is"
        answer = self.client.request("GET", f"/users/{user.id}", doing=doing, accept=_UNKNOWN)
        return answer.status not in _UNKNOWN and not parsed(_PERSON, answer.body, doing).bot

    def _permitted(self, user: _User) -> bool:
        known = self._may_write.get(user.id)
        if known is None:
            known = self._ask_role(user)
            self._may_write[user.id] = known
        return known

    def _ask_role(self, user: _User) -> bool:
        doing = f"ask what {user.username[:100]!r} may do in the project"
        path = f"{self.project}/members/all/{user.id}"
        answer = self.client.request("GET", path, doing=doing, accept=_UNKNOWN)
        if answer.status in _UNKNOWN:
            return False
        member = parsed(_MEMBER, answer.body, doing)
        return member.state == "active" and member.access_level >= _DEVELOPER


def _first_line(note: _Note) -> str:
    return (note.body or "").partition("\n")[0].strip()
