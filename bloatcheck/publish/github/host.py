"""Everything that GitHub tells of a repository, and takes for it, in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bloatcheck.publish.check import Check
from bloatcheck.publish.github.approvals import newest_commit, read_signs
from bloatcheck.publish.github.check_run import post_check_run
from bloatcheck.publish.github.comment import RUN, upsert_comment
from bloatcheck.publish.github.pull_requests import open_pull_requests
from bloatcheck.publish.github.repository import Repository
from bloatcheck.publish.sign import Sign
from bloatcheck.publish.sticky import CommentResult


@dataclass(frozen=True, slots=True)
class GitHubHost(Repository):
    """A repository, its pull requests and its checks: `bloatcheck.ci.host.Host`.

    `run` finds the number of a run in its address, where another CI runs.
    """

    run: re.Pattern[str] = RUN

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
        """Leaves exactly one comment of ours."""
        return upsert_comment(
            self.client,
            self.name,
            number,
            body,
            author=author,
            create=create,
            returned=returned,
            head=head,
            run=self.run,
        )

    def post_check(self, check: Check) -> None:
        """A check run."""
        post_check_run(self.client, self.name, check)

    def newest_commit(self, number: int) -> str:
        """The head of a pull request."""
        return newest_commit(self.client, self.name, number)

    def signs(
        self, number: int, *, head: str, label: str | None = None, command: str | None = None
    ) -> tuple[Sign, ...]:
        """Labels and commands of people."""
        return read_signs(self.client, self.name, number, head=head, label=label, command=command)

    def open_pull_requests(self, *, head_repository: str, head_branch: str, head_sha: str) -> tuple[int, ...]:
        """Those with this head."""
        return open_pull_requests(
            self.client,
            self.name,
            head_repository=head_repository,
            head_branch=head_branch,
            head_sha=head_sha,
        )
