"""Everything that GitLab tells of a project, and takes for it, in one place."""

from __future__ import annotations

from bloatcheck.publish.gitlab.approvals import SignReader
from bloatcheck.publish.gitlab.notes import GitLabNotes
from bloatcheck.publish.gitlab.project import Project
from bloatcheck.publish.sign import Sign, signs_by


class GitLabHost(Project):
    """A project and its merge requests: `bloatcheck.ci.host.Host`."""

    def conversation(self, number: int, *, settled: bool = False) -> GitLabNotes:  # noqa: ARG002 - it is a comment like any other
        """The notes of a merge request."""
        return GitLabNotes(self.client, *self._request(number))

    def signs(
        self, number: int, *, head: str, label: str | None = None, command: str | None = None
    ) -> tuple[Sign, ...]:
        """Labels and commands of people."""
        path, page, name = self._request(number)
        reader = SignReader(self.client, self.path, path, page, name, head)
        return signs_by(reader, label=label, command=command)

    def _request(self, number: int) -> tuple[str, str, str]:
        """A merge request's address below the API, its page, and what to call it."""
        return (
            f"{self.path}/merge_requests/{number}",
            f"{self.page}/-/merge_requests/{number}",
            f"merge request {number} of {self.name[:200]}",
        )
