"""The project through GitLab's API: commits, files, jobs' artifacts, and a merge request of our own."""

from __future__ import annotations

import binascii
import posixpath
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import islice
from typing import Annotated
from urllib.parse import quote

from pydantic import StringConstraints, TypeAdapter

from bloatcheck.errors import PublishError
from bloatcheck.publish.gitlab.client import GitLab, parsed
from bloatcheck.publish.own_request import opened

_READ = "read_api"
_MISSING = frozenset({HTTPStatus.NOT_FOUND})
_NOT_HERE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST})
"""GitLab calls a commit that it doesn't have a bad request."""
_NOT_NEW = frozenset({HTTPStatus.CONFLICT})
_MOST_PAGES = 3
"""Of 100 jobs, newest first."""

_Sha = Annotated[str, StringConstraints(pattern=r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")]
"""It becomes part of addresses, and an argument of git."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobArtifact:
    """The archive of a job: the job's number, the commit that it was for, and its size in bytes."""

    number: int
    run: int
    commit: str
    size: int


@dataclass(frozen=True, slots=True)
class _Commit:
    id: _Sha


@dataclass(frozen=True, slots=True)
class _File:
    size: int
    encoding: str
    content: str


@dataclass(frozen=True, slots=True)
class _Entry:
    type: str
    path: str


@dataclass(frozen=True, slots=True)
class _Archive:
    size: int


@dataclass(frozen=True, slots=True)
class _Job:
    id: int
    name: str
    ref: str
    commit: _Commit
    tag: bool = False
    artifacts_file: _Archive | None = None


@dataclass(frozen=True, slots=True)
class _Request:
    iid: int
    web_url: str
    source_project_id: int | None
    target_project_id: int
    description: str | None = None


_COMMIT = TypeAdapter(_Commit)
_COMMITS = TypeAdapter(tuple[_Commit, ...])
_FILE = TypeAdapter(_File)
_TREE = TypeAdapter(tuple[_Entry, ...])
_JOBS = TypeAdapter(tuple[_Job, ...])
_REQUEST = TypeAdapter(_Request)
_REQUESTS = TypeAdapter(tuple[_Request, ...])


@dataclass(frozen=True, slots=True)
class Project:
    """A project, `group/name`, as the client's token may see it; `page` is its address for people."""

    client: GitLab
    name: str
    page: str

    @property
    def path(self) -> str:
        """Its address below the API."""
        return f"/projects/{quote(self.name, safe='')}"

    def merge_base(self, base: str, head: str) -> str | None:
        """Where two commits parted; None where they have nothing in common, or one is not there.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"ask where {base[:12]} and {head[:12]} parted"
        answer = self.client.request(
            "GET",
            f"{self.path}/repository/merge_base",
            doing=doing,
            query={"refs[]": (base, head)},
            accept=_NOT_HERE,
            needs=_READ,
        )
        return None if answer.status in _NOT_HERE else parsed(_COMMIT, answer.body, doing).id

    def file(self, commit: str, path: str, *, most: int) -> bytes | None:
        """A file's content at a commit, of at most so many bytes; None where there is no such file.

        Raises:
            PublishError: refused, unreachable, or too large.
        """
        doing = f"read {path} at {commit[:12]}"
        answer = self.client.request(
            "GET",
            f"{self.path}/repository/files/{quote(posixpath.normpath(path), safe='')}",
            doing=doing,
            query={"ref": commit},
            accept=_MISSING,
            needs=_READ,
        )
        if answer.status in _MISSING:
            return None
        found = parsed(_FILE, answer.body, doing)
        if found.size > most:
            raise PublishError(f"could not {doing}: it is larger than {most:,} bytes")
        try:
            return b64decode(found.content)
        except binascii.Error:
            raise PublishError(f"could not {doing}: the answer is damaged") from None

    def files(self, commit: str, folder: str) -> tuple[str, ...]:
        """The paths of the files in a folder at a commit, from the repository's top; empty without one.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"list {folder} at {commit[:12]}"
        pages = self.client.pages(
            f"{self.path}/repository/tree",
            doing=doing,
            query={"ref": commit, "path": folder, "per_page": "100"},
            accept=_MISSING,
            needs=_READ,
        )
        return tuple(
            entry.path
            for answer in pages
            if answer.status not in _MISSING
            for entry in parsed(_TREE, answer.body, doing)
            if entry.type == "blob"
        )

    def last_before(self, moment: datetime, branch: str) -> str | None:
        """The newest commit of a branch that was made before a moment; None where there is none.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"ask for the commits of {branch}"
        answer = self.client.request(
            "GET",
            f"{self.path}/repository/commits",
            doing=doing,
            query={"ref_name": branch, "until": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "per_page": "1"},
            needs=_READ,
        )
        found = parsed(_COMMITS, answer.body, doing)
        return found[0].id if found else None

    def artifacts(self, name: str, branch: str) -> Sequence[JobArtifact]:
        """The archives of jobs of this name that passed on a branch, newest first.

        Jobs of merge requests, and of forks, have another ref or another project.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"list the jobs {name}"
        pages = self.client.pages(
            f"{self.path}/jobs", doing=doing, query={"scope[]": "success", "per_page": "100"}, needs=_READ
        )
        found = [
            JobArtifact(number=job.id, run=job.id, commit=job.commit.id, size=job.artifacts_file.size)
            for answer in islice(pages, _MOST_PAGES)
            for job in parsed(_JOBS, answer.body, doing)
            if job.name == name and job.ref == branch and not job.tag and job.artifacts_file
        ]
        return sorted(found, key=lambda artifact: artifact.number, reverse=True)

    def archive(self, number: int, *, most: int) -> bytes:
        """A job's zip archive, of at most so many bytes.

        Raises:
            PublishError: refused, unreachable, or too large.
        """
        return self.client.download(
            f"{self.path}/jobs/{number}/artifacts",
            doing=f"download the artifacts of job {number}",
            most=most,
            needs=_READ,
        )

    def pull_request(self, *, branch: str, base: str, title: str, body: str) -> str:
        """Opens a merge request for a branch, or renews the text of the one that is open.

        Returns:
            Its page.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"open a merge request for {branch}"

        def create() -> _Request | PublishError:
            answer = self.client.request(
                "POST",
                f"{self.path}/merge_requests",
                doing=doing,
                body={
                    "source_branch": branch,
                    "target_branch": base,
                    "title": title,
                    "description": body,
                    "remove_source_branch": True,
                },
                accept=_NOT_NEW,
            )
            if answer.status in _NOT_NEW:
                return PublishError(f"GitLab refused to {doing}")
            return parsed(_REQUEST, answer.body, doing)

        return opened(
            body,
            find=lambda: self._open_request(branch, base, doing),
            create=create,
            text_of=lambda request: request.description,
            renew=lambda request: self.client.request(
                "PUT",
                f"{self.path}/merge_requests/{request.iid}",
                doing=doing,
                body={"title": title, "description": body},
            ),
        ).web_url

    def _open_request(self, branch: str, base: str, doing: str) -> _Request | None:
        """The project's own: a fork's branch may have the same name, and its author wrote what it brings."""
        pages = self.client.pages(
            f"{self.path}/merge_requests",
            doing=doing,
            query={"state": "opened", "source_branch": branch, "target_branch": base, "per_page": "100"},
            needs=_READ,
        )
        return next(
            (
                request
                for answer in pages
                for request in parsed(_REQUESTS, answer.body, doing)
                if request.source_project_id == request.target_project_id
            ),
            None,
        )
