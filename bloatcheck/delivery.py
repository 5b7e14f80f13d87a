"""Brings a report to everyone who waits for it: files first, so that nothing that fails later loses it."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from bloatcheck.check_run import as_check_run
from bloatcheck.ci.host import Host
from bloatcheck.ci.model import AnnotationLevel, Ci, CiContext
from bloatcheck.ci.registry import ci_named
from bloatcheck.config.model import CommentMode, CommentPolicy, ExportFormat
from bloatcheck.errors import PublishError
from bloatcheck.log import Log
from bloatcheck.policy.attention import deserves_comment
from bloatcheck.policy.model import Outcome
from bloatcheck.publish.files import write_files
from bloatcheck.publish.refused import ReadOnlyTokenError
from bloatcheck.publish.sticky import CommentAction, upsert
from bloatcheck.report.document import to_json
from bloatcheck.report.exports import EXPORTS
from bloatcheck.report.html.model import Sights
from bloatcheck.report.markdown import LONGEST_SUMMARY, render_comment, render_return, render_summary
from bloatcheck.report.model import Report
from bloatcheck.report.outputs import action_outputs

REPORT_FILE = "report.json"
COMMENT_FILE = "comment.md"
SUMMARY_FILE = "summary.md"
HTML_FILE = "report.html"
FILES_FILE = "files.json"
_LEVELS = {
    Outcome.WARN: AnnotationLevel.WARNING,
    Outcome.FAIL: AnnotationLevel.ERROR,
    Outcome.ERROR: AnnotationLevel.ERROR,
}


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where the report is: None where no folder can be written. `comment_url` is None without a comment.

    `comment_pending` says that this run's token may not comment, so that another workflow has to.
    """

    directory: Path | None
    comment_url: str | None = None
    comment_pending: bool = False


def deliver(
    report: Report,
    *,
    context: CiContext,
    policy: CommentPolicy,
    token: str | None,
    directory: Path | None,
    cache_folder: Path | None,
    log: Log,
    leg: bool = False,
    sights: Callable[[], Sights] = dict,
    exports: Iterable[ExportFormat] = (),
) -> Delivered:
    """Writes the files, then the job summary and outputs, then the comment; what fails is only a warning.

    `directory` is None for a new one among the temporary files. `cache_folder` is told as an output, so that
    a later step can keep it. `exports` are formats to write into the same folder. Of a `leg` whose report is
    going to be merged with others, only the files and the outputs are written: the merged report is what is
    shown.

    `sights` finds what the HTML report shows beside the report; it is asked once all other files are there.
    """
    files = {REPORT_FILE: to_json(report)}
    home = _keep(directory, files, log)
    comment = render_comment(report)
    if home:
        files |= {COMMENT_FILE: comment, SUMMARY_FILE: render_summary(report)}
        home = _keep(home, files, log)
    if home:
        _export(report, exports, home, log)
    if home:
        _keep_html(home, report, sights, log)
    ci = ci_named(context.ci)
    if not leg:
        _attempt(log, lambda: _summarize(report, ci, context))
    outputs = {
        **action_outputs(report),
        "report-dir": str(home or ""),
        "report-json": str(home / REPORT_FILE) if home else "",
        "comment-markdown": str(home / COMMENT_FILE) if home else "",
        "comment-url": "",
        "comment-pending": "false",
        "cache-dir": str(cache_folder or ""),
    }
    _attempt(log, lambda: ci.write_outputs(context, outputs, home))
    if leg:
        return Delivered(home)
    posting = _Posting(ci=ci, context=context, policy=policy, token=token, home=home, log=log)
    delivered = posting.comment(report, comment)
    told = {
        "comment-url": delivered.comment_url or "",
        "comment-pending": str(delivered.comment_pending).lower(),
    }
    if delivered != Delivered(home):
        _attempt(log, lambda: ci.write_outputs(context, told, home))
    posting.check_run(report)
    return delivered


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


def _export(report: Report, exports: Iterable[ExportFormat], home: Path, log: Log) -> None:
    """One by one: whatever goes wrong with one format, the other files are there."""
    for name in exports:
        export = EXPORTS[name]
        try:
            write_files(home, {export.file: export.render(report)})
        except PublishError as error:
            _warn(log, error)
        except Exception as error:  # noqa: BLE001 - a fault in one format is no reason to lose the verdict
            log.warning(f"the report can't be written as {name.value}: {type(error).__name__}: {error}")


