"""The notes of a merge request: https://docs.gitlab.com/api/notes/#merge-requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import TypeAdapter

from bloatcheck.publish.gitlab.client import GitLab, parsed
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
_GONE = frozenset({HTTPStatus.NOT_FOUND})


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

    client: GitLab
    path: str
    page: str
    name: str
    host: str = "GitLab"
    longest: int = MAX_NOTE_CHARACTERS
    run: re.Pattern[str] = _RUN

    @property
    def _doing(self) -> str:
        return f"write a note on {self.name}"

    def all(self) -> Iterator[Note]:
        """Every note that is no event's, oldest first."""
        doing = f"read the notes of {self.name}"
        for answer in self.client.pages(
            f"{self.path}/notes",
            doing=doing,
            query=ALL_COMMENTS,
        ):
            for note in parsed(_NOTES, answer.body, doing):
                if not note.system:
                    yield self._note(note)

    def own_name(self) -> str:
        """The token's user; of a project's token its bot."""
        doing = "ask whose token it is"
        return parsed(_USER, self.client.request("GET", "/user", doing=doing).body, doing).username

    def create(self, text: str) -> Note:
        """A new note."""
        answer = self.client.request("POST", f"{self.path}/notes", doing=self._doing, body={"body": text})
        return self._note(parsed(_NOTE, answer.body, self._doing))

    def edit(self, note: Note, text: str) -> bool:
        """Another text; whether the note was still there."""
        answer = self.client.request(
            "PUT",
            f"{self.path}/notes/{note.number}",
            doing=self._doing,
            body={"body": text},
            accept=_GONE,
        )
        return answer.status not in _GONE

    def remove(self, note: Note) -> None:
        """Away with it."""
        self.client.request(
            "DELETE", f"{self.path}/notes/{note.number}", doing="remove a duplicate note", accept=_GONE
        )

    def newest_commit(self) -> str:
        """The head of the merge request."""
        answer = self.client.request("GET", self.path, doing=self._doing)
        return parsed(_MERGE_REQUEST, answer.body, self._doing).sha

    def _note(self, note: _Note) -> Note:
        author = note.author.username if note.author else None
        return Note(note.id, note.body or "", author, f"{self.page}#note_{note.id}")
