"""The repository through Gitea's API: commits, files, and pull requests of our own."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from http import HTTPStatus
from urllib.parse import quote

from pydantic import TypeAdapter

from bloatcheck.errors import PublishError
from bloatcheck.publish.answers import Sha, check_size, unpacked
from bloatcheck.publish.gitea.manners import LONG
from bloatcheck.publish.http import Client
from bloatcheck.publish.own_request import opened
from bloatcheck.publish.refused import message_of

_READ = "contents: read"
_NOT_NEW = frozenset({HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})


@dataclass(frozen=True, slots=True)
class _Parent:
    sha: Sha


@dataclass(frozen=True, slots=True)
class _Commit:
    sha: Sha
    created: datetime
    parents: tuple[_Parent, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Comparison:
    commits: tuple[_Commit, ...] | None
    total_commits: int


@dataclass(frozen=True, slots=True)
class _Content:
    """A file, or an entry of a folder."""

    type: str
    path: str
    size: int = 0
    content: str | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    full_name: str


@dataclass(frozen=True, slots=True)
class _Side:
    ref: str
    sha: str = ""
    repo: _Named | None = None

    def is_of(self, repository: str) -> bool:
        return self.repo is not None and self.repo.full_name.casefold() == repository.casefold()


@dataclass(frozen=True, slots=True)
class _Pull:
    number: int
    html_url: str
    base: _Side
    head: _Side
    body: str | None = None


_COMPARISON = TypeAdapter(_Comparison)
_COMMITS = TypeAdapter(tuple[_Commit, ...])
_CONTENT: TypeAdapter[_Content | tuple[_Content, ...]] = TypeAdapter(_Content | tuple[_Content, ...])
_PULL = TypeAdapter(_Pull)
_PULLS = TypeAdapter(tuple[_Pull, ...])


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository, `owner/name`, as the client's token may see it."""

    client: Client
    name: str

    def merge_base(self, base: str, head: str) -> str | None:
        """Where two commits parted; None where they have nothing in common, or where it can't be told.

        Gitea doesn't say, but gives the commits that only the head has, with their parents: the one parent
        that is none of them is where they parted. After merges there may be several.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"ask where {base[:12]} and {head[:12]} parted"
        path = f"/repos/{self.name}/compare/{base}...{head}"
        found = self.client.find(_COMPARISON, path, doing=doing, needs=_READ)
        if found is None:
            return None
        commits = found.commits or ()
        if len(commits) != found.total_commits:
            return None
        if not commits:
            return head
        known = {commit.sha for commit in commits}
        before = {parent.sha for commit in commits for parent in commit.parents or ()} - known
        return before.pop() if len(before) == 1 else None

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
        if found.size and not found.content:
            raise PublishError(f"could not {doing}: {self.client.host} gives no file of this size")
        return unpacked(found.content or "", doing, most=most)

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

        Forgejo doesn't know `until`, so that its pages are looked through.

        Raises:
            PublishError: refused, unreachable, or too many commits since.
        """
        doing = f"ask for the commits of {branch}"
        until = moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        least = {"stat": "false", "verification": "false", "files": "false", **LONG}
        query = {"sha": branch, "until": until, **least}
        commits = self.client.each(
            _COMMITS, f"/repos/{self.name}/commits", doing=doing, query=query, needs=_READ
        )
        return next((commit.sha for commit in commits if commit.created <= moment), None)

    def pull_request(self, *, branch: str, base: str, title: str, body: str) -> str:
        """Opens a pull request for a branch, or renews the text of the one that is open.

        Returns:
            Its page.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"open a pull request for {branch}"
        needs = "contents: read, pull-requests: write"

        def create() -> _Pull | PublishError:
            answer = self.client.request(
                "POST",
                f"/repos/{self.name}/pulls",
                doing=doing,
                body={"title": title, "head": branch, "base": base, "body": body},
                accept=_NOT_NEW,
                needs=needs,
            )
            if answer.status in _NOT_NEW:
                words = message_of(answer.body)
                return PublishError(
                    f"{self.client.host} refused to {doing}" + (f": {words}" if words else "")
                )
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
                needs=needs,
            ),
        ).html_url

    def open_pull_requests(self, *, head_repository: str, head_branch: str, head_sha: str) -> tuple[int, ...]:
        """Numbers of the open pull requests that have this commit as their head now.

        Raises:
            PublishError: refused or unreachable.
        """
        doing = f"find the pull request of {head_repository[:200]} into {self.name[:200]}"
        return tuple(
            pull.number
            for pull in self._open_pulls(doing)
            if pull.head.is_of(head_repository) and pull.head.ref == head_branch and pull.head.sha == head_sha
        )

    def _open_pull(self, branch: str, base: str, doing: str) -> _Pull | None:
        return next(
            (
                pull
                for pull in self._open_pulls(doing)
                if pull.head.is_of(self.name) and pull.head.ref == branch and pull.base.ref == base
            ),
            None,
        )

    def _open_pulls(self, doing: str) -> Iterator[_Pull]:
        query = {"state": "open", "sort": "recentupdate", **LONG}
        path = f"/repos/{self.name}/pulls"
        return self.client.each(_PULLS, path, doing=doing, query=query, needs="pull-requests: read")

    def _contents(self, commit: str, path: str) -> _Content | tuple[_Content, ...] | None:
        doing = f"read {path} at {commit[:12]}"
        path = f"/repos/{self.name}/contents/{quote(posixpath.normpath(path))}"
        return self.client.find(_CONTENT, path, doing=doing, query={"ref": commit}, needs=_READ)
