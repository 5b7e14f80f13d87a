"""Brings a report to everyone who waits for it: files first, so that nothing that fails later loses it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bloatcheck.config.context import CiContext
from bloatcheck.config.model import CommentMode, CommentPolicy
from bloatcheck.errors import PublishError
from bloatcheck.log import Log
from bloatcheck.policy.attention import deserves_comment
from bloatcheck.policy.model import Outcome
from bloatcheck.publish.files import write_files
from bloatcheck.publish.outputs import write_outputs
from bloatcheck.publish.step_summary import append_step_summary, step_summary_room
from bloatcheck.report.document import to_json
from bloatcheck.report.markdown import LONGEST_SUMMARY, render_comment, render_summary
from bloatcheck.report.model import Report
from bloatcheck.report.outputs import action_outputs

REPORT_FILE = "report.json"
COMMENT_FILE = "comment.md"
SUMMARY_FILE = "summary.md"


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where the report is: None where no folder can be written. `comment_url` is None without a comment."""

    directory: Path | None
    comment_url: str | None = None


def deliver(
    report: Report,
    *,
    context: CiContext,
    policy: CommentPolicy,
    token: str | None,
    directory: Path | None,
    cache_folder: Path | None,
    log: Log,
) -> Delivered:
    """Writes the files, then the job summary and outputs, then the comment; what fails is only a warning.

    `directory` is None for a new one among the temporary files. `cache_folder` is told as an output, so that
    a later step can keep it.
    """
    files = {REPORT_FILE: to_json(report)}
    home = _keep(directory, files, log)
    comment = render_comment(report)
    if home:
        files |= {COMMENT_FILE: comment, SUMMARY_FILE: render_summary(report)}
        home = _keep(home, files, log)
    if context.summary_path:
        path = Path(context.summary_path)
        _attempt(log, lambda: _summarize(report, path))
    outputs = {
        **action_outputs(report),
        "report-dir": str(home or ""),
        "report-json": str(home / REPORT_FILE) if home else "",
        "comment-markdown": str(home / COMMENT_FILE) if home else "",
        "comment-url": "",
        "cache-dir": str(cache_folder or ""),
    }
    _set_outputs(context, outputs, log)
    url = _comment(report, comment, context=context, policy=policy, token=token, log=log)
    if url:
        _set_outputs(context, {"comment-url": url}, log)
    return Delivered(home, url)


def _keep(directory: Path | None, files: dict[str, str], log: Log) -> Path | None:
    """Writes the files where they were asked for, or else where there is room; the folder they are in."""
    trouble = ""
    if directory is not None:
        try:
            write_files(directory, files)
        except PublishError as error:
            trouble = f"{error.message}; "
        else:
            return directory
    try:
        elsewhere = Path(tempfile.mkdtemp(prefix="bloatcheck-report-"))
        write_files(elsewhere, files)
    except (OSError, PublishError) as error:
        log.warning(f"{trouble}the report is in no file: {error}")
        return None
    if trouble:
        log.warning(f"{trouble}it goes to {elsewhere} instead")
    return elsewhere


def _summarize(report: Report, path: Path) -> None:
    """The job summary, in the room that other tools of the same step left."""
    room = min(LONGEST_SUMMARY, step_summary_room(path))
    append_step_summary(path, render_summary(report, longest=room))


def _set_outputs(context: CiContext, outputs: dict[str, str], log: Log) -> None:
    if context.output_path:
        path = Path(context.output_path)
        _attempt(log, lambda: write_outputs(path, outputs))


def _comment(
    report: Report, body: str, *, context: CiContext, policy: CommentPolicy, token: str | None, log: Log
) -> str | None:
    repository, number = context.repository, context.pull_request
    if repository is None or number is None:
        return None
    if not token and policy.mode is CommentMode.NEVER:
        return None
    if not token:
        log.warning("no comment: there is no token. The report is in the job summary")
        return None
    trouble = report.outcome in (Outcome.FAIL, Outcome.ERROR)
    create = deserves_comment([image.diff for image in report.images if image.diff], policy, trouble=trouble)
    from bloatcheck.publish.comment import upsert_comment  # noqa: PLC0415 - imports requests
    from bloatcheck.publish.github import GitHub  # noqa: PLC0415 - imports requests

    url: str | None = None

    def post() -> None:
        nonlocal url
        result = upsert_comment(
            GitHub(token, api_url=context.api_url, log=log),
            repository,
            number,
            body,
            author=policy.author,
            create=create,
        )
        url = result.url
        for warning in result.warnings:
            log.warning(warning)
        log.info(f"pull request #{number}: comment {result.action.value}")

    _attempt(log, post)
    return url


def _attempt(log: Log, work: Callable[[], object]) -> None:
    try:
        work()
    except PublishError as error:
        log.warning(f"{error.message}. {error.hint}" if error.hint else error.message)
