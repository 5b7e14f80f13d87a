"""What makes Buildkite's log fold.

https://buildkite.com/docs/pipelines/configure/managing-log-output
A line that begins with one of its headers opens a group, which lasts until the next header.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bloatcheck.errors import Place

_HEADER = re.compile(r"(?:^|(?<=\r))((?:\x1b\[[0-9;]*m)*)(?=(?:-{3}|\+{3}|~{3}|\^{3})(?:\s|$))")


class BuildkiteMarks:
    """Headers: `---` folds what follows, `+++` shows it."""

    def group(self, title: str) -> tuple[str, Callable[[], str]]:
        """A folded group, and an open one for what comes after it."""
        return f"--- {title}", lambda: "+++ bloatcheck"

    def fence(self) -> None:
        """None: there is no such thing."""

    @property
    def tame(self) -> Callable[[str], str]:
        """Headers of other programs' are quoted."""
        return _tame

    def warning(self, message: str, place: Place | None) -> None:
        """None: a line like any other."""


def _tame(line: str) -> str:
    return _HEADER.sub(r"\1> ", line)
