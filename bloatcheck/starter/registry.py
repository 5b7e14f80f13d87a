"""All CIs that a repository may begin with, and which of them it uses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from bloatcheck.starter.azure import AZURE
from bloatcheck.starter.buildkite import BUILDKITE
from bloatcheck.starter.circleci import CIRCLECI
from bloatcheck.starter.gitea import FORGEJO, GITEA
from bloatcheck.starter.github import GITHUB
from bloatcheck.starter.gitlab import GITLAB
from bloatcheck.starter.jenkins import JENKINS
from bloatcheck.starter.model import Starter

STARTERS: tuple[Starter, ...] = (
    GITHUB,
    GITLAB,
    FORGEJO,
    GITEA,
    BUILDKITE,
    AZURE,
    CIRCLECI,
    JENKINS,
)
NAMES = tuple(starter.name for starter in STARTERS)

_ADDRESS = re.compile(
    r"(?:[a-z+]+://(?:[^@/\s]+@)?(?P<host>[A-Za-z0-9.-]+)(?::[0-9]+)?/|(?:[^@/\s:]+@)?(?P<scp>[A-Za-z0-9.-]+):)"
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A CI, and why it is this one: half a sentence."""

    starter: Starter
    why: str
    others: tuple[Starter, ...] = ()
    """Which the repository uses, too."""


def choose(root: Path, *, named: str | None = None, remote: str | None = None) -> Choice:
    """The CI that is named; else the one whose files are there; else the one of the remote's host.

    Of several the remote's is chosen, else the first. Where nothing is known it is GitHub's.

    Args:
        root: the repository's root.
        named: a name of `NAMES`.
        remote: the address that the repository is pushed to.
    """
    if named:
        return Choice(next(starter for starter in STARTERS if starter.name == named), "as asked for")
    found = {starter: sign for starter in STARTERS if (sign := _sign(root, starter.signs))}
    host = _host(remote)
    hosts = next((starter for starter in STARTERS if host and _is_one_of(host, starter.hosts)), None)
    if not found:
        return Choice(hosts, f"for {host}") if hosts else Choice(GITHUB, "for nothing here tells of another")
    chosen = hosts if hosts is not None and hosts in found else next(iter(found))
    return Choice(chosen, f"for {found[chosen]}", tuple(each for each in found if each is not chosen))


def _sign(root: Path, signs: Iterable[str]) -> str | None:
    """The first that is there; an empty folder is none."""
    for sign in signs:
        path = root / sign
        if path.is_file() or (path.is_dir() and any(path.iterdir())):
            return sign
    return None


def _host(address: str | None) -> str | None:
    found = _ADDRESS.match(address or "")
    return (found["host"] or found["scp"]).lower() if found else None


def _is_one_of(host: str, names: Iterable[str]) -> bool:
    return any(fnmatchcase(host, name) for name in names)
