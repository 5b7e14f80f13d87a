"""Everything that GitHub tells of a repository, and takes for it, in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bloatcheck.publish.check import Check
from bloatcheck.publish.github.approvals import SignReader
from bloatcheck.publish.github.check_run import post_check_run
from bloatcheck.publish.github.pull_requests import open_pull_requests
from bloatcheck.publish.github.repository import LONG, Repository
from bloatcheck.publish.issue_comments import IssueComments
from bloatcheck.publish.sign import Sign, signs_by

ACTIONS_BOT = "github-actions[bot]"
"""The user behind a job's own token."""
_RUN = re.compile(r"/actions/runs/([0-9]{1,18})(?:/(?:attempts|job)/[0-9]{1,20})?")


@dataclass(frozen=True, slots=True)
class GitHubHost(Repository):
    """A repository, its pull requests and its checks: `bloatcheck.ci.host.Host`.

    `run` finds the number of a run in its address, where another CI runs.
    """

    run: re.Pattern[str] = _RUN

    def conversation(self, number: int, *, settled: bool = False) -> IssueComments:  # noqa: ARG002 - it is a comment like any other
        """The comments of a pull request."""
        return IssueComments(
            client=self.client,
            repository=self.name,
            pull_request=number,
            bot=ACTIONS_BOT,
            run=self.run,
            page=LONG,
        )

    def post_check(self, check: Check) -> None:
        """A check run."""
        post_check_run(self.client, self.name, check)

    def signs(
        self, number: int, *, head: str, label: str | None = None, command: str | None = None
    ) -> tuple[Sign, ...]:
        """Labels and commands of people."""
        reader = SignReader(self.client, self.name, number, head)
        return signs_by(reader, label=label, command=command)

    def open_pull_requests(self, *, head_repository: str, head_branch: str, head_sha: str) -> tuple[int, ...]:
        """Those with this head."""
        return open_pull_requests(
            self.client,
            self.name,
            head_repository=head_repository,
            head_branch=head_branch,
            head_sha=head_sha,
        )
