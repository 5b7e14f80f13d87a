"""A CI that has no code host of its own: the clone's address tells where the repository lies.

On GitHub, or on the GitHub Enterprise that `GITHUB_SERVER_URL` names, the repository's API is GitHub's, and a
token for it (BLOATCHECK_TOKEN) comments there. Of any other host neither pages nor an API are known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from bloatcheck.ci.github.context import API_URL, SERVER_URL
from bloatcheck.ci.github.pages import GitHubPages
from bloatcheck.ci.model import CiContext
from bloatcheck.ci.shell import Shell
from bloatcheck.ci.variables import url

if TYPE_CHECKING:
    from bloatcheck.ci.host import Checks, Host
    from bloatcheck.log import Log
    from bloatcheck.publish.github.host import GitHubHost

DEFAULT_BRANCH = "BLOATCHECK_DEFAULT_BRANCH"
"""Names the default branch, where a CI has no variable for it."""
BASE_BRANCH = "BLOATCHECK_BASE_BRANCH"
"""Names the branch that a pull request is for, where a CI has no variable for it."""

_ADDRESS = re.compile(
    r"(?:(?:https?|ssh|git)://(?:[^@/\s]+@)?(?P<host>[A-Za-z0-9.-]+)(?::[0-9]+)?/"
    r"|(?:[^@/\s:]+@)?(?P<scp>[A-Za-z0-9.-]+):)"
    r"/?(?P<path>[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+?)(?:\.git)?/?"
)
_DOTS = re.compile(r"(?:^|/)\.{1,2}(?:/|$)")


def remote(address: str | None) -> tuple[str, str] | None:
    """Host and `owner/name` of a clone's address, in any form that git takes; None for another."""
    found = _ADDRESS.fullmatch(address or "")
    if not found or _DOTS.search(found["path"]):
        return None
    return (found["host"] or found["scp"]).lower(), found["path"]


def located(context: CiContext, address: str | None, variables: Mapping[str, str]) -> CiContext:
    """With the repository, where GitHub is its host.

    Raises:
        UsageError: GITHUB_SERVER_URL or GITHUB_API_URL is no address.
    """
    server = url(variables, "GITHUB_SERVER_URL", SERVER_URL)
    where = remote(address)
    if where is None or where[0] != server.partition("://")[2].lower():
        return context
    api = API_URL if server == SERVER_URL else f"{server}/api/v3"
    return replace(
        context,
        server_url=server,
        api_url=url(variables, "GITHUB_API_URL", api),
        repository=where[1],
    )


def is_elsewhere(address: str | None, other: str | None) -> bool:
    """Whether two clones' addresses are of different repositories; one that can't be read is another."""
    if not address or not other or address == other:
        return False
    one, two = remote(address), remote(other)
    return one is None or two is None or (one[0], one[1].lower()) != (two[0], two[1].lower())


class HostedPages(GitHubPages):
    """GitHub's, and the runs of a CI of another house."""

    def __init__(self, runs: str) -> None:
        """By what a run's whole address looks like; its first group is the number, which grows with time."""
        self._runs = re.compile(runs, re.ASCII)

    @property
    def elsewhere(self) -> re.Pattern[str]:
        """A run's whole address."""
        return self._runs


class Hosted(Shell):
    """What the CIs have in common that build other houses' repositories."""

    pages: ClassVar[HostedPages]

    def host(self, context: CiContext, token: str | None, log: Log | None) -> Host | None:
        """GitHub, where the repository lies there and there is a token for it."""
        return self._github(context, token, log)

    def checks(self, context: CiContext, token: str | None, log: Log | None) -> Checks | None:
        """GitHub's check runs, as the host."""
        return self._github(context, token, log)

    def _github(self, context: CiContext, token: str | None, log: Log | None) -> GitHubHost | None:
        if not token or context.repository is None or context.api_url is None:
            return None
        from bloatcheck.publish.github.host import GitHubHost  # noqa: PLC0415 - imports requests
        from bloatcheck.publish.github.manners import GITHUB  # noqa: PLC0415 - only if asked
        from bloatcheck.publish.http import Client  # noqa: PLC0415 - imports requests

        client = Client(token, api_url=context.api_url, manners=GITHUB, log=log)
        return GitHubHost(client, context.repository, run=self.pages.elsewhere)
