"""Which pull request a run was for, asked from GitHub: what the run itself says about it is not trusted."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from bloatcheck.publish.http import Client


@dataclass(frozen=True, slots=True)
class _Repository:
    full_name: str


@dataclass(frozen=True, slots=True)
class _Side:
    """Base or head. The repository of a fork that was deleted is null."""

    sha: str
    repo: _Repository | None = None


@dataclass(frozen=True, slots=True)
class _PullRequest:
    number: int
    base: _Side
    head: _Side


_PULL_REQUESTS = TypeAdapter(tuple[_PullRequest, ...])


def open_pull_requests(
    client: Client, repository: str, *, head_repository: str, head_branch: str, head_sha: str
) -> tuple[int, ...]:
    """Numbers of the open pull requests into `repository` that have this commit as their head right now.

    Not one that was closed meanwhile, or pushed to: what was measured is no longer what it holds.

    Args:
        client: knows the API and the token.
        repository: `owner/name`, the one that is asked.
        head_repository: `owner/name` of the fork, or the same one.
        head_branch: the branch's name there.
        head_sha: the commit.

    Raises:
        PublishError: refused, unreachable, or no answer of GitHub's.
    """
    doing = f"find the pull request of {head_repository[:200]} into {repository[:200]}"
    owner = head_repository.partition("/")[0]
    pulls = client.each(
        _PULL_REQUESTS,
        f"/repos/{repository}/pulls",
        doing=doing,
        query={"state": "open", "head": f"{owner}:{head_branch}", "per_page": "100"},
        needs="pull-requests: read",
    )
    found = [
        pull.number
        for pull in pulls
        if pull.number > 0
        and pull.head.sha == head_sha
        and _is(pull.head, head_repository)
        and _is(pull.base, repository)
    ]
    return tuple(dict.fromkeys(found))


def _is(side: _Side, repository: str) -> bool:
    return side.repo is not None and side.repo.full_name.casefold() == repository.casefold()
