"""A report as a check run: its verdict, its headline, its summary, and a remark on every line to blame."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from bloatcheck.ci.model import AnnotationLevel as ReportLevel
from bloatcheck.policy.model import Outcome
from bloatcheck.publish.check import (
    MAX_TITLE_CHARACTERS,
    AnnotationLevel,
    Check,
    Conclusion,
    LineAnnotation,
)
from bloatcheck.report.annotations import annotate
from bloatcheck.report.headline import headline
from bloatcheck.report.links import run_url
from bloatcheck.report.markdown import render_summary
from bloatcheck.report.model import Report
from bloatcheck.report.plain import harmless, shorten
from bloatcheck.report.view import DEFAULT_CONFIG

MOST_ANNOTATIONS = 1000
"""Of errors and of warnings each: twenty requests, of which nobody reads more."""

_LONGEST_SUMMARY = 65_000
"""Bytes, of which there are never fewer than characters; GitHub takes 65,535 of those."""

_LEVELS = {
    ReportLevel.ERROR: AnnotationLevel.FAILURE,
    ReportLevel.WARNING: AnnotationLevel.WARNING,
    ReportLevel.NOTICE: AnnotationLevel.NOTICE,
}


def as_check_run(report: Report, *, commit: str, key: str | None, workflow: str | None = None) -> Check:
    """What a code host shows under the commit.

    Runs of one name replace each other, and a success must not take the place of another's failure. So the
    name holds what tells apart the checks of one commit: the comment's `key` if there is one, else the file
    of the `workflow`, and the configuration's path where it is not the usual one.
    """
    told = headline(report)
    title = harmless(told.pattern.format(*told.names))
    return Check(
        name=_name(report, key, workflow),
        head_sha=commit,
        conclusion=_conclusion(report),
        title=shorten(title, MAX_TITLE_CHARACTERS),
        summary=render_summary(report, longest=_LONGEST_SUMMARY),
        annotations=tuple(_annotations(report)),
        details_url=run_url(report.origin),
    )


def _name(report: Report, key: str | None, workflow: str | None) -> str:
    path = posixpath.join(report.origin.folder, report.config or DEFAULT_CONFIG)
    file = posixpath.splitext(posixpath.basename(workflow or ""))[0]
    apart = [key] if key else [file, "" if path == DEFAULT_CONFIG else path]
    return shorten(harmless(" ".join(filter(None, ["bloatcheck", *apart]))), 100)


def _conclusion(report: Report) -> Conclusion:
    """What the exit code says; a warning, and a broken limit that is only told, are neutral."""
    if report.exit_code:
        return Conclusion.FAILURE
    return Conclusion.SUCCESS if report.outcome is Outcome.PASS else Conclusion.NEUTRAL


def _annotations(report: Report) -> Iterable[LineAnnotation]:
    """Those that stand in a file: a check takes no others, and the summary tells the rest."""
    for annotation in annotate(report, MOST_ANNOTATIONS):
        if annotation.place is None:
            continue
        line = annotation.place.line or 1
        yield LineAnnotation(
            path=annotation.place.file.removeprefix("./"),
            start_line=line,
            end_line=max(line, annotation.place.end_line or line),
            level=_LEVELS[annotation.level],
            title=annotation.title,
            message=annotation.message,
        )
