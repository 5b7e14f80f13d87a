"""GitLab CI."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.ci.gitlab.context import NAME, TOKEN_VARIABLE, read_context
from bloatcheck.ci.gitlab.marks import GitLabMarks
from bloatcheck.ci.gitlab.pages import GitLabPages
from bloatcheck.ci.model import Author, CiContext, ReadEvent, Words, read_event
from bloatcheck.ci.shell import Shell
from bloatcheck.errors import DOCUMENTATION

if TYPE_CHECKING:
    from bloatcheck.ci.host import Host
    from bloatcheck.log import Log

_SET = (
    "set the CI/CD variable BLOATCHECK_TOKEN to a project access token (scope `api`, role Developer); "
    "masked, and not protected, or only protected branches have it"
)

WORDS = Words(
    name="GitLab CI",
    request="merge request",
    sign="!",
    bot="the access token's user",
    whole_history="`GIT_DEPTH: 0`",
    history="give the job the variable `GIT_DEPTH: 0`",
    history_or_api="give the job the variable `GIT_DEPTH: 0`, or BLOATCHECK_TOKEN",
    reach_remote="the job needs git, and a project that its token may read; see whether `git ls-remote "
    "origin` answers",
    push=f"{_SET}; and with the scope `write_repository`",
    artifacts=_SET,
    read_artifacts="the access token needs the scope `read_api` and may have to be a member of the project",
    requesting=f"{_SET}, or choose `renew: branch`",
    open_request="the access token needs the scope `api` and the role Developer",
    renewing="pipelines of the default branch (push, schedule, web)",
    tokenless="A job's own token (CI_JOB_TOKEN) can't write notes: "
    f"{_SET}. The report is in its files ({DOCUMENTATION}/gitlab.md#the-note)",
    second_run=f"let a member run the pipeline in the target project ({DOCUMENTATION}/gitlab.md#forks)",
    second_comment="a note that is there already is that of a pipeline in the target project",
)


class GitLabCi(Shell):
    """What its runner tells, and the API of gitlab.com or of another GitLab."""

    name = NAME
    words = WORDS
    author = Author(name="bloatcheck", email="bloatcheck@noreply.localhost")
    git_user = "oauth2"
    secrets = frozenset({TOKEN_VARIABLE})
    pages = GitLabPages()
    marks = GitLabMarks()

    def detects(self, environ: Mapping[str, str]) -> bool:
        """By the variable that says so."""
        return environ.get("GITLAB_CI") == "true"

    def wants_details(self, environ: Mapping[str, str]) -> bool:
        """By the runner's own debug switch."""
        return environ.get("CI_DEBUG_TRACE") == "true"

    def read_context(self, environ: Mapping[str, str], read: ReadEvent = read_event) -> CiContext:  # noqa: ARG002 - variables tell all
        """From the predefined variables."""
        return read_context(environ)

    def write_outputs(self, context: CiContext, outputs: Mapping[str, str], home: Path | None) -> None:  # noqa: ARG002 - they are a file of the report
        """A dotenv file beside the report."""
        from bloatcheck.ci.gitlab.dotenv import write_dotenv  # noqa: PLC0415 - only if written

        if home:
            write_dotenv(home, outputs)

    def why_read_only(self, context: CiContext) -> str | None:
        """In a fork's own project, no token opens the target's."""
        return "this pipeline runs in the fork of the target project" if context.in_fork else None

    def host(self, context: CiContext, token: str | None, log: Log | None) -> Host | None:
        """The project through the API."""
        if not token or context.repository is None or context.api_url is None:
            return None
        from bloatcheck.publish.gitlab.host import GitLabHost  # noqa: PLC0415 - imports requests
        from bloatcheck.publish.gitlab.manners import GITLAB  # noqa: PLC0415 - only if asked
        from bloatcheck.publish.http import Client  # noqa: PLC0415 - imports requests

        client = Client(token, api_url=context.api_url, manners=GITLAB, log=log)
        return GitLabHost(client, context.repository, context.repository_url or "")


GITLAB = GitLabCi()
