"""The addresses of Azure DevOps, and of GitHub, whose repositories its pipelines build too."""

from __future__ import annotations

import re

from bloatcheck.ci.github.pages import GitHubPages
from bloatcheck.ci.hosted import HostedPages

_NAME = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._~%-]{1,300}"
RUNS = (
    r"https?://[A-Za-z0-9.:-]{1,253}(?:/[A-Za-z0-9._~%-]{1,300}){0,6}/_build/results\?buildId=([0-9]{1,18})"
)
"""A build's page is the project's, not the repository's."""
IN_AZURE = re.compile(rf"{_NAME}/_git/{_NAME}", re.ASCII)
"""`project/_git/name`, percent-encoded."""


class AzurePages(HostedPages):
    """`/commit/…`, `?path=/…&version=GC…&line=5`, `/_build/results?buildId=…`."""

    repository = re.compile(rf"{IN_AZURE.pattern}|{GitHubPages.repository.pattern}", re.ASCII)

    def __init__(self) -> None:
        """With Azure's runs, whoever's the repository is."""
        super().__init__(RUNS)

    def lines(self, repository_url: str, commit: str, path: str, line: int | None, end: int | None) -> str:
        """Lines of a file as they stand at a commit; the last one is where the selection ends."""
        if "/_git/" not in repository_url:
            return super().lines(repository_url, commit, path, line, end)
        marked = f"&line={line}&lineEnd={(end or line) + 1}&lineStartColumn=1&lineEndColumn=1" if line else ""
        return f"{repository_url}?path=/{path}&version=GC{commit}{marked}"
