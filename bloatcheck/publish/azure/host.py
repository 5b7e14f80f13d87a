"""Everything that Azure DevOps tells of a repository, and takes for it, in one place."""

from __future__ import annotations

from typing import NoReturn

from bloatcheck.errors import PublishError
from bloatcheck.publish.azure.repository import Repository
from bloatcheck.publish.azure.threads import AzureThreads
from bloatcheck.publish.sticky import CommentResult, upsert


class AzureHost(Repository):
    """A repository and its pull requests: `bloatcheck.ci.host.Host`."""

    def upsert_comment(
        self,
        number: int,
        body: str,
        *,
        author: str | None,
        create: bool,
        returned: str | None = None,
        head: str | None = None,
        settled: bool = False,
    ) -> CommentResult:
        """Leaves exactly one thread of ours: closed where it is settled, waiting for somebody where not."""
        threads = self._threads(number, "closed" if settled else "active")
        return upsert(threads, body, author=author, create=create, returned=returned, head=head)

    def newest_commit(self, number: int) -> str:
        """The head of a pull request."""
        return self._threads(number, "active").newest_commit()

    def signs(
        self,
        number: int,  # noqa: ARG002 - none is asked
        *,
        head: str,  # noqa: ARG002 - none is asked
        label: str | None = None,  # noqa: ARG002 - none counts
        command: str | None = None,  # noqa: ARG002 - none counts
    ) -> NoReturn:
        """Azure doesn't tell who set a label or when, nor who may push; so nobody can be believed.

        Raises:
            PublishError: always.
        """
        raise PublishError(
            "on Azure DevOps nobody approves by a label or a comment: it doesn't tell who set a label, nor "
            "who may push",
            hint="approve in the configuration (docs/approvals.md)",
        )

    def _threads(self, number: int, status: str) -> AzureThreads:
        return AzureThreads(self.client, self.path, self.page, number, self.name[:200], status)
