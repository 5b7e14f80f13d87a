"""The one comment of a pull request that is kept up to date, on any host.

A comment is ours when its first line is our marker **and** our user wrote it: anyone can write the marker,
and a comment that another person can edit afterwards must not carry our report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from bloatcheck.errors import PublishError

_MARKER = re.compile(r"<!-- bloatcheck:v1 key=[^\s<>]{1,1000} -->")
_URL = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%\[\]-]{1,500}")
_FOOTER = re.compile(r"\n<sub>[^\n]*</sub>$")


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
class Note:
    """A comment as it stands. `number` grows with time; `author` is None for a user who was deleted."""

    number: int
    text: str
    author: str | None = None
    url: str | None = None

    def starts_with(self, marker: str) -> bool:
        """Whether its first line is this."""
        return _first_line(self.text) == marker

    def is_by(self, name: str) -> bool:
        """Whether this user wrote it."""
        return self.author is not None and self.author.casefold() == name.casefold()

    @property
    def page(self) -> str | None:
        """Its page, if that looks like one."""
        return self.url if self.url and _URL.fullmatch(self.url) else None


class Notes(Protocol):
    """The comments of one pull request, on one host. What is refused raises PublishError."""

    @property
    def host(self) -> str: ...  # noqa: D102 - what it is called

    @property
    def longest(self) -> int: ...  # noqa: D102 - characters that a comment may have, marker included

    @property
    def run(self) -> re.Pattern[str]: ...  # noqa: D102 - in an address, the run's own part; its first group the number

    def all(self) -> Iterable[Note]:
        """Every comment, in any order."""
        ...

    def own_name(self) -> str:
        """The token's user."""
        ...

    def create(self, text: str) -> Note:
        """A new comment."""
        ...

    def edit(self, note: Note, text: str) -> bool:
        """Another text; whether the comment was still there."""
        ...

    def remove(self, note: Note) -> None:
        """Away with it, if it is still there."""
        ...

    def newest_commit(self) -> str:
        """The commit that the pull request stands at."""
        ...


def upsert(
    notes: Notes,
    body: str,
    *,
    author: str | None,
    create: bool,
    returned: str | None = None,
    head: str | None = None,
) -> CommentResult:
    """Leaves exactly one comment of ours, with this body.

    An existing one is edited in place, and only if it says something else: which run said it, and against
    which commit of the base, is no difference. After creating, the comments are listed again: of two jobs
    that raced, or a request that was sent twice, the comment with the lowest number stays, has this body, and
    the others go.

    Args:
        notes: the pull request's comments.
        body: markdown. Its first line is the marker: `<!-- bloatcheck:v1 key=… -->`, where the key tells
            apart the comments of several workflows in one pull request.
        author: the user whose comments are ours; None for the token's own user.
        create: whether to create a comment where there is none.
        returned: instead of `body`, for a comment that has another headline: all is as before again.
        head: the commit that was measured. What a newer run says of a newer one is not written over, however
            late this run is. None where that was checked already.

    Raises:
        PublishError: refused, unreachable, or too long; with a hint. Nothing is sent when it is too long.
        ValueError: the first line is no marker.
    """
    marker = _first_line(body)
    if not _MARKER.fullmatch(marker):
        raise ValueError(f"not a comment's marker: {marker[:100]!r}")
    if len(body) > notes.longest:
        raise PublishError(
            f"the comment has {len(body):,} characters, and {notes.host} takes {notes.longest:,}",
            hint="please tell us: the report should have been shortened",
        )
    thread = _Thread(notes, marker, returned, head)
    ours = thread.ours(author)
    if ours:
        result = thread.settle(ours, body)
        if result:
            return result
    if not create:
        return CommentResult(CommentAction.SKIPPED)
    return thread.fold(notes.create(body), body)


@dataclass(frozen=True, slots=True)
class _Thread:
    """The comments of one pull request that carry our marker."""

    notes: Notes
    marker: str
    returned: str | None
    head: str | None

    def ours(self, author: str | None) -> list[Note]:
        """Our comments, oldest first. Who we are is only asked when something carries the marker."""
        marked = sorted(
            (note for note in self.notes.all() if note.starts_with(self.marker)), key=lambda note: note.number
        )
        if not marked:
            return []
        name = author or self.notes.own_name()
        return [note for note in marked if note.is_by(name)]

    def fold(self, created: Note, text: str) -> CommentResult:
        """Leaves one comment where another job, or an earlier try of ours, has created one too."""
        done = CommentResult(CommentAction.CREATED, created.page)
        try:
            known = self.ours(created.author) if created.author else []
            found = {note.number: note for note in (*known, created)}
            settled = self.settle([found[number] for number in sorted(found)], text)
        except PublishError as error:
            return replace(done, warnings=(error.message,))
        if settled is None or settled.url == done.url:
            return replace(settled or done, action=CommentAction.CREATED)
        return settled

    def settle(self, ours: list[Note], text: str) -> CommentResult | None:
        """The first of them gets the text, the others go. None when all have been deleted meanwhile."""
        for position, note in enumerate(ours):
            action = CommentAction.UNCHANGED
            if self._run(note.text) > self._run(text) and self._is_outdated():
                return CommentResult(CommentAction.OUTDATED, note.page)
            due = self.returned if self.returned and _headline(note.text) != _headline(text) else text
            if self._essence(note.text) != self._essence(due):
                if not self.notes.edit(note, due):
                    continue
                action = CommentAction.UPDATED
            removed, warnings = self._remove(ours[position + 1 :])
            return CommentResult(action, note.page, removed, warnings)
        return None

    def _remove(self, extras: list[Note]) -> tuple[int, tuple[str, ...]]:
        removed = 0
        try:
            for extra in extras:
                self.notes.remove(extra)
                removed += 1
        except PublishError as error:
            return removed, (error.message,)
        return removed, ()

    def _is_outdated(self) -> bool:
        """Whether the pull request stands at another commit. Not every newer run is for one."""
        return self.head is not None and self.notes.newest_commit() != self.head

    def _run(self, text: str) -> int:
        """The number of the run that a comment is of, which grows with time; 0 where it tells none."""
        footer = _normal(text).rpartition("\n")[2]
        found = list(self.notes.run.finditer(footer))
        return int(found[-1][1]) if found and footer[found[-1].end() :] == ")</sub>" else 0

    def _essence(self, text: str) -> str:
        """What a comment says, without the footer and the run's address, which are others each time."""
        return _FOOTER.sub("", self.notes.run.sub("", _normal(text)))


def _first_line(text: str) -> str:
    return text.partition("\n")[0].rstrip("\r")


def _headline(text: str) -> str:
    """The line below the marker."""
    return _normal(text).partition("\n")[2].partition("\n")[0].rstrip()


def _normal(text: str) -> str:
    """A host may keep other line ends, and drop white space at the end."""
    return text.replace("\r\n", "\n").strip()
