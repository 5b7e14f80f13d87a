"""What makes the log of GitHub's runner fold, and keeps a build's output from being commands.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from bloatcheck.ci.github.commands import command
from bloatcheck.errors import Place


class GitHubMarks:
    """Workflow commands."""

    tame: ClassVar[None] = None
    """The fence does it."""

    def group(self, title: str) -> tuple[str, Callable[[], str]]:
        """`::group::`, and its end."""
        return command("group", title), lambda: "::endgroup::"

    def fence(self) -> tuple[str, str]:
        """A token serves once: the runner has shown it to nobody but the log, which the build can't read."""
        import secrets  # noqa: PLC0415 - takes long, and is not needed to say a version

        token = secrets.token_hex(16)
        return f"::stop-commands::{token}", f"::{token}::"

    def warning(self, message: str, place: Place | None) -> str:
        """A warning annotation."""
        where = {"file": place.file, "line": place.line, "endLine": place.end_line} if place else {}
        return command("warning", message, **where)
