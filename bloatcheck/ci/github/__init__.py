"""GitHub Actions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.ci.github import trust
from bloatcheck.ci.github.commands import command
from bloatcheck.ci.github.context import NAME, read_context
from bloatcheck.ci.github.marks import GitHubMarks
from bloatcheck.ci.github.pages import GitHubPages
from bloatcheck.ci.model import (
    Annotation,
    AnnotationLevel,
    Author,
    CiContext,
    ReadEvent,
    TriggeringRun,
    Words,
    read_event,
)
from bloatcheck.ci.shell import Shell
from bloatcheck.errors import DOCUMENTATION

if TYPE_CHECKING:
    from bloatcheck.ci.host import Checks, Host
    from bloatcheck.log import Log
    from bloatcheck.publish.github.host import GitHubHost

WORDS = Words(
    name="GitHub Actions",
    bot="the Actions bot",
    whole_history="`fetch-depth: 0`",
    history="give actions/checkout `fetch-depth: 0`",
    history_or_api="give actions/checkout `fetch-depth: 0`, or the action its `token`",
    reach_remote="in a workflow, give the job `permissions: { contents: read }`, and the action its `token`; "
    "elsewhere, see whether `git ls-remote origin` answers",
    push="give the job `permissions: { contents: write }`, and the action its `token`",
    artifacts="run this on GitHub Actions, with `permissions: { actions: read }`",
    read_artifacts="give the job `permissions: { actions: read, contents: read }`",
    requesting="pass a `token` that may open a pull request, or choose `renew: branch`",
    open_request="give the job `permissions: { contents: write, pull-requests: write }`, and allow GitHub "
    "Actions to create pull requests (Settings, Actions, General)",
    renewing="runs on the default branch (push, schedule, workflow_dispatch)",
    tokenless="Leave the input `token` out, or set it; the report is in the job summary",
    summary="in the job summary",
    second_run=f"a second workflow can post it ({DOCUMENTATION}/forks.md)",
    second_comment=f"a comment that is there already is a second workflow's ({DOCUMENTATION}/forks.md)",
)


class GitHubActions(Shell):
    """What its runner tells and takes, and the API of GitHub or GitHub Enterprise."""

    name = NAME
    words = WORDS
    author = Author(name="github-actions[bot]", email="41898282+github-actions[bot]@users.noreply.github.com")
    """The user behind a job's own token; the number is its id at GitHub."""
    pages = GitHubPages()
    marks = GitHubMarks()
    reads_log = True
    secrets = frozenset({"ACTIONS_ID_TOKEN_REQUEST_TOKEN"})
    """What a job with `id-token: write` becomes anybody by; a build's argument could ask for it."""

    def detects(self, environ: Mapping[str, str]) -> bool:
        """By the variable that says so."""
        return environ.get("GITHUB_ACTIONS") == "true"

    def wants_details(self, environ: Mapping[str, str]) -> bool:
        """By the runner's own debug switch."""
        return environ.get("RUNNER_DEBUG") == "1"

    def read_context(self, environ: Mapping[str, str], read: ReadEvent = read_event) -> CiContext:
        """From the environment and the event."""
        return read_context(environ, read)

    def annotation(self, annotation: Annotation) -> str:
        """`::error file=Dockerfile,line=5,title=…::…`."""
        place = annotation.place
        return command(
            annotation.level.value,
            annotation.message,
            file=place.file if place else None,
            line=place.line if place else None,
            endLine=place.end_line if place else None,
            title=annotation.title,
        )

    def summary_room(self, context: CiContext) -> int | None:
        """What other tools of the same step left."""
        from bloatcheck.publish.github.step_summary import step_summary_room  # noqa: PLC0415 - only if written

        return step_summary_room(Path(context.summary_path)) if context.summary_path else None

    def write_summary(
        self,
        context: CiContext,
        markdown: str,
        *,
        key: str,  # noqa: ARG002 - each step has a summary of its own
        level: AnnotationLevel | None,  # noqa: ARG002 - it has no colour
    ) -> None:
        """The job summary."""
        from bloatcheck.publish.github.step_summary import append_step_summary  # noqa: PLC0415 - only if written

        if context.summary_path:
            append_step_summary(Path(context.summary_path), markdown)

    def write_outputs(self, context: CiContext, outputs: Mapping[str, str], home: Path | None) -> None:  # noqa: ARG002 - the runner has a file of its own
        """The step's outputs."""
        from bloatcheck.publish.github.outputs import write_outputs  # noqa: PLC0415 - only if written

        if context.output_path:
            write_outputs(Path(context.output_path), outputs)

    def why_read_only(self, context: CiContext) -> str | None:
        """That of a fork's pull request does, and of Dependabot's."""
        return trust.why_read_only(context)

    def check_may_build(self, context: CiContext, environ: Mapping[str, str]) -> None:
        """Not under the events that run in the repository's own name, whoever caused them."""
        trust.check_may_build(context, environ)

    def triggering_run(self, environ: Mapping[str, str], read: ReadEvent = read_event) -> TriggeringRun:
        """The run that `workflow_run` is about."""
        from bloatcheck.ci.github.triggering_run import read_triggering_run  # noqa: PLC0415 - imports pydantic

        return read_triggering_run(environ, read, self.read_context(environ, read).repository_url)

    def host(self, context: CiContext, token: str | None, log: Log | None) -> Host | None:
        """The repository through the API."""
        return _host(context, token, log)

    def checks(self, context: CiContext, token: str | None, log: Log | None) -> Checks | None:
        """Check runs."""
        return _host(context, token, log)

    def requests_of(
        self, run: TriggeringRun, context: CiContext, token: str, log: Log | None
    ) -> tuple[int, ...]:
        """Asked from GitHub: what the run itself says about it is not trusted."""
        host = _host(context, token, log)
        if host is None or run.head_repository is None or run.head_branch is None:
            return ()
        return host.open_pull_requests(
            head_repository=run.head_repository, head_branch=run.head_branch, head_sha=run.head_sha
        )


def _host(context: CiContext, token: str | None, log: Log | None) -> GitHubHost | None:
    if not token or context.repository is None:
        return None
    from bloatcheck.publish.github.host import GitHubHost  # noqa: PLC0415 - imports requests
    from bloatcheck.publish.github.manners import GITHUB, PUBLIC_API  # noqa: PLC0415 - only if asked
    from bloatcheck.publish.http import Client  # noqa: PLC0415 - imports requests

    client = Client(token, api_url=context.api_url or PUBLIC_API, manners=GITHUB, log=log)
    return GitHubHost(client, context.repository)


GITHUB = GitHubActions()
