"""The commit of a second reference: the last release, or the default branch some time ago."""

from __future__ import annotations

from datetime import datetime, timedelta

from bloatcheck.baseline.choice import Choice
from bloatcheck.baseline.git import Git, OutOfReachError
from bloatcheck.ci.host import Host
from bloatcheck.errors import PublishError

LAST_RELEASE = "last-release"


def choose_since(
    git: Git, since: str, commit: str, *, now: datetime, branch: str | None, host: Host | None
) -> Choice:
    """The commit to measure a slow growth from.

    Args:
        git: the clone; history that it lacks is fetched, as far as it can be.
        since: `last-release`, the newest tag that the commit has; or `30d`, so many days ago.
        commit: what the change is compared with, or what is checked out.
        now: the moment to count back from.
        branch: the default branch, for the host.
        host: asked where the clone can't tell.

    Raises:
        OutOfReachError: there is no such commit, or it can't be told from here.
    """
    if since == LAST_RELEASE:
        return _last_release(git, commit)
    days = int(since.removesuffix("d"))
    moment = now - timedelta(days=days)
    why = f"where it stood {days} days ago"
    if found := git.last_before(moment, commit):
        return Choice(found, why)
    if host is not None and branch is not None:
        try:
            found = host.last_before(moment, branch)
        except PublishError as error:
            raise OutOfReachError(error.message, hint=error.hint) from None
    elif git.deepened((commit,), lambda: git.last_before(moment, commit) is not None):
        found = git.last_before(moment, commit)
    if found is None:
        raise OutOfReachError(f"no commit is known from {days} days ago", hint=git.words.history)
    git.has(found)
    return Choice(found, why)


def _last_release(git: Git, commit: str) -> Choice:
    tag = git.last_tag(commit)
    if tag is None:
        git.fetch_tags()
        tag = git.last_tag(commit)
    found = git.commit(f"refs/tags/{tag}") if tag else None
    if tag is None or found is None:
        raise OutOfReachError(
            "no tag is known that comes before this commit",
            hint=f"{git.words.history}, and tag a release",
        )
    return Choice(found, f"the release {tag}")
