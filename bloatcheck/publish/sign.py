"""What people say on a pull request about its growth, whatever the host."""

from __future__ import annotations

from dataclasses import dataclass

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
