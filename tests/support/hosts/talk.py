"""One pull request on a stand-in of a code host, as the specification of the one comment sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from support.hosts.faults import ALWAYS, WRITES, Fault, Reply
from support.hosts.server import StandIn

from bloatcheck.publish.manners import Manners
from bloatcheck.publish.patience import Patience
from bloatcheck.publish.sticky import CommentResult, Notes, upsert

MARKER = "<!-- bloatcheck:v1 key=ci.yml:.bloatcheck.yml -->"
QUICK = Patience(answer_seconds=5, total_seconds=8, tries=4, first_pause_seconds=0.01)
"""Real bounds, only smaller."""


@dataclass(frozen=True, kw_only=True)
class Comment:
    text: str
    author: str
    page: str


@dataclass(frozen=True, kw_only=True)
class Talk:
    """`token` is a job's, `name` its user; `other_token` and `other` a person's.

    `run_page` is a run's address, with `{}` for its number. `edits` are the methods of the requests that edit
    a comment, `whose_token` is where the token's user is asked for.
    """

    stand_in: StandIn
    manners: Manners
    conversation: Callable[[str, Patience], Notes]
    comments: Callable[[], list[Comment]]
    say: Callable[[str, str], object]
    """A text, by a user."""
    lose: Callable[[], object]
    """Deletes all comments."""
    says: Callable[..., Reply]
    """A refusal in the host's shape: status, words, headers."""
    head: str
    token: str
    name: str
    other_token: str
    other: str
    longest: int
    run_page: str
    edits: tuple[str, ...]
    whose_token: str

    def bodies(self) -> list[str]:
        return [comment.text for comment in self.comments()]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What the host answers, to writing requests alone or to all; what is told of it, and what to do then."""

    reply: Reply
    told: str
    cure: str
    of_writing: bool = True

    def fault(self) -> Fault:
        return Fault(self.reply, method=WRITES if self.of_writing else ".*", times=ALWAYS)


@dataclass(frozen=True, kw_only=True)
class CodeHost:
    """How its stand-in is started, and what begins a new pull request there; and how it refuses."""

    start: Callable[[], AbstractContextManager[Any]]
    talk: Callable[[Any], Talk]
    refusals: Mapping[str, Refusal]


def comment(
    talk: Talk,
    body: str = "report",
    *,
    token: str | None = None,
    marker: str = MARKER,
    patience: Patience = QUICK,
    create: bool = True,
    author: str | None = None,
    head: str | None = None,
    returned: str | None = None,
) -> CommentResult:
    notes = talk.conversation(token or talk.token, patience)
    back = f"{marker}\n{returned}" if returned else None
    return upsert(notes, f"{marker}\n{body}", author=author, create=create, returned=back, head=head)


def said_by(talk: Talk, run: int, words: str) -> str:
    """A report's text with the footer of a run."""
    return f"{words}\n<sub>bloatcheck 1 · [this run]({talk.run_page.format(run)})</sub>"
