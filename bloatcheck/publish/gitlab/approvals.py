"""What people say on a merge request about its growth: a label, or notes that begin with a command.

Who may push is asked from GitLab; the newest push came when it made the merge request's newest version.

https://docs.gitlab.com/api/members/, https://docs.gitlab.com/api/resource_label_events/,
https://docs.gitlab.com/api/merge_requests/#list-all-merge-request-diff-versions
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from pydantic import TypeAdapter

from bloatcheck.publish.gitlab.notes import ALL_COMMENTS
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

_DEVELOPER = 30
"""The least role that may push: https://docs.gitlab.com/api/access_requests/#valid-access-levels."""
_USERNAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}")


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

    client: Client
    project: str
    path: str
    page: str
    name: str
    head: str
    _doubts: dict[int, str | None] = field(default_factory=dict)

    @property
    def _doing(self) -> str:
        return f"read the approvals of {self.name}"

    def commands(self, command: str) -> Iterator[Sign]:
        """Notes by people that begin with the command, the oldest first."""
        notes = self.client.each(_NOTES, f"{self.path}/notes", doing=self._doing, query=ALL_COMMENTS)
        found = [each for each in notes if not each.system and is_command(each.body, command)]
        for note in found[-MOST_COMMANDS:]:
            if note.author and _USERNAME.fullmatch(note.author.username) and self._is_person(note.author):
                yield command_sign(
                    note.body,
                    command,
                    by=note.author.username,
                    url=f"{self.page}#note_{note.id}",
                    edited=note.updated_at != note.created_at,
                    head=self.head,
                    doubt=partial(self._doubt_about, note.author),
                )

    def label(self, name: str) -> Sign | None:
        """The label, if the merge request has it."""
        merge_request = self.client.get(_MERGE_REQUEST, self.path, doing=self._doing)
        if not any(each.casefold() == name.casefold() for each in merge_request.labels):
            return None
        set_by = self._last_labelling(name)
        if set_by is None or set_by.user is None:
            return None
        username = set_by.user.username
        return label_sign(
            username if _USERNAME.fullmatch(username) else "somebody",
            set_by.created_at,
            is_person=self._is_person(set_by.user),
            host=self.client.host,
            stands_at=merge_request.sha,
            head=self.head,
            newest_push=self._newest_push,
            doubt=partial(self._doubt_about, set_by.user),
        )

    def _last_labelling(self, name: str) -> _LabelEvent | None:
        path = f"{self.path}/resource_label_events"
        events = [
            event
            for event in self.client.each(_EVENTS, path, doing=self._doing, query={"per_page": "100"})
            if event.label and event.label.name and event.label.name.casefold() == name.casefold()
        ]
        last = max(events, key=lambda event: event.id, default=None)
        return last if last and last.action == "add" else None

    def _newest_push(self) -> Push | None:
        path = f"{self.path}/versions"
        versions = self.client.get(_VERSIONS, path, doing=self._doing, query={"per_page": "100"})
        newest = max(versions, key=lambda version: version.id, default=None)
        return Push(newest.head_commit_sha, newest.created_at) if newest else None

    def _is_person(self, user: _User) -> bool:
        """A bot says what others made it say."""
        doing = f"ask who {user.username[:100]!r} is"
        found = self.client.find(_PERSON, f"/users/{user.id}", doing=doing)
        return found is not None and not found.bot

    def _doubt_about(self, user: _User) -> str | None:
        if user.id not in self._doubts:
            doing = f"ask what {user.username[:100]!r} may do in the project"
            member = self.client.find(_MEMBER, f"{self.project}/members/all/{user.id}", doing=doing)
            may = member and member.state == "active" and member.access_level >= _DEVELOPER
            self._doubts[user.id] = None if may else MAY_NOT
        return self._doubts[user.id]
