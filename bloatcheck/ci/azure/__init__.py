"""Azure Pipelines."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from bloatcheck.ci.azure.commands import command
from bloatcheck.ci.azure.context import NAME, TOKEN_VARIABLE, read_context
from bloatcheck.ci.azure.marks import AzureMarks, issue
from bloatcheck.ci.azure.pages import IN_AZURE, AzurePages
from bloatcheck.ci.hosted import DEFAULT_BRANCH, Hosted
from bloatcheck.ci.model import (
    Annotation,
    AnnotationLevel,
    CiContext,
    ReadEvent,
    Words,
    read_event,
)
from bloatcheck.errors import DOCUMENTATION, PublishError
from bloatcheck.whole_file import write_whole

if TYPE_CHECKING:
    from bloatcheck.ci.host import Checks, Host
    from bloatcheck.log import Log

MAX_SUMMARY_BYTES = 1024 * 1024
"""Azure names no limit for the page's markdown; this is as much as others take."""

WORDS = Words(
    name="Azure Pipelines",
    bot="the project's build service",
    whole_history="`fetchDepth: 0`",
    history="give the checkout step `fetchDepth: 0`",
    history_or_api="give the checkout step `fetchDepth: 0`, or the step SYSTEM_ACCESSTOKEN",
    reach_remote="give the checkout step `persistCredentials: true`; see whether `git ls-remote origin` "
    "answers",
    push="give the step `env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}`, and the build service the "
    "permission Contribute to the repository",
    artifacts="artifacts of Azure Pipelines are not read: use the source `file` or `branch`",
    read_artifacts="artifacts of Azure Pipelines are not read: use the source `file` or `branch`",
    open_request="give the build service the permission Contribute to pull requests",
    renewing=f"runs of the branch that {DEFAULT_BRANCH} names",
    tokenless="Give the step `env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}` "
    f"({DOCUMENTATION}/ci.md#azure-pipelines); of a "
    "repository on GitHub, set BLOATCHECK_TOKEN to a GitHub token. The report is in the run's summary",
    summary="in the run's summary",
    second_run="let a member run it with a token that writes",
)


class AzurePipelines(Hosted):
    """What its agent tells and takes, and the API of Azure DevOps; or GitHub's, for repositories there."""

    name = NAME
    words = WORDS
    secrets = frozenset({TOKEN_VARIABLE})
    pages: ClassVar[AzurePages] = AzurePages()
    marks = AzureMarks()
    reads_log = True

    def detects(self, environ: Mapping[str, str]) -> bool:
        """By the variable that says so."""
        return environ.get("TF_BUILD", "").lower() == "true"

    def wants_details(self, environ: Mapping[str, str]) -> bool:
        """By the run's own switch."""
        return environ.get("SYSTEM_DEBUG", "").lower() == "true"

    def read_context(self, environ: Mapping[str, str], read: ReadEvent = read_event) -> CiContext:  # noqa: ARG002 - variables tell all
        """From the predefined variables."""
        return read_context(environ)

    def annotation(self, annotation: Annotation) -> str | None:
        """`##vso[task.logissue type=error;sourcepath=Dockerfile;linenumber=5]…`; there are no notices."""
        if annotation.level is AnnotationLevel.NOTICE:
            return None
        return issue(annotation.level.value, f"{annotation.title}: {annotation.message}", annotation.place)

    def summary_room(self, context: CiContext) -> int | None:
        """Each file has a section of its own."""
        return MAX_SUMMARY_BYTES if context.summary_path else None

    def write_summary(
        self,
        context: CiContext,
        markdown: str,
        *,
        key: str,  # noqa: ARG002 - each file has a section of its own
        level: AnnotationLevel | None,  # noqa: ARG002 - it has no colour
    ) -> None:
        """A file that the agent takes up, in the folder that it empties after the job."""
        if context.summary_path is None:
            return
        try:
            file = Path(tempfile.mkdtemp(prefix="bloatcheck-", dir=context.summary_path)) / "bloatcheck.md"
            write_whole(file, markdown.encode("utf-8", "replace"), through_links=False)
        except OSError as error:
            raise PublishError(
                f"the run's summary can't be written: {error.strerror or error}",
                hint="AGENT_TEMPDIRECTORY should name the agent's folder for temporary files",
            ) from error
        _say(command("task.uploadsummary", str(file)))

    def write_outputs(self, context: CiContext, outputs: Mapping[str, str], home: Path | None) -> None:  # noqa: ARG002 - the agent keeps them
        """Output variables, `bloatcheck_comment_url`."""
        for name, value in outputs.items():
            variable = f"bloatcheck_{name.replace('-', '_')}"
            _say(command("task.setvariable", value, variable=variable, isOutput="true"))

    def why_read_only(self, context: CiContext) -> str | None:
        """A fork's run gets a token that writes only where its pipeline says so."""
        return "this pull request comes from a fork" if context.from_fork else None

    def host(self, context: CiContext, token: str | None, log: Log | None) -> Host | None:
        """The repository through the API of Azure DevOps, or of GitHub."""
        if context.repository is None or not IN_AZURE.fullmatch(context.repository):
            return super().host(context, token, log)
        if not token or context.api_url is None:
            return None
        from bloatcheck.publish.azure.host import AzureHost  # noqa: PLC0415 - imports requests
        from bloatcheck.publish.azure.manners import AZURE as MANNERS  # noqa: PLC0415 - only if asked
        from bloatcheck.publish.http import Client  # noqa: PLC0415 - imports requests

        client = Client(token, api_url=context.api_url, manners=MANNERS, log=log)
        return AzureHost(client, context.repository, context.repository_url or "")

    def checks(self, context: CiContext, token: str | None, log: Log | None) -> Checks | None:
        """GitHub's, for repositories there; in Azure DevOps the run itself is what people see."""
        if context.repository is None or IN_AZURE.fullmatch(context.repository):
            return None
        return super().checks(context, token, log)


def _say(line: str) -> None:
    """The agent reads both streams; a document may be on the other."""
    with suppress(BrokenPipeError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


AZURE = AzurePipelines()
