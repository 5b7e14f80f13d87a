"""What makes GitLab's job log fold.

https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections
The marks are made of escape codes that no other text keeps on its way to the log: only colours pass.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from typing import ClassVar

from bloatcheck.errors import Place

_NUMBERS = count(1)
_BACK = "\r\x1b[0K"


class GitLabMarks:
    """Sections, folded until somebody looks."""

    tame: ClassVar[None] = None

    def group(self, title: str) -> tuple[str, Callable[[], str]]:
        """`section_start`, and its end, each with the time of it."""
        name = f"bloatcheck_{next(_NUMBERS)}"
        begin = f"\x1b[0Ksection_start:{_now()}:{name}[collapsed=true]{_BACK}{title}"
        return begin, lambda: f"\x1b[0Ksection_end:{_now()}:{name}{_BACK}"

    def fence(self) -> None:
        """None: the runner reads no commands."""

    def warning(self, message: str, place: Place | None) -> None:
        """None: a line like any other."""


def _now() -> int:
    return int(time.time())
