"""The commit that a change is to be compared with.

A test merge is compared with its first parent, for that is what it was merged into; a head checkout with the
merge base, so that nobody is blamed for what others merged meanwhile; a merge queue's commit with the queue's
base; a push with the commit before. The base of a stacked pull request is the branch below, as the event and
the test merge have it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from bloatcheck.baseline.git import Git
from bloatcheck.ci.host import Host
from bloatcheck.ci.model import CiContext, Event
from bloatcheck.errors import BaselineError, PublishError


@dataclass(frozen=True, slots=True)
class Choice:
    """The commit to compare with; None for the files as they lie on disk. `why` is for people.

    `ruling` is the one whose configuration says who may approve, and what cannot be switched off; None where
    that is the same. Where a pull request starts from, its author chooses: it may be older than a rule.
    """

    commit: str | None
    why: str
    ruling: str | None = None


def choose_commit(git: Git, context: CiContext, host: Host | None = None) -> Choice:
    """The commit whose baseline this run is compared with; fetched where it can be.

    Args:
        git: the clone; history that it lacks is fetched, as far as it can be.
        context: the run.
        host: asked where the clone can't tell.
    """
    head = git.commit("HEAD") if git.is_repository() else None
    if head is None and host is not None:
        head = context.head_sha if context.event is Event.PULL_REQUEST else context.commit
    if head is None:
        return Choice(None, "the files on disk: there is no git repository here")
    if context.event is Event.PULL_REQUEST:
        choice = _for_pull_request(git, context, head, host)
    elif context.event is Event.QUEUE:
        choice = _for_queue(git, context, head)
    elif context.event is Event.PUSH:
        choice = _for_push(git, context, head)
    else:
        return Choice(None, "the files on disk")
    if choice.commit:
        git.has(choice.commit)
    return choice


def _for_pull_request(git: Git, context: CiContext, head: str, host: Host | None) -> Choice:
    parents = git.parents(head)
    if head == context.merge_commit_sha and len(parents) == 2:  # noqa: PLR2004 - a merge
        return Choice(parents[0], "what the pull request was test-merged into")
    tip = context.base_sha or _tip(git, context.base_ref) or context.parted_sha
    if tip is None:
        return Choice(None, "the files on disk: the event names no base")
    if head == tip:
        return Choice(head, "the base that is checked out")
    base = _merge_base(git, head, tip, host) or context.parted_sha
    if base is None:
        return Choice(
            tip,
            "the base branch's, as this shallow clone does not reach back to where the pull request started "
            f"({git.words.whole_history} would)",
        )
    return Choice(base, "the commit that the pull request started from", ruling=tip)


def _tip(git: Git, branch: str | None) -> str | None:
    """What the base branch stands at, where the CI doesn't say; or stood, when the CI fetched it."""
    if branch is None:
        return None
    try:
        return git.tip(branch)
    except BaselineError:
        return git.commit(f"refs/remotes/origin/{branch}")


def _for_queue(git: Git, context: CiContext, head: str) -> Choice:
    parents = git.parents(head)
    if head == context.merge_commit_sha and len(parents) == 2:  # noqa: PLR2004 - a merge
        return Choice(parents[0], "what is merged before it")
    if context.base_sha:
        return Choice(context.base_sha, "the merge queue's base")
    return Choice(None, "the files on disk")


def _merge_base(git: Git, head: str, base: str, host: Host | None) -> str | None:
    """Asks the clone, then the host, which needs no history for it, then the clone with more history."""
    there = git.has(base)
    found = git.merge_base(head, base) if there else None
    if found is None and host is not None:
        with suppress(PublishError):
            found = host.merge_base(base, head)
    if found is None and there and git.deepened((head, base), lambda: git.merge_base(head, base) is not None):
        found = git.merge_base(head, base)
    return found


def _for_push(git: Git, context: CiContext, head: str) -> Choice:
    if context.base_sha and (git.has(context.base_sha) or not git.is_repository()):
        return Choice(context.base_sha, "the commit before the push")
    # A new branch; or a forced push whose old commits the server has let go.
    for parent in git.parents(head)[:1]:
        return Choice(parent, "the commit's parent")
    return Choice(None, "the files on disk: nothing comes before the first commit")
