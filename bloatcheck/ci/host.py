"""What a code host tells of the repository, and takes for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bloatcheck.publish.check import Check
from bloatcheck.publish.sign import Sign
from bloatcheck.publish.sticky import CommentResult


class Artifact(Protocol):
    """What a run left behind: sizes in bytes, `commit` is what the run was for."""

    @property
    def number(self) -> int: ...  # noqa: D102 - as the host counts them

    @property
    def run(self) -> int: ...  # noqa: D102 - the run's number

    @property
    def commit(self) -> str: ...  # noqa: D102 - in full

    @property
    def size(self) -> int: ...  # noqa: D102 - of the archive


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

    def upsert_comment(
        self,
        number: int,
        body: str,
        *,
        author: str | None,
        create: bool,
        returned: str | None = None,
        head: str | None = None,
        settled: bool = False,
    ) -> CommentResult:
        """Leaves exactly one comment of ours on a pull request: `bloatcheck.publish.sticky.upsert`.

        `settled` says that nobody has to answer it, where a host tells such comments apart.
        """
        ...

    def newest_commit(self, number: int) -> str:
        """The commit that a pull request stands at, in full."""
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
