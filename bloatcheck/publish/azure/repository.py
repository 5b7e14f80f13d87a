"""A repository through the API of Azure DevOps: commits, files, and a pull request of our own."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import NoReturn

from pydantic import TypeAdapter

from bloatcheck.errors import DOCUMENTATION, PublishError
from bloatcheck.publish.answers import Sha, check_size
from bloatcheck.publish.azure.manners import VERSION
from bloatcheck.publish.http import GONE, Client
from bloatcheck.publish.own_request import opened

MAX_DESCRIPTION_CHARACTERS = 4_000

_READ = "Read"
_NOT_NEW = frozenset({HTTPStatus.CONFLICT})


@dataclass(frozen=True, slots=True)
class _Commit:
    commitId: Sha  # noqa: N815 - Azure's word


@dataclass(frozen=True, slots=True)
class _Commits:
    value: tuple[_Commit, ...]


@dataclass(frozen=True, slots=True)
class _Item:
    path: str
    gitObjectType: str  # noqa: N815 - Azure's word


@dataclass(frozen=True, slots=True)
class _Items:
    value: tuple[_Item, ...]


@dataclass(frozen=True, slots=True)
class _Request:
    pullRequestId: int  # noqa: N815 - Azure's word
    description: str | None = None
    forkSource: object = None  # noqa: N815 - Azure's word


@dataclass(frozen=True, slots=True)
class _Requests:
    value: tuple[_Request, ...]


_COMMITS = TypeAdapter(_Commits)
_ITEMS = TypeAdapter(_Items)
_REQUEST = TypeAdapter(_Request)
_REQUESTS = TypeAdapter(_Requests)


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository, `project/_git/name` with each part percent-encoded; `page` is its address for people."""

    client: Client
    name: str
    page: str

    @property
    def path(self) -> str:
        """Its address below the API."""
        project, _, name = self.name.partition("/_git/")
        return f"/{project}/_apis/git/repositories/{name}"

    def merge_base(self, base: str, head: str) -> str | None:
        """Where two commits parted; None where they have nothing in common, or one is not there.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"ask where {base[:12]} and {head[:12]} parted"
        path, query = f"{self.path}/commits/{base}/mergebases", {"otherCommitId": head, **VERSION}
        found = self.client.find(_COMMITS, path, doing=doing, query=query, needs=_READ)
        return found.value[0].commitId if found and found.value else None

    def file(self, commit: str, path: str, *, most: int) -> bytes | None:
        """A file's content at a commit, of at most so many bytes; None where there is no such file.

        Raises:
            PublishError: refused, unreachable, or too large.
        """
        doing = f"read {path} at {commit[:12]}"
        answer = self.client.request(
            "GET",
            f"{self.path}/items",
            doing=doing,
            query={
                "path": f"/{posixpath.normpath(path)}",
                "$format": "octetStream",
                **_at(commit),
            },
            accept=GONE,
            needs=_READ,
        )
        if answer.status in GONE:
            return None
        check_size(len(answer.body), doing, most=most)
        return answer.body

    def files(self, commit: str, folder: str) -> tuple[str, ...]:
        """The paths of the files in a folder at a commit, from the repository's top; empty without one.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"list {folder} at {commit[:12]}"
        query = {"scopePath": f"/{folder.strip('/')}", "recursionLevel": "oneLevel", **_at(commit)}
        found = self.client.find(_ITEMS, f"{self.path}/items", doing=doing, query=query, needs=_READ)
        items = found.value if found else ()
        return tuple(item.path.lstrip("/") for item in items if item.gitObjectType == "blob")

    def last_before(self, moment: datetime, branch: str) -> str | None:
        """The newest commit of a branch that was made before a moment; None where there is none.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"ask for the commits of {branch}"
        found = self.client.get(
            _COMMITS,
            f"{self.path}/commits",
            doing=doing,
            query={
                "searchCriteria.itemVersion.version": branch,
                "searchCriteria.itemVersion.versionType": "branch",
                "searchCriteria.toDate": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "searchCriteria.$top": "1",
                **VERSION,
            },
            needs=_READ,
        )
        return found.value[0].commitId if found.value else None

    def artifacts(self, name: str, branch: str) -> Sequence[NoReturn]:  # noqa: ARG002 - none is read
        """Artifacts of Azure Pipelines are not read.

        Raises:
            PublishError: always.
        """
        raise _no_artifacts()

    def archive(self, number: int, *, most: int) -> bytes:  # noqa: ARG002 - none is read
        """As `artifacts`.

        Raises:
            PublishError: always.
        """
        raise _no_artifacts()

    def pull_request(self, *, branch: str, base: str, title: str, body: str) -> str:
        """Opens a pull request for a branch, or renews the text of the one that is open; its page.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"open a pull request for {branch}"
        text = body[:MAX_DESCRIPTION_CHARACTERS]

        def create() -> _Request | PublishError:
            answer = self.client.request(
                "POST",
                f"{self.path}/pullrequests",
                doing=doing,
                query=VERSION,
                body={
                    "sourceRefName": f"refs/heads/{branch}",
                    "targetRefName": f"refs/heads/{base}",
                    "title": title,
                    "description": text,
                },
                accept=_NOT_NEW,
            )
            if answer.status in _NOT_NEW:
                return PublishError(f"Azure DevOps refused to {doing}")
            return self.client.parsed(_REQUEST, answer, doing)

        found = opened(
            text,
            find=lambda: self._open_request(branch, base, doing),
            create=create,
            text_of=lambda request: request.description,
            renew=lambda request: self.client.request(
                "PATCH",
                f"{self.path}/pullrequests/{request.pullRequestId}",
                doing=doing,
                query=VERSION,
                body={"title": title, "description": text},
            ),
        )
        return f"{self.page}/pullrequest/{found.pullRequestId}"

    def _open_request(self, branch: str, base: str, doing: str) -> _Request | None:
        """Our own: a fork's branch may have the same name, and its author wrote what it brings."""
        found = self.client.get(
            _REQUESTS,
            f"{self.path}/pullrequests",
            doing=doing,
            query={
                "searchCriteria.status": "active",
                "searchCriteria.sourceRefName": f"refs/heads/{branch}",
                "searchCriteria.targetRefName": f"refs/heads/{base}",
                "$top": "1000",
                **VERSION,
            },
            needs=_READ,
        )
        return next((request for request in found.value if request.forkSource is None), None)


def _at(commit: str) -> dict[str, str]:
    return {"versionDescriptor.version": commit, "versionDescriptor.versionType": "commit", **VERSION}


def _no_artifacts() -> PublishError:
    return PublishError(
        "artifacts of Azure Pipelines are not read",
        hint=f"take the baseline from the source `file` or `branch` ({DOCUMENTATION}/baseline.md)",
    )
