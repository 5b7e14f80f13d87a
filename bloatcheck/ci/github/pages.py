"""The addresses of GitHub, and of those who took its ways."""

from __future__ import annotations

import re


class GitHubPages:
    """`/commit/…`, `/blob/…#L5-L9`, `/actions/runs/…`."""

    repository = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}", re.ASCII)
    run = re.compile(r"/actions/runs/(\d{1,20})(?:/(?:attempts|job)/\d{1,20})?", re.ASCII)

    @property
    def elsewhere(self) -> re.Pattern[str] | None:
        """None: runs are on pages of the repository."""
        return None

    def commit(self, repository_url: str, commit: str) -> str:
        """A commit's page."""
        return f"{repository_url}/commit/{commit}"

    def lines(self, repository_url: str, commit: str, path: str, line: int | None, end: int | None) -> str:
        """Lines of a file as they stand at a commit."""
        anchor = (f"#L{line}" + (f"-L{end}" if end else "")) if line else ""
        return f"{repository_url}/blob/{commit}/{path}{anchor}"
