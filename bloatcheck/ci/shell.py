"""No CI at all: a desk, or one that we don't know. Files and the exit code are all that is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from bloatcheck.ci.model import (
    Annotation,
    AnnotationLevel,
    Author,
    CiContext,
    Marks,
    Pages,
    ReadEvent,
    TriggeringRun,
    Words,
    read_event,
)
from bloatcheck.errors import DOCUMENTATION, UsageError

if TYPE_CHECKING:
    from bloatcheck.ci.host import Checks, Host
    from bloatcheck.log import Log


class Shell:
    """What a CI is before it says anything else; a real one overrides what it has."""

    name: ClassVar[str] = "shell"
    words: ClassVar[Words] = Words()
    author: ClassVar[Author] = Author(name="bloatcheck", email="bloatcheck@localhost")
    git_user: ClassVar[str] = "x-access-token"
    pages: ClassVar[Pages | None] = None
    marks: ClassVar[Marks | None] = None
    reads_log: ClassVar[bool] = False
    secrets: ClassVar[frozenset[str]] = frozenset()
    most_annotations: ClassVar[int] = 10

    def detects(self, environ: Mapping[str, str]) -> bool:  # noqa: ARG002 - whatever there is
        """Where no other CI is."""
        return True

    def wants_details(self, environ: Mapping[str, str]) -> bool:  # noqa: ARG002 - only options say so
        """No."""
        return False

    def read_context(
        self,
        environ: Mapping[str, str],  # noqa: ARG002 - no shell tells of a run
        read: ReadEvent = read_event,  # noqa: ARG002 - as its neighbour
    ) -> CiContext:
        """No facts, and no token."""
        return CiContext(ci=self.name)

    def annotation(self, annotation: Annotation) -> str | None:  # noqa: ARG002 - none is shown
        """None."""
        return None

    def summary_room(self, context: CiContext) -> int | None:  # noqa: ARG002 - there is no page
        """None."""
        return None

    def write_summary(
        self, context: CiContext, markdown: str, *, key: str, level: AnnotationLevel | None
    ) -> None:
        """Nowhere."""

    def write_outputs(self, context: CiContext, outputs: Mapping[str, str], home: Path | None) -> None:
        """Nowhere."""

    def why_read_only(self, context: CiContext) -> str | None:  # noqa: ARG002 - nothing says so
        """None."""
        return None

    def check_may_build(self, context: CiContext, environ: Mapping[str, str]) -> None:
        """It may."""

    def triggering_run(
        self,
        environ: Mapping[str, str],  # noqa: ARG002 - there is none to read
        read: ReadEvent = read_event,  # noqa: ARG002 - as its neighbour
    ) -> TriggeringRun:
        """None."""
        raise self._no_such_runs()

    def requests_of(
        self,
        run: TriggeringRun,  # noqa: ARG002 - there is none
        context: CiContext,  # noqa: ARG002 - as its neighbour
        token: str,  # noqa: ARG002 - as its neighbour
        log: Log | None,  # noqa: ARG002 - as its neighbour
    ) -> tuple[int, ...]:
        """None."""
        raise self._no_such_runs()

    def _no_such_runs(self) -> UsageError:
        return UsageError(
            "only a run that another workflow's end started (`workflow_run`) comments for it; this one is "
            f"{'none of GitHub Actions' if self.name == 'shell' else self.words.name}",
            hint=f"use it in a workflow `on: workflow_run`, as in {DOCUMENTATION}/forks.md",
        )

    def host(
        self,
        context: CiContext,  # noqa: ARG002 - no host is known
        token: str | None,  # noqa: ARG002 - as its neighbour
        log: Log | None,  # noqa: ARG002 - as its neighbour
    ) -> Host | None:
        """None."""
        return None

    def checks(
        self,
        context: CiContext,  # noqa: ARG002 - no host is known
        token: str | None,  # noqa: ARG002 - as its neighbour
        log: Log | None,  # noqa: ARG002 - as its neighbour
    ) -> Checks | None:
        """None: the job itself is what people see."""
        return None


SHELL = Shell()
