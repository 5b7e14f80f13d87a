"""The repository through GitHub's API: commits, files, artifacts, and a pull request of our own."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import islice
from urllib.parse import quote

from pydantic import TypeAdapter

from bloatcheck.errors import PublishError
from bloatcheck.publish.answers import Sha, check_size, unpacked
from bloatcheck.publish.artifact import Artifact
from bloatcheck.publish.http import Client
from bloatcheck.publish.own_request import opened

_READ = "contents: read"
_READ_RUNS = "actions: read"
_WRITE = "pull-requests: write"
_NOT_NEW = frozenset({HTTPStatus.UNPROCESSABLE_ENTITY})
_MOST_PAGES = 3
"""Of 100 artifacts, newest first."""


LONG = {"per_page": "100"}
"""What a list is asked with to be long."""


@dataclass(frozen=True, slots=True)
class _Commit:
    sha: Sha


@dataclass(frozen=True, slots=True)
class _Comparison:
    merge_base_commit: _Commit


@dataclass(frozen=True, slots=True)
class _Content:
    """A file, or an entry of a folder."""

    type: str
    path: str
    sha: Sha
    size: int
    content: str = ""
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class _Blob:
    content: str
    encoding: str


@dataclass(frozen=True, slots=True)
class _Run:
    id: int
    repository_id: int
    head_repository_id: int
    head_branch: str | None
    head_sha: Sha


@dataclass(frozen=True, slots=True)
class _Artifact:
    id: int
    size_in_bytes: int
    expired: bool
    workflow_run: _Run | None = None


@dataclass(frozen=True, slots=True)
class _Artifacts:
    artifacts: tuple[_Artifact, ...]


@dataclass(frozen=True, slots=True)
class _Pull:
    number: int
    html_url: str
    title: str
    body: str | None = None


_COMPARISON = TypeAdapter(_Comparison)
_CONTENT: TypeAdapter[_Content | tuple[_Content, ...]] = TypeAdapter(_Content | tuple[_Content, ...])
_BLOB = TypeAdapter(_Blob)
_COMMITS = TypeAdapter(tuple[_Commit, ...])
_ARTIFACTS = TypeAdapter(_Artifacts)
_PULL = TypeAdapter(_Pull)
_PULLS = TypeAdapter(tuple[_Pull, ...])


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository, `owner/name`, as the client's token may see it."""

    client: Client
    name: str

    def merge_base(self, base: str, head: str) -> str | None:
        """Where two commits parted; None where they have nothing in common, or one is not there.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"ask where {base[:12]} and {head[:12]} parted"
        path = f"/repos/{self.name}/compare/{base}...{head}"
        found = self.client.find(_COMPARISON, path, doing=doing, query={"per_page": "1"}, needs=_READ)
        return found.merge_base_commit.sha if found else None

    def file(self, commit: str, path: str, *, most: int) -> bytes | None:
        """A file's content at a commit, of at most so many bytes; None where there is no such file.

        Raises:
            PublishError: refused, unreachable, or too large.
        """
        found = self._contents(commit, path)
        if not isinstance(found, _Content) or found.type != "file":
            return None
        doing = f"read {path} at {commit[:12]}"
        check_size(found.size, doing, most=most)
        content = found.content
        if found.encoding != "base64" and found.size:
            path = f"/repos/{self.name}/git/blobs/{quote(found.sha)}"
            content = self.client.get(_BLOB, path, doing=doing, needs=_READ).content
        return unpacked(content, doing, most=most)

    def files(self, commit: str, folder: str) -> tuple[str, ...]:
        """The paths of the files in a folder at a commit, from the repository's top; empty without one.

        Raises:
            PublishError: refused or unreachable.
        """
        found = self._contents(commit, folder)
        if not isinstance(found, tuple):
            return ()
        return tuple(entry.path for entry in found if entry.type == "file")

    def last_before(self, moment: datetime, branch: str) -> str | None:
        """The newest commit of a branch that was made before a moment; None where there is none.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"ask for the commits of {branch}"
        until = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        query = {"sha": branch, "until": until, "per_page": "1"}
        found = self.client.get(
            _COMMITS, f"/repos/{self.name}/commits", doing=doing, query=query, needs=_READ
        )
        return found[0].sha if found else None

    def artifacts(self, name: str, branch: str) -> Sequence[Artifact]:
        """The artifacts of this name that runs on a branch left, newest first; no expired ones.

        A fork may have a branch of the same name; its artifacts are not among them.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"list the artifacts {name}"
        pages = self.client.pages(
            f"/repos/{self.name}/actions/artifacts",
            doing=doing,
            query={"name": name, **LONG},
            needs=_READ_RUNS,
        )
        found = [
            Artifact(number=one.id, run=run.id, commit=run.head_sha, size=one.size_in_bytes)
            for answer in islice(pages, _MOST_PAGES)
            for one in self.client.parsed(_ARTIFACTS, answer, doing).artifacts
            if (run := one.workflow_run)
            and not one.expired
            and run.head_branch == branch
            and run.head_repository_id == run.repository_id
        ]
        return sorted(found, key=lambda artifact: artifact.number, reverse=True)

    def archive(self, number: int, *, most: int) -> bytes:
        """An artifact's zip archive, of at most so many bytes.

        Raises:
            PublishError: refused, unreachable, or too large.
        """
        return self.client.download(
            f"/repos/{self.name}/actions/artifacts/{number}/zip",
            doing=f"download artifact {number}",
            most=most,
            needs=_READ_RUNS,
        )

    def pull_request(self, *, branch: str, base: str, title: str, body: str) -> str:
        """Opens a pull request for a branch, or renews the text of the one that is open.

        Returns:
            Its page.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"open a pull request for {branch}"

        def create() -> _Pull | PublishError:
            answer = self.client.request(
                "POST",
                f"/repos/{self.name}/pulls",
                doing=doing,
                body={"title": title, "head": branch, "base": base, "body": body},
                accept=_NOT_NEW,
                needs=_WRITE,
            )
            if answer.status in _NOT_NEW:
                return PublishError(f"GitHub refused to {doing}", hint=_ALLOW)
            return self.client.parsed(_PULL, answer, doing)

        return opened(
            body,
            find=lambda: self._open_pull(branch, base, doing),
            create=create,
            text_of=lambda pull: pull.body,
            renew=lambda pull: self.client.request(
                "PATCH",
                f"/repos/{self.name}/pulls/{pull.number}",
                doing=doing,
                body={"title": title, "body": body},
                needs=_WRITE,
            ),
        ).html_url

    def _open_pull(self, branch: str, base: str, doing: str) -> _Pull | None:
        owner = self.name.partition("/")[0]
        found = self.client.get(
            _PULLS,
            f"/repos/{self.name}/pulls",
            doing=doing,
            query={"state": "open", "head": f"{owner}:{branch}", "base": base, "per_page": "1"},
            needs="pull-requests: read",
        )
        return found[0] if found else None

    def _contents(self, commit: str, path: str) -> _Content | tuple[_Content, ...] | None:
        doing = f"read {path} at {commit[:12]}"
        path = f"/repos/{self.name}/contents/{quote(posixpath.normpath(path))}"
        return self.client.find(_CONTENT, path, doing=doing, query={"ref": commit}, needs=_READ)


_ALLOW = "allow GitHub Actions to create pull requests: Settings, Actions, General, Workflow permissions"
