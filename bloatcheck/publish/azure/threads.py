"""The threads of a pull request: https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads.

Each comment starts a thread, which has a state: it waits for somebody, or it is closed. Where the branch's
policy asks for it, a thread that waits keeps the pull request from being completed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from bloatcheck.publish.azure.manners import API_VERSION, VERSION
from bloatcheck.publish.http import GONE, Client
from bloatcheck.publish.sticky import Note

MAX_COMMENT_CHARACTERS = 150_000

_RUN = re.compile(r"https?://[^\s()]{1,2000}/_build/results\?buildId=([0-9]{1,18})")
_WHO = {"api-version": f"{API_VERSION}-preview"}


@dataclass(frozen=True, slots=True)
class _Identity:
    id: str


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment that was deleted keeps its place, without its text."""

    id: int
    content: str | None = None
    author: _Identity | None = None
    isDeleted: bool = False  # noqa: N815 - Azure's word
    commentType: str = "text"  # noqa: N815 - Azure's word


@dataclass(frozen=True, slots=True)
class _Thread:
    id: int
    comments: tuple[_Comment, ...] | None = None
    isDeleted: bool = False  # noqa: N815 - Azure's word


@dataclass(frozen=True, slots=True)
class _Threads:
    value: tuple[_Thread, ...]


@dataclass(frozen=True, slots=True)
class _Commit:
    commitId: str  # noqa: N815 - Azure's word


@dataclass(frozen=True, slots=True)
class _PullRequest:
    lastMergeSourceCommit: _Commit  # noqa: N815 - Azure's word


@dataclass(frozen=True, slots=True)
class _Connection:
    authenticatedUser: _Identity  # noqa: N815 - Azure's word


_THREAD = TypeAdapter(_Thread)
_THREADS = TypeAdapter(_Threads)
_PULL_REQUEST = TypeAdapter(_PullRequest)
_CONNECTION = TypeAdapter(_Connection)


@dataclass(frozen=True, slots=True)
class AzureThreads:
    """The threads of one pull request, each by its first comment: `bloatcheck.publish.sticky.Notes`.

    `path` is the repository's address below the API, `page` the one for people. `status` is what a thread
    gets whose text we write.
    """

    client: Client
    path: str
    page: str
    number: int
    name: str
    status: str
    longest: int = MAX_COMMENT_CHARACTERS
    run: re.Pattern[str] = _RUN
    _firsts: dict[int, int] = field(default_factory=dict)
    """Of each thread the number of its first comment."""

    @property
    def host(self) -> str:
        """Azure DevOps."""
        return self.client.host

    @property
    def _doing(self) -> str:
        return f"comment on pull request {self.number} of {self.name}"

    @property
    def _threads(self) -> str:
        return f"{self.path}/pullRequests/{self.number}/threads"

    def all(self) -> Iterator[Note]:
        """Every thread that a person or a program began; Azure lists them all at once."""
        doing = f"read the threads of pull request {self.number} of {self.name}"
        found = self.client.get(_THREADS, self._threads, doing=doing, query=VERSION, needs="Read")
        for thread in found.value:
            first = thread.comments[0] if thread.comments else None
            if first and not thread.isDeleted and not first.isDeleted and first.commentType == "text":
                yield self._note(thread.id, first)

    def own_name(self) -> str:
        """The number of the token's user: names there are not unique."""
        path, doing = "/_apis/connectionData", "ask whose token it is"
        return self.client.get(_CONNECTION, path, doing=doing, query=_WHO).authenticatedUser.id

    def create(self, text: str) -> Note:
        """A new thread."""
        answer = self.client.request(
            "POST",
            self._threads,
            doing=self._doing,
            query=VERSION,
            body={
                "comments": [{"parentCommentId": 0, "content": text, "commentType": "text"}],
                "status": self.status,
            },
        )
        thread = self.client.parsed(_THREAD, answer, self._doing)
        return self._note(thread.id, (thread.comments or (_Comment(1, text),))[0])

    def edit(self, note: Note, text: str) -> bool:
        """Another text, and the state that goes with it; whether the thread was still there."""
        thread = f"{self._threads}/{note.number}"
        for path, body in (
            (thread, {"status": self.status}),
            (f"{thread}/comments/{self._firsts[note.number]}", {"content": text}),
        ):
            answer = self.client.request(
                "PATCH", path, doing=self._doing, query=VERSION, body=body, accept=GONE
            )
            if answer.status in GONE:
                return False
        return True

    def remove(self, note: Note) -> None:
        """Away with our comment; a thread without any is gone."""
        self.client.request(
            "DELETE",
            f"{self._threads}/{note.number}/comments/{self._firsts[note.number]}",
            doing="remove a duplicate comment",
            query=VERSION,
            accept=GONE,
        )

    def newest_commit(self) -> str:
        """The head of the pull request."""
        path = f"{self.path}/pullrequests/{self.number}"
        pull = self.client.get(_PULL_REQUEST, path, doing=self._doing, query=VERSION, needs="Read")
        return pull.lastMergeSourceCommit.commitId

    def _note(self, thread: int, first: _Comment) -> Note:
        self._firsts[thread] = first.id
        author = first.author.id if first.author else None
        page = f"{self.page}/pullrequest/{self.number}?discussionId={thread}"
        return Note(thread, first.content or "", author, page)