def _keep_html(home: Path, report: Report, sights: Callable[[], Sights], log: Log) -> None:
    """The page to look at, and what it is made from beside the report: a merge, or `report`, makes it anew.

    Whatever is wrong with it, the other files are there.
    """
    from bloatcheck.report.html import render_html  # noqa: PLC0415 - only where a report is written
    from bloatcheck.report.html.handover import sights_to_json  # noqa: PLC0415 - as its neighbour

    try:
        seen = sights()
        write_files(home, {HTML_FILE: render_html(report, seen)})
        if seen:
            write_files(home, {FILES_FILE: sights_to_json(seen)})
    except Exception as error:  # noqa: BLE001 - a picture of the report must not lose the report
        log.detail(traceback.format_exc())
        log.warning(f"{HTML_FILE} could not be made: {type(error).__name__}: {error}")


def _summarize(report: Report, ci: Ci, context: CiContext) -> None:
    """The run's page, in the room that other tools left."""
    room = ci.summary_room(context)
    if room is not None:
        markdown = render_summary(report, longest=min(LONGEST_SUMMARY, room))
        ci.write_summary(context, markdown, key=report.key, level=_LEVELS.get(report.outcome))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posting:
    """What is told through the code host's API, by a token that may turn out to be good for nothing."""

    ci: Ci
    context: CiContext
    policy: CommentPolicy
    token: str | None
    home: Path | None
    log: Log

    def comment(self, report: Report, body: str) -> Delivered:
        """One comment on the pull request, where there is one."""
        nothing = Delivered(self.home)
        number = self.context.pull_request
        if self.context.repository is None or number is None:
            return nothing
        if not self.token:
            if self.policy.mode is CommentMode.NEVER:
                return nothing
            if self.ci.why_read_only(self.context):
                self._tell_read_only("comment", PublishError("there is no token"))
            else:
                self.log.warning(f"no comment: there is no token. {self.ci.words.tokenless}")
            return replace(nothing, comment_pending=True)
        try:
            host = self._host()
            if host is None:
                return nothing
            settled = report.outcome not in (Outcome.FAIL, Outcome.ERROR)
            result = upsert(
                host.conversation(number, settled=settled),
                body,
                author=self.policy.author,
                create=is_worth_a_comment(report, self.policy),
                returned=render_return(report),
                head=self.context.head_sha,
            )
        except ReadOnlyTokenError as error:
            self._tell_read_only("comment", error)
            return replace(nothing, comment_pending=True)
        except PublishError as error:
            _warn(self.log, error)
            return nothing
        for warning in result.warnings:
            self.log.warning(warning)
        words = self.ci.words
        self.log.info(f"{words.request} {words.sign}{number}: comment {result.action.value}")
        why = self.ci.why_read_only(self.context)
        # What stands under the pull request of a fork is not found from here, and may have to be edited.
        pending = result.action is CommentAction.SKIPPED and why is not None
        if pending:
            self.log.info(f"{why}: {words.second_comment}")
        return replace(nothing, comment_url=result.url, comment_pending=pending)

    def check_run(self, report: Report) -> None:
        """The verdict beside the commit, where it is asked for."""
        commit = self.context.head_sha or self.context.commit
        if not self.policy.check_run or commit is None:
            return
        check = as_check_run(report, commit=commit, key=self.policy.key, workflow=self.context.workflow)
        try:
            checks = self.ci.checks(self.context, self.token, self.log)
            if checks is None:
                return
            checks.post_check(check)
        except ReadOnlyTokenError as error:
            self._tell_read_only("check run", error)
        except PublishError as error:
            _warn(self.log, error)
        else:
            self.log.info(f"check run {check.name}: {check.conclusion.value}")

    def _tell_read_only(self, what: str, error: PublishError) -> None:
        """Nothing is wrong where the token could not be another; else its permissions are."""
        why, words = self.ci.why_read_only(self.context), self.ci.words
        if why is None:
            _warn(self.log, error)
            return
        where = " and ".join(filter(None, [words.summary, f"in {self.home}" if self.home else ""]))
        report = f"The report is {where}" if where else ""
        told = "; ".join(filter(None, [report, words.second_run]))
        self.log.info(f"{why}, so the token only reads and there is no {what} from here. {told}")

    def _host(self) -> Host | None:
        return self.ci.host(self.context, self.token, self.log)


def is_worth_a_comment(report: Report, policy: CommentPolicy) -> bool:
    """Whether a pull request without our comment should get one."""
    trouble = (
        report.outcome in (Outcome.FAIL, Outcome.ERROR)
        or any(change.looser for change in report.changes)
        or any(image.problems for image in report.images)
    )
    return deserves_comment([image.diff for image in report.images if image.diff], policy, trouble=trouble)


def _attempt(log: Log, work: Callable[[], object]) -> None:
    try:
        work()
    except PublishError as error:
        _warn(log, error)


def _warn(log: Log, error: PublishError) -> None:
    log.warning(error.told)
