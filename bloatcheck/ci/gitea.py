"""Gitea Actions and Forgejo Actions: runners that take GitHub's workflows, of hosts with their own API.

https://docs.gitea.com/usage/actions/comparison, https://forgejo.org/docs/latest/user/actions/github-actions/
Both tell a run's facts in GitHub's variables and events. On a pull request they have its head checked out,
not a test merge, and the event says where it and its base parted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from bloatcheck.ci.github import WORDS, GitHubActions
from bloatcheck.ci.github.commands import command
from bloatcheck.ci.github.pages import GitHubPages
from bloatcheck.ci.model import Annotation, Author, CiContext, ReadEvent, TriggeringRun, Words, read_event
from bloatcheck.ci.variables import number, present

if TYPE_CHECKING:
    from bloatcheck.ci.host import Checks, Host
    from bloatcheck.log import Log
    from bloatcheck.publish.gitea.host import GiteaHost

_TOKENS = ("GITHUB_TOKEN", "GITEA_TOKEN", "FORGEJO_TOKEN")


def _words(name: str) -> Words:
    permitted = (
        "give the job `permissions: {{ {} }}`, as far as the settings of the repository allow it (Actions), "
        "or pass another token as the input `token`"
    )
    return replace(
        WORDS,
        name=f"{name} Actions",
        bot=f"the user of {name} Actions",
        reach_remote="give the action its `token`; elsewhere, see whether `git ls-remote origin` answers",
        push=permitted.format("contents: write"),
        artifacts=f"run this on {name} Actions, with `permissions: {{ actions: read }}`",
        read_artifacts="give the job `permissions: { actions: read, contents: read }`",
        open_request=permitted.format("contents: write, pull-requests: write"),
        tokenless="Leave the input `token` out, or set it; the report is in its files",
        summary="",
        second_run="",
        second_comment="a comment that is there already stays as it is",
    )


class GiteaPages(GitHubPages):
    """`/commit/…`, `/src/commit/…#L5-L9`, `/actions/runs/…`."""

    run = re.compile(r"/actions/runs/(\d{1,18})", re.ASCII)

    def lines(self, repository_url: str, commit: str, path: str, line: int | None, end: int | None) -> str:
        """Lines of a file as they stand at a commit."""
        anchor = (f"#L{line}" + (f"-L{end}" if end else "")) if line else ""
        return f"{repository_url}/src/commit/{commit}/{path}{anchor}"


class GiteaActions(GitHubActions):
    """What its runner (act_runner) tells and takes, and Gitea's API."""

    name = "gitea"
    title: ClassVar[str] = "Gitea"
    mark: ClassVar[str] = "GITEA_ACTIONS"
    """The variable that tells it from GitHub."""
    words = _words("Gitea")
    author = Author(name="gitea-actions", email="teabot@gitea.io")
    """The user behind a job's own token."""
    run_variable: ClassVar[str] = "GITHUB_RUN_ID"
    """What a run's page is called by. Before 1.26 it was the run's number in the repository."""
    pages = GiteaPages()
    secrets = frozenset({*_TOKENS, "ACTIONS_RUNTIME_TOKEN", *GitHubActions.secrets})
    """Its runner sets them for every step; Forgejo's has identity tokens as GitHub has them."""

    def detects(self, environ: Mapping[str, str]) -> bool:
        """By the variable that says so, beside GitHub's."""
        return environ.get(self.mark) == "true"

    def read_context(self, environ: Mapping[str, str], read: ReadEvent = read_event) -> CiContext:
        """As GitHub's runner tells them, but for the run's page and the API's address."""
        variables = dict(present(environ))
        server = variables.get("GITHUB_SERVER_URL", "").rstrip("/")
        if server and "GITHUB_API_URL" not in variables:
            variables["GITHUB_API_URL"] = f"{server}/api/v1"
        for name in _TOKENS:
            if name in variables:
                variables["GITHUB_TOKEN"] = variables[name]
                break
        context = super().read_context(variables, read)
        run, page = number(variables, self.run_variable), context.repository_url
        return replace(
            context,
            ci=self.name,
            run_url=f"{page}/actions/runs/{run}" if page and run is not None else None,
        )

    def annotation(self, annotation: Annotation) -> str:
        """`::error::Dockerfile:5: …`: there are no annotations, but the log shows such a line in colour."""
        where = f"{annotation.place}: " if annotation.place else ""
        return command(annotation.level.value, f"{where}{annotation.title}: {annotation.message}")

    def host(self, context: CiContext, token: str | None, log: Log | None) -> Host | None:
        """The repository through the API."""
        return self._host(context, token, log)

    def checks(self, context: CiContext, token: str | None, log: Log | None) -> Checks | None:
        """Commit statuses."""
        return self._host(context, token, log)

    def requests_of(
        self, run: TriggeringRun, context: CiContext, token: str, log: Log | None
    ) -> tuple[int, ...]:
        """Asked from the host: what the run itself says about it is not trusted."""
        host = self._host(context, token, log)
        if host is None or run.head_repository is None or run.head_branch is None:
            return ()
        return host.open_pull_requests(
            head_repository=run.head_repository, head_branch=run.head_branch, head_sha=run.head_sha
        )

    def _host(self, context: CiContext, token: str | None, log: Log | None) -> GiteaHost | None:
        if not token or context.repository is None or context.api_url is None:
            return None
        from bloatcheck.publish.gitea.host import GiteaHost  # noqa: PLC0415 - imports requests
        from bloatcheck.publish.gitea.manners import manners  # noqa: PLC0415 - only if asked
        from bloatcheck.publish.http import Client  # noqa: PLC0415 - imports requests

        client = Client(token, api_url=context.api_url, manners=manners(self.title), log=log)
        return GiteaHost(client, context.repository, self.author.name)


class ForgejoActions(GiteaActions):
    """The same for Forgejo's runner, which says that it is Gitea's too: so this one is asked first."""

    name = "forgejo"
    title = "Forgejo"
    mark = "FORGEJO_ACTIONS"
    words = _words("Forgejo")
    author = Author(name="forgejo-actions", email="noreply@forgejo.org")
    run_variable = "GITHUB_RUN_NUMBER"


GITEA = GiteaActions()
FORGEJO = ForgejoActions()
