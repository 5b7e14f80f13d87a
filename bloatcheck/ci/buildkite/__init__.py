"""Buildkite."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from bloatcheck.ci.buildkite.context import NAME, read_context
from bloatcheck.ci.buildkite.marks import BuildkiteMarks
from bloatcheck.ci.hosted import Hosted, HostedPages
from bloatcheck.ci.model import AnnotationLevel, CiContext, ReadEvent, Words, read_event

_STYLES = {
    None: "success",
    AnnotationLevel.NOTICE: "info",
    AnnotationLevel.WARNING: "warning",
    AnnotationLevel.ERROR: "error",
}

WORDS = Words(
    name="Buildkite",
    whole_history="a clone without `--depth` (BUILDKITE_GIT_CLONE_FLAGS)",
    history="clone without `--depth` (BUILDKITE_GIT_CLONE_FLAGS, BUILDKITE_GIT_FETCH_FLAGS)",
    history_or_api="clone without `--depth` (BUILDKITE_GIT_CLONE_FLAGS), or set BLOATCHECK_TOKEN",
    reach_remote="the agent's key has to open the repository; see whether `git ls-remote origin` answers",
    push="the agent's key has to be one that writes",
    renewing="builds of the pipeline's default branch",
    tokenless="Set BLOATCHECK_TOKEN to a GitHub token that may comment; the report is in the build's "
    "annotation",
    summary="in the build's annotation",
    second_run="keep its files with `artifact_paths`",
)


class Buildkite(Hosted):
    """What its agent tells and takes."""

    name = NAME
    words = WORDS
    secrets = frozenset({"BUILDKITE_AGENT_ACCESS_TOKEN", "BUILDKITE_AGENT_JOB_API_TOKEN"})
    """The job's way to its build, and to the environment of the agent on this machine."""
    pages: ClassVar[HostedPages] = HostedPages(
        r"https://[A-Za-z0-9.-]{1,253}/[A-Za-z0-9._-]{1,200}/[A-Za-z0-9._-]{1,200}/builds/([0-9]{1,18})"
    )
    marks = BuildkiteMarks()

    def detects(self, environ: Mapping[str, str]) -> bool:
        """By the variable that says so."""
        return environ.get("BUILDKITE") == "true"

    def read_context(self, environ: Mapping[str, str], read: ReadEvent = read_event) -> CiContext:  # noqa: ARG002 - variables tell all
        """From the job's variables."""
        return read_context(environ)

    def summary_room(self, context: CiContext) -> int | None:  # noqa: ARG002 - each key has an annotation of its own
        """An annotation's."""
        from bloatcheck.publish.buildkite.agent import MAX_ANNOTATION_BYTES  # noqa: PLC0415 - only if written

        return MAX_ANNOTATION_BYTES

    def write_summary(
        self,
        context: CiContext,  # noqa: ARG002 - the agent knows the build
        markdown: str,
        *,
        key: str,
        level: AnnotationLevel | None,
    ) -> None:
        """The build's annotation, which a later job's of the same key replaces."""
        from bloatcheck.publish.buildkite.agent import annotate  # noqa: PLC0415 - only if written

        annotate(markdown, key=key, style=_STYLES[level])

    def write_outputs(self, context: CiContext, outputs: Mapping[str, str], home: Path | None) -> None:  # noqa: ARG002 - they are the build's
        """The build's meta-data. That there is no agent has been told for the annotation."""
        from bloatcheck.publish.buildkite.agent import is_there, set_meta_data  # noqa: PLC0415 - only if written

        if is_there():
            set_meta_data(outputs)

    def why_read_only(self, context: CiContext) -> str | None:
        """Buildkite gives a fork's builds only what its pipeline does."""
        return "this pull request comes from a fork" if context.from_fork else None


BUILDKITE = Buildkite()
