"""What a code host tells of the repository, and takes for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bloatcheck.publish.artifact import Artifact
from bloatcheck.publish.check import Check
from bloatcheck.publish.sign import Sign
from bloatcheck.publish.sticky import Notes

__all__ = ["Artifact", "Checks", "Host"]


class Host(Protocol):
    """The repository, through the host's API. Every question raises PublishError where it is refused."""

    def merge_base(self, base: str, head: str) -> str | None:
        """Where two commits parted; None where they have nothing in common."""
        ...

    def file(self, commit: str, path: str, *, most: int) -> bytes | None:
        """A file's content at a commit, of at most so many bytes; the path starts at the repository's top."""
        ...

    def files(self, commit: str, folder: str) -> tuple[str, ...]:
        """The paths of the files in a folder at a commit; empty where there is none."""
        ...

    def last_before(self, moment: datetime, branch: str) -> str | None:
        """The newest commit of a branch that was made before a moment."""
        ...

    def artifacts(self, name: str, branch: str) -> Sequence[Artifact]:
        """The artifacts of this name that runs on a branch of the repository itself left, newest first."""
        ...

    def archive(self, number: int, *, most: int) -> bytes:
        """An artifact's zip archive, of at most so many bytes."""
        ...

    def pull_request(self, *, branch: str, base: str, title: str, body: str) -> str:
        """Opens a pull request for a branch, or renews the text of the one that is open; its page."""
        ...

    def conversation(self, number: int, *, settled: bool = False) -> Notes:
        """A pull request's comments, and the commit that it stands at.

        `settled` says that nobody has to answer what is written, where a host tells such comments apart.
        """
        ...

    def signs(
        self, number: int, *, head: str, label: str | None = None, command: str | None = None
    ) -> tuple[Sign, ...]:
        """What people say on a pull request about its growth; `head` is the commit that is judged.

        `label` is the name of the label that approves, `command` the first words of a comment that does.
        """
        ...


class Checks(Protocol):
    """Verdicts beside commits."""

    def post_check(self, check: Check) -> None:
        """Shows a verdict beside a commit. Raises PublishError where it is refused."""
        ...
