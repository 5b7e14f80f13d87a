"""Everything that GitLab tells of a project, and takes for it, in one place."""

from __future__ import annotations

from bloatcheck.publish.gitlab.approvals import SignReader
from bloatcheck.publish.gitlab.notes import GitLabNotes
from bloatcheck.publish.gitlab.project import Project
from bloatcheck.publish.sign import Sign, signs_by
from bloatcheck.publish.sticky import CommentResult, upsert


class GitLabHost(Project):
    """A project and its merge requests: `bloatcheck.ci.host.Host`."""

    def upsert_comment(
        self,
        number: int,
        body: str,
        *,
        author: str | None,
        create: bool,
        returned: str | None = None,
        head: str | None = None,
        settled: bool = False,  # noqa: ARG002 - it is a comment like any other
    ) -> CommentResult:
        """Leaves exactly one note of ours."""
        notes = self._notes(number)
        return upsert(notes, body, author=author, create=create, returned=returned, head=head)

    def newest_commit(self, number: int) -> str:
        """The head of a merge request."""
        return self._notes(number).newest_commit()

    def signs(
        self, number: int, *, head: str, label: str | None = None, command: str | None = None
    ) -> tuple[Sign, ...]:
        """Labels and commands of people."""
        path, page, name = self._request(number)
        reader = SignReader(self.client, self.path, path, page, name, head)
        return signs_by(reader, label=label, command=command)

    def _notes(self, number: int) -> GitLabNotes:
        return GitLabNotes(self.client, *self._request(number))

    def _request(self, number: int) -> tuple[str, str, str]:
        """A merge request's address below the API, its page, and what to call it."""
        return (
            f"{self.path}/merge_requests/{number}",
            f"{self.page}/-/merge_requests/{number}",
            f"merge request {number} of {self.name[:200]}",
        )
