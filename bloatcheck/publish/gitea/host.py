"""Everything that Gitea tells of a repository, and takes for it, in one place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bloatcheck.publish.artifact import Artifact
from bloatcheck.publish.check import MAX_TITLE_CHARACTERS, Check, Conclusion
from bloatcheck.publish.gitea.approvals import SignReader
from bloatcheck.publish.gitea.artifacts import archive, branch_artifacts
from bloatcheck.publish.gitea.repository import Repository
from bloatcheck.publish.issue_comments import IssueComments
from bloatcheck.publish.sign import Sign, signs_by

_RUN = re.compile(r"/actions/runs/([0-9]{1,18})")
_STATES = {Conclusion.SUCCESS: "success", Conclusion.NEUTRAL: "success", Conclusion.FAILURE: "failure"}


@dataclass(frozen=True, slots=True)
class GiteaHost(Repository):
    """A repository and its pull requests: `bloatcheck.ci.host.Host`. `bot` is a job's own user."""

    bot: str

    def artifacts(self, name: str, branch: str) -> Sequence[Artifact]:
        """Those of runs on a branch, newest first."""
        return branch_artifacts(self.client, self.name, name, branch)

    def archive(self, number: int, *, most: int) -> bytes:
        """An artifact's zip archive."""
        return archive(self.client, self.name, number, most=most)

    def conversation(self, number: int, *, settled: bool = False) -> IssueComments:  # noqa: ARG002 - it is a comment like any other
        """The comments of a pull request; they come all at once."""
        return IssueComments(
            client=self.client, repository=self.name, pull_request=number, bot=self.bot, run=_RUN, page={}
        )

    def signs(
        self, number: int, *, head: str, label: str | None = None, command: str | None = None
    ) -> tuple[Sign, ...]:
        """Labels and commands of people."""
        reader = SignReader(self.client, self.name, number, head)
        return signs_by(reader, label=label, command=command)

    def post_check(self, check: Check) -> None:
        """A commit status: one line, with a link to the run. Gitea has no check runs."""
        self.client.request(
            "POST",
            f"/repos/{self.name}/statuses/{check.head_sha}",
            doing=f"set a commit status in {self.name[:200]}",
            body={
                "context": check.name,
                "state": _STATES[check.conclusion],
                "description": check.title[:MAX_TITLE_CHARACTERS],
                "target_url": check.details_url or "",
            },
            needs="contents: write",
        )
