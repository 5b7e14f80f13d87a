"""The addresses of GitLab."""

from __future__ import annotations

import re
from typing import ClassVar


class GitLabPages:
    """`/-/commit/…`, `/-/blob/…#L5-9`, `/-/jobs/…`."""

    elsewhere: ClassVar[None] = None
    repository = re.compile(
        r"(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9._-]{1,255}(?:/[A-Za-z0-9._-]{1,255}){1,20}", re.ASCII
    )
    run = re.compile(r"/-/jobs/(\d{1,18})", re.ASCII)

    def commit(self, repository_url: str, commit: str) -> str:
        """A commit's page."""
        return f"{repository_url}/-/commit/{commit}"

    def lines(self, repository_url: str, commit: str, path: str, line: int | None, end: int | None) -> str:
        """Lines of a file as they stand at a commit."""
        anchor = (f"#L{line}" + (f"-{end}" if end else "")) if line else ""
        return f"{repository_url}/-/blob/{commit}/{path}{anchor}"
