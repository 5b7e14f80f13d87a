"""Everything that Azure DevOps tells of a repository, and takes for it, in one place."""

from __future__ import annotations

from typing import NoReturn

from bloatcheck.errors import DOCUMENTATION, PublishError
from bloatcheck.publish.azure.repository import Repository
from bloatcheck.publish.azure.threads import AzureThreads


class AzureHost(Repository):
    """A repository and its pull requests: `bloatcheck.ci.host.Host`."""

    def conversation(self, number: int, *, settled: bool = False) -> AzureThreads:
        """The threads of a pull request; ours is closed where that is settled, else it waits for somebody."""
        status = "closed" if settled else "active"
        return AzureThreads(self.client, self.path, self.page, number, self.name[:200], status)

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
            hint=f"approve in the configuration ({DOCUMENTATION}/approvals.md)",
        )
