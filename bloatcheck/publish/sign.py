"""What people say on a pull request about its growth, whatever the host."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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


def for_another(commit: str) -> str:
    """The doubt about a command that names another commit than the one that is judged."""
    return f"it is for commit {commit[:SHORT]}, and there is a newer one"


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
