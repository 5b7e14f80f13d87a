"""What people say on a pull request about its growth, whatever the host, and what of it counts.

Nobody is believed about themselves: who may write is asked from the host. And nothing is believed that
whoever pushes could make up afterwards, such as the date of a commit. So

- a command names the commit that its author saw, with all digits: two commits that share some can be made;
- a label counts if the host itself received it after it received the newest push.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

MOST_COMMANDS = 20
"""The newest; and so many people at most are asked about."""
SHORT = 12
"""Digits of a commit that people are shown."""
MAY_NOT = "it takes write permission to the repository"
UNNAMED = "it has to name the commit first, with all of its digits"
EDITED = "it was edited, and others than its author can do that; write a new one"
PROGRAM = "a program has set it, not a person"
NEWER = "there is a newer commit than the one that is judged here"
SET_BEFORE = "it was set before the newest push; take it off and set it again"

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PAGE = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%\[\]-]{1,500}")


@dataclass(frozen=True, slots=True)
class Sign:
    """A label or a command. `way` is `label` or `command`; `words` follow the command on its line.

    `doubt` says why it doesn't count, as the end of a sentence; None where it does.
    """

    way: str
    by: str
    words: str = ""
    url: str | None = None
    doubt: str | None = None


Doubt = Callable[[], "str | None"]
"""Asks the host whether somebody may write; says why not."""


def for_another(commit: str) -> str:
    """The doubt about a command that names another commit than the one that is judged."""
    return f"it is for commit {commit[:SHORT]}, and there is a newer one"


def is_command(text: str | None, command: str) -> bool:
    """Whether a comment begins with the command."""
    return _first_line(text).startswith(f"{command} ")


def command_sign(
    text: str | None, command: str, *, by: str, url: str, edited: bool, head: str, doubt: Doubt
) -> Sign:
    """What a comment says that begins with the command; `head` is the commit that is judged."""
    words = _first_line(text)[len(command) :].strip()
    commit = words.partition(" ")[0]
    if not _COMMIT.fullmatch(commit):
        why: str | None = UNNAMED
    elif commit != head:
        why = for_another(commit)
    else:
        why = EDITED if edited else doubt()
    return Sign("command", by, words, url if _PAGE.fullmatch(url) else None, why)


@dataclass(frozen=True, slots=True)
class Push:
    """The commit that a push left the branch at, and when the host received it."""

    commit: str
    at: datetime


def label_sign(
    by: str,
    set_at: datetime,
    *,
    is_person: bool,
    host: str,
    stands_at: str,
    head: str,
    newest_push: Callable[[], Push | None],
    doubt: Doubt,
) -> Sign:
    """What a label says.

    Args:
        by: who set it.
        set_at: when the host received it.
        is_person: whether that is one.
        host: what the host is called.
        stands_at: the pull request's newest commit.
        head: the commit that is judged.
        newest_push: asks for it; None where the host doesn't tell.
        doubt: about who set it.
    """

    def why() -> str | None:
        if not is_person:
            return PROGRAM
        if stands_at != head:
            return NEWER
        pushed = newest_push()
        if pushed is None or pushed.commit != head:
            return f"{host} does not say when the newest commit was pushed; a comment can approve instead"
        return SET_BEFORE if set_at <= pushed.at else doubt()

    return Sign("label", by, doubt=why())


class SignReader(Protocol):
    """What reads the signs of one pull request from its host."""

    def commands(self, command: str) -> Iterable[Sign]:
        """Comments by people that begin with the command, the oldest first."""
        ...

    def label(self, name: str) -> Sign | None:
        """The label, if the pull request has it."""
        ...


def signs_by(reader: SignReader, *, label: str | None, command: str | None) -> tuple[Sign, ...]:
    """The commands, then the label; none of a way that isn't asked for."""
    found = [*reader.commands(command)] if command else []
    labelled = reader.label(label) if label else None
    return (*found, labelled) if labelled else tuple(found)


def _first_line(text: str | None) -> str:
    return (text or "").partition("\n")[0].strip()
