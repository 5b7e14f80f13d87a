"""What runs left behind. Gitea and Forgejo tell of artifacts in different shapes.

An artifact names its run, and only the run says what it was for: a push to a branch of the repository itself,
or a pull request, which may be anybody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from pydantic import TypeAdapter

from bloatcheck.publish.answers import Sha
from bloatcheck.publish.artifact import Artifact
from bloatcheck.publish.gitea.manners import LONG
from bloatcheck.publish.http import Client

_READ = "actions: read"
_MOST_RUNS = 30
"""The newest; each is asked about."""
_OF_A_BRANCH = frozenset({"push", "schedule", "workflow_dispatch"})
"""Events whose runs check a branch of the repository itself, whatever else has its name."""


@dataclass(frozen=True, slots=True)
class _OfRun:
    id: int


@dataclass(frozen=True, slots=True)
class _Stored:
    """`workflow_run` is Gitea's, `run_id` Forgejo's."""

    id: int
    name: str
    size_in_bytes: int
    expired: bool = False
    workflow_run: _OfRun | None = None
    run_id: int | None = None

    @property
    def run(self) -> int | None:
        return self.workflow_run.id if self.workflow_run else self.run_id


@dataclass(frozen=True, slots=True)
class _Artifacts:
    artifacts: tuple[_Stored, ...] | None


@dataclass(frozen=True, slots=True)
class _Run:
    """`head_*` are Gitea's, the others Forgejo's."""

    event: str
    head_sha: Sha | None = None
    head_branch: str | None = None
    commit_sha: Sha | None = None
    prettyref: str | None = None
    is_fork_pull_request: bool = False

    @property
    def commit(self) -> str | None:
        return self.head_sha or self.commit_sha

    def is_of(self, branch: str) -> bool:
        named = self.head_branch or self.prettyref
        return self.event in _OF_A_BRANCH and named == branch and not self.is_fork_pull_request


_ARTIFACTS: TypeAdapter[_Artifacts | tuple[_Stored, ...]] = TypeAdapter(_Artifacts | tuple[_Stored, ...])
_RUN = TypeAdapter(_Run)


def branch_artifacts(client: Client, repository: str, name: str, branch: str) -> tuple[Artifact, ...]:
    """The artifacts of this name that runs on a branch left, newest first; no expired ones.

    Raises:
        PublishError: refused or unreachable.
    """
    found = sorted(_named(client, repository, name), key=lambda one: one.id, reverse=True)
    kept = []
    for one in found[:_MOST_RUNS]:
        run = _run(client, repository, one.run) if one.run else None
        if run and run.commit and run.is_of(branch):
            kept.append(Artifact(number=one.id, run=one.run or 0, commit=run.commit, size=one.size_in_bytes))
    return tuple(kept)


def archive(client: Client, repository: str, number: int, *, most: int) -> bytes:
    """An artifact's zip archive, of at most so many bytes.

    Raises:
        PublishError: refused, unreachable, or too large.
    """
    return client.download(
        f"/repos/{repository}/actions/artifacts/{number}/zip",
        doing=f"download artifact {number}",
        most=most,
        needs=_READ,
    )


def _named(client: Client, repository: str, name: str) -> Iterator[_Stored]:
    doing = f"list the artifacts {name}"
    pages = client.pages(
        f"/repos/{repository}/actions/artifacts",
        doing=doing,
        query={"name": name, **LONG},
        needs=_READ,
    )
    for answer in islice(pages, 3):
        page = client.parsed(_ARTIFACTS, answer, doing)
        for one in (page.artifacts or ()) if isinstance(page, _Artifacts) else page:
            if one.name == name and not one.expired:
                yield one


def _run(client: Client, repository: str, number: int) -> _Run | None:
    path = f"/repos/{repository}/actions/runs/{number}"
    return client.find(_RUN, path, doing=f"ask about run {number}", needs=_READ)
