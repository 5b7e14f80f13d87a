"""What makes the log of Azure Pipelines fold, and keeps a build's output from being commands.

Its agent has nothing that would keep it from reading commands, so the mark of one is broken in every line.
"""

from __future__ import annotations

from collections.abc import Callable

from bloatcheck.ci.azure.commands import command
from bloatcheck.ci.commands import disarm
from bloatcheck.errors import Place


class AzureMarks:
    """Formatting and logging commands."""

    def group(self, title: str) -> tuple[str, Callable[[], str]]:
        """`##[group]`, and its end."""
        return f"##[group]{title}", lambda: "##[endgroup]"

    def fence(self) -> None:
        """None: there is no such thing."""

    @property
    def tame(self) -> Callable[[str], str]:
        """No line holds a command."""
        return disarm

    def warning(self, message: str, place: Place | None) -> str:
        """A warning among the run's issues."""
        return issue("warning", message, place)


def issue(kind: str, message: str, place: Place | None) -> str:
    """A warning or an error, in the log and among the run's issues."""
    where = {"sourcepath": place.file, "linenumber": place.line} if place else {}
    return command("task.logissue", message, type=kind, **where)
