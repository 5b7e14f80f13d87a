"""The notes of a merge request: https://docs.gitlab.com/api/notes/#merge-requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import TypeAdapter

from bloatcheck.publish.http import GONE, Client
from bloatcheck.publish.sticky import Note

MAX_NOTE_CHARACTERS = 1_000_000
"""GitLab's limit: https://docs.gitlab.com/administration/instance_limits/."""

ALL_COMMENTS = {
    "per_page": "100",
    "sort": "asc",
    "order_by": "created_at",
    # Each push, label and mention leaves a note of GitLab's own, and nothing limits how many.
    "activity_filter": "only_comments",
}

_RUN = re.compile(r"/-/jobs/([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class _User:
    username: str


@dataclass(frozen=True, slots=True)
class _Note:
    id: int
    body: str | None = None
    author: _User | None = None
    system: bool = False


@dataclass(frozen=True, slots=True)
class _MergeRequest:
    sha: str


_NOTE = TypeAdapter(_Note)
_NOTES = TypeAdapter(tuple[_Note, ...])
_USER = TypeAdapter(_User)
_MERGE_REQUEST = TypeAdapter(_MergeRequest)


@dataclass(frozen=True, slots=True)
class GitLabNotes:
    """The notes of one merge request. `path` is its address below the API, `page` the one for people."""

    client: Client
    path: str
    page: str
    name: str
    longest: int = MAX_NOTE_CHARACTERS
    run: re.Pattern[str] = _RUN

    @property
    def host(self) -> str:
        """GitLab."""
        return self.client.host

    @property
    def _doing(self) -> str:
        return f"write a note on {self.name}"

    def all(self) -> Iterator[Note]:
        """Every note that is no event's, oldest first."""
        doing = f"read the notes of {self.name}"
        for note in self.client.each(_NOTES, f"{self.path}/notes", doing=doing, query=ALL_COMMENTS):
            if not note.system:
                yield self._note(note)

    def own_name(self) -> str:
        """The token's user; of a project's token its bot."""
        return self.client.get(_USER, "/user", doing="ask whose token it is").username

    def create(self, text: str) -> Note:
        """A new note."""
        answer = self.client.request("POST", f"{self.path}/notes", doing=self._doing, body={"body": text})
        return self._note(self.client.parsed(_NOTE, answer, self._doing))

    def edit(self, note: Note, text: str) -> bool:
        """Another text; whether the note was still there."""
        body = {"body": text}
        answer = self.client.request("PUT", self._one(note), doing=self._doing, body=body, accept=GONE)
        return answer.status not in GONE

    def remove(self, note: Note) -> None:
        """Away with it."""
        self.client.request("DELETE", self._one(note), doing="remove a duplicate note", accept=GONE)

    def newest_commit(self) -> str:
        """The head of the merge request."""
        return self.client.get(_MERGE_REQUEST, self.path, doing=self._doing).sha

    def _one(self, note: Note) -> str:
        return f"{self.path}/notes/{note.number}"

    def _note(self, note: _Note) -> Note:
        author = note.author.username if note.author else None
        return Note(note.id, note.body or "", author, f"{self.page}#note_{note.id}")
