"""`bloatcheck comment`: posts the report of a run that was not allowed to, without trusting it."""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.cli.common import (
    TOKEN_VARIABLE,
    add_ci_option,
    add_log_options,
    child_environment,
    log_for,
)
from bloatcheck.errors import DOCUMENTATION, ExitCode, PublishError, ReadError, UsageError

if TYPE_CHECKING:
    from bloatcheck.ci.model import Ci, CiContext, TriggeringRun
    from bloatcheck.config.model import Config
    from bloatcheck.log import Log
    from bloatcheck.report.model import Report


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = f"""\
Comments on a pull request in the place of a run whose token only reads: one for a pull request from a fork,
or from Dependabot. It belongs into a second workflow, `on: workflow_run`, as in
{DOCUMENTATION}/forks.md
Other CIs have no such runs: there `bloatcheck run` and `bloatcheck merge` comment, or leave the report in
files.

Of the report only the images are taken, after checking them against the schema, and the comment is written
anew and says who reported. The pull request is found by asking GitHub which one has that run's commit as its
head. Nothing is built, and the report's verdict decides nothing: no exit code, no check.
"""
    parser.epilog = """\
exit codes:
  0  posted; or there was nothing to post, or no pull request that is still open at that commit
  2  bad usage: this is no workflow_run, there is no token, or there are several reports
  3  the report is no report, or GitHub did not take the comment
  4  a fault in bloatcheck

examples:
  bloatcheck comment --report-dir bloatcheck-report
  bloatcheck comment --report-dir bloatcheck-report/report.json --json
"""
    parser.add_argument(
        "--report-dir",
        metavar="DIR",
        required=True,
        help="the folder that the other run's artifact was unpacked to; also a report's file",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="the configuration of the default branch (default: .bloatcheck.yml, if there is one here)",
    )
    parser.add_argument(
        "--comment",
        choices=("auto", "always", "never"),
        help="when a comment is created (default: as the configuration says, else auto)",
    )
    add_ci_option(parser)
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")
    add_log_options(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Checks the report, finds the pull request, comments."""
    from bloatcheck.ci.registry import detect
    from bloatcheck.cli.report_files import find_reports, read_reports
    from bloatcheck.config.load import configuration_here
    from bloatcheck.report.document import from_json

    token = os.environ.pop(TOKEN_VARIABLE, None)
    log, environment = log_for(args), child_environment()
    ci = detect(environment)
    context, run = ci.read_context(os.environ), ci.triggering_run(os.environ)
    token = token or context.token
    if not token:
        raise UsageError(
            "there is no token to comment with", hint=f"set {TOKEN_VARIABLE}, or leave the input `token` out"
        )
    _check_apart(Path(args.report_dir))
    config = configuration_here(Path.cwd(), path=args.config)
    if not run.is_of_pull_request:
        return _tell(
            args, ci, context, log, "none", why=f"that run was for {run.event[:50]}, not a pull request"
        )
    paths = find_reports([args.report_dir])
    if not paths:
        return _tell(args, ci, context, log, "none", why=f"nothing was handed over in {args.report_dir}")
    if len(paths) > 1:
        raise UsageError(
            f"there are {len(paths)} reports in {args.report_dir}",
            hint="hand one over: the legs of a matrix are merged before (bloatcheck merge)",
        )
    ((_, content),) = read_reports(paths)
    report = from_json(content)
    try:
        return _post(args, ci, context, log, run=run, report=report, config=config, token=token)
    except PublishError as error:
        raise ReadError(error.message, hint=error.hint) from None


def _check_apart(unpacked: Path) -> None:
    """A file of the artifact must not pass for a configuration of ours."""
    if Path.cwd().resolve().is_relative_to(unpacked.resolve()):
        raise UsageError(
            "the report's folder is the one that this runs in, so its files would pass for this repository's",
            hint="unpack the artifact into a folder of its own, for example `path: handed-over`",
        )


def _post(
    args: argparse.Namespace,
    ci: "Ci",
    context: "CiContext",
    log: "Log",
    *,
    run: "TriggeringRun",
    report: "Report",
    config: "Config | None",
    token: str,
) -> ExitCode:
    from dataclasses import replace

    from bloatcheck.config.model import CommentMode, CommentPolicy
    from bloatcheck.delivery import is_worth_a_comment
    from bloatcheck.publish.sticky import upsert
    from bloatcheck.report.markdown import Framing, render_comment, render_return

    repository, host = context.repository, ci.host(context, token, log)
    if repository is None or host is None:
        raise UsageError(f"{ci.words.name} does not say which repository this is")
    if run.head_repository is None or run.head_branch is None:
        return _tell(args, ci, context, log, "none", why="the fork is gone")
    numbers = ci.requests_of(run, context, token, log)
    if not numbers:
        why = f"no open {ci.words.request} has {run.head_sha[:7]} as its head (any more)"
        return _tell(args, ci, context, log, "none", why=why)
    if len(numbers) > 1:
        told = ", ".join(f"#{number}" for number in numbers[:10])
        why = f"{told} all have {run.head_sha[:7]} as their head, and which one was measured can't be told"
        return _tell(args, ci, context, log, "none", why=why)
    policy = config.comment if config else CommentPolicy()
    policy = replace(policy, mode=CommentMode(args.comment)) if args.comment else policy
    shown = _in_our_frame(report, context, run, number=numbers[0], config=config)
    framing = Framing(reported_by=_reporter(run, repository))
    result = upsert(
        host.conversation(numbers[0]),
        render_comment(shown, framing),
        author=policy.author,
        create=is_worth_a_comment(shown, policy),
        returned=render_return(shown, framing),
    )
    for warning in result.warnings:
        log.warning(warning)
    return _tell(args, ci, context, log, result.action.value, url=result.url, number=numbers[0])


def _in_our_frame(
    report: "Report", context: "CiContext", run: "TriggeringRun", *, number: int, config: "Config | None"
) -> "Report":
    """The report, with the code host's word for where it is from and where it goes."""
    from dataclasses import replace
    from datetime import datetime, timezone

    from bloatcheck import __version__
    from bloatcheck.baseline.git import Git
    from bloatcheck.ci.model import comment_key
    from bloatcheck.report.handed_over import trusted
    from bloatcheck.report.model import Origin

    folder = Git(Path.cwd()).folder()
    measuring = replace(context, workflow=run.workflow)
    own = config.comment.key if config else None
    key = own or comment_key(measuring, config.path if config else None, folder)
    return trusted(
        report,
        tool=f"bloatcheck {__version__}",
        created_at=datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
        # A fork names its workflows as it likes, and must not reach a comment of ours that one of them has.
        key=f"fork:{key}" if run.is_of_fork(context.repository) else key,
        origin=Origin(
            repository=context.repository,
            server_url=context.server_url,
            commit=run.head_sha,
            folder=folder,
            pull_request=number,
            run_url=run.url,
            forge=context.ci,
        ),
    )


def _reporter(run: "TriggeringRun", repository: str) -> str:
    return (
        f"the fork `{run.head_repository}`" if run.is_of_fork(repository) else "a run whose token only reads"
    )


def _tell(
    args: argparse.Namespace,
    ci: "Ci",
    context: "CiContext",
    log: "Log",
    action: str,
    *,
    why: str | None = None,
    url: str | None = None,
    number: int | None = None,
) -> ExitCode:
    import json

    from bloatcheck.cli.stdout import tell, tell_json

    done: Mapping[str, object] = {"action": action, "why": why, "pull_request": number, "url": url}
    try:
        ci.write_outputs(context, {"comment-url": url or ""}, None)
    except PublishError as error:
        log.warning(error.message)
    if args.json:
        tell_json(json.dumps(done))
    elif why:
        log.info(f"no comment: {why}")
    else:
        tell(f"pull request #{number}: comment {action}{f', {url}' if url else ''}")
    return ExitCode.OK
