"""The project through GitLab's API: commits, files, jobs' artifacts, and a merge request of our own."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote

from pydantic import TypeAdapter

from bloatcheck.errors import PublishError
from bloatcheck.publish.answers import Sha, check_size, unpacked
from bloatcheck.publish.artifact import Artifact
from bloatcheck.publish.http import GONE, Client
from bloatcheck.publish.own_request import opened

_READ = "read_api"
_NOT_HERE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST})
"""GitLab calls a commit that it doesn't have a bad request."""
_NOT_NEW = frozenset({HTTPStatus.CONFLICT})
_MOST_PAGES = 3
"""Of 100 jobs, newest first."""


@dataclass(frozen=True, slots=True)
class _Commit:
    id: Sha


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

    client: Client
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
        path, query = f"{self.path}/repository/merge_base", {"refs[]": (base, head)}
        found = self.client.find(_COMMIT, path, doing=doing, query=query, missing=_NOT_HERE, needs=_READ)
        return found.id if found else None

    def file(self, commit: str, path: str, *, most: int) -> bytes | None:
        """A file's content at a commit, of at most so many bytes; None where there is no such file.

        Raises:
            PublishError: refused, unreachable, or too large.
        """
        doing = f"read {path} at {commit[:12]}"
        path = f"{self.path}/repository/files/{quote(posixpath.normpath(path), safe='')}"
        found = self.client.find(_FILE, path, doing=doing, query={"ref": commit}, needs=_READ)
        if found is None:
            return None
        check_size(found.size, doing, most=most)
        return unpacked(found.content, doing, most=most)

    def files(self, commit: str, folder: str) -> tuple[str, ...]:
        """The paths of the files in a folder at a commit, from the repository's top; empty without one.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"list {folder} at {commit[:12]}"
        entries = self.client.each(
            _TREE,
            f"{self.path}/repository/tree",
            doing=doing,
            query={"ref": commit, "path": folder, "per_page": "100"},
            needs=_READ,
            missing=GONE,
        )
        return tuple(entry.path for entry in entries if entry.type == "blob")

    def last_before(self, moment: datetime, branch: str) -> str | None:
        """The newest commit of a branch that was made before a moment; None where there is none.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"ask for the commits of {branch}"
        found = self.client.get(
            _COMMITS,
            f"{self.path}/repository/commits",
            doing=doing,
            query={"ref_name": branch, "until": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "per_page": "1"},
            needs=_READ,
        )
        return found[0].id if found else None

    def artifacts(self, name: str, branch: str) -> Sequence[Artifact]:
        """The archives of jobs of this name that passed on a branch, newest first.

        Jobs of merge requests, and of forks, have another ref or another project.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"list the jobs {name}"
        jobs = self.client.each(
            _JOBS,
            f"{self.path}/jobs",
            doing=doing,
            query={"scope[]": "success", "per_page": "100"},
            needs=_READ,
            most_pages=_MOST_PAGES,
        )
        found = [
            Artifact(number=job.id, run=job.id, commit=job.commit.id, size=job.artifacts_file.size)
            for job in jobs
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
            return self.client.parsed(_REQUEST, answer, doing)

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
        requests = self.client.each(
            _REQUESTS,
            f"{self.path}/merge_requests",
            doing=doing,
            query={"state": "opened", "source_branch": branch, "target_branch": base, "per_page": "100"},
            needs=_READ,
        )
        return next((one for one in requests if one.source_project_id == one.target_project_id), None)
