"""Everything that Gitea tells of a repository, and takes for it, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bloatcheck.publish.check import MAX_TITLE_CHARACTERS, Check, Conclusion
from bloatcheck.publish.gitea.approvals import SignReader
from bloatcheck.publish.gitea.artifacts import RunArtifact, archive, branch_artifacts
from bloatcheck.publish.gitea.comments import GiteaComments
from bloatcheck.publish.gitea.repository import Repository
from bloatcheck.publish.sign import Sign, signs_by
from bloatcheck.publish.sticky import CommentResult, upsert

_STATES = {Conclusion.SUCCESS: "success", Conclusion.NEUTRAL: "success", Conclusion.FAILURE: "failure"}


@dataclass(frozen=True, slots=True)
class GiteaHost(Repository):
    """A repository and its pull requests: `bloatcheck.ci.host.Host`. `bot` is a job's own user."""

    bot: str

    def artifacts(self, name: str, branch: str) -> Sequence[RunArtifact]:
        """Those of runs on a branch, newest first."""
        return branch_artifacts(self.client, self.name, name, branch)

    def archive(self, number: int, *, most: int) -> bytes:
        """An artifact's zip archive."""
        return archive(self.client, self.name, number, most=most)

    def upsert_comment(
        self,
        number: int,
        body: str,
        *,
        author: str | None,
        create: bool,
        returned: str | None = None,
        head: str | None = None,
        settled: bool = False,  # noqa: ARG002 - a comment on Gitea has no state
    ) -> CommentResult:
        """Leaves exactly one comment of ours."""
        comments = self._comments(number)
        return upsert(comments, body, author=author, create=create, returned=returned, head=head)

    def newest_commit(self, number: int) -> str:
        """The head of a pull request."""
        return self._comments(number).newest_commit()

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

    def _comments(self, number: int) -> GiteaComments:
        return GiteaComments(self.client, self.name, number, self.bot, self.client.host)
