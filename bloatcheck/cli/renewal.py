"""`bloatcheck baseline renew`, and the same at the end of a run on the default branch."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.cli.common import (
    TOKEN_VARIABLE,
    add_ci_option,
    add_log_options,
    child_environment,
    log_for,
)
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.errors import BaselineError, ExitCode, UsageError
from bloatcheck.log import Log
from bloatcheck.report.plain import harmless_line

if TYPE_CHECKING:
    from bloatcheck.analysis.snapshot import ImageSnapshot
    from bloatcheck.baseline.model import BaselineEntry, LayerNoise
    from bloatcheck.references import References
    from bloatcheck.report.model import Report


def configure_renew(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Renews the baseline as the configuration's `baseline.renew` says: by a commit on the default branch (a pull
request where that is protected), on a branch of its own, or as a file to upload as artifact. On the default
branch `bloatcheck run` does it by itself; this command does it with the report of another run, such as the
merged one of a matrix.
"""
    parser.epilog = """\
exit codes:
  0  renewed, or nothing had moved
  2  bad usage or configuration, not on the default branch, or it can't be pushed
  3  an image could not be built or read; the others were renewed

examples:
  bloatcheck baseline renew                              build, measure, renew
  bloatcheck baseline renew --report merged/report.json  with what was measured already
"""
    parser.add_argument(
        "--config", metavar="FILE", help="the configuration (default: .bloatcheck.yml, if there is one)"
    )
    parser.add_argument("--report", metavar="FILE", help="take the sizes of this report, and build nothing")
    parser.add_argument("--report-dir", metavar="DIR", help="where `renew: artifact` leaves its file")
    add_ci_option(parser)
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")
    add_log_options(parser)


def renew(args: argparse.Namespace) -> ExitCode:
    """Renews, with a report or after measuring."""
    from bloatcheck import pipeline
    from bloatcheck.ci.registry import detect
    from bloatcheck.config.load import load_config
    from bloatcheck.config.model import Renewal
    from bloatcheck.references import References

    token = os.environ.pop(TOKEN_VARIABLE, None)
    log, environment = log_for(args), child_environment()
    ci = detect(environment)
    context = ci.read_context(os.environ)
    config = load_config(Path.cwd(), path=args.config)
    references = References(
        config=config, context=context, token=token or context.token, environment=environment, log=log
    )
    if config.baseline.renew is Renewal.NEVER:
        raise UsageError(
            "the configuration renews no baseline",
            hint="say how: `baseline: {renew: commit}`, branch or artifact",
        )
    if not references.renews():
        raise UsageError(
            f"the baseline is renewed by {ci.words.renewing}",
            hint="at your desk: bloatcheck baseline update",
        )
    directory = Path(args.report_dir) if args.report_dir else None
    if args.report:
        report = _report_in(args.report)
        renewed = references.renew(
            _snapshots_of(report),
            partial=_is_partial(report),
            directory=directory,
            commit=report.origin.commit,
            noise=_noise_of(report),
            unbuilt=_unbuilt_of(report),
        )
        complete = not _is_partial(report)
    else:
        if any(image.build for image in config.images):
            ci.check_may_build(context, environment)
        results = pipeline.measure(config, log=log, environment=environment)
        snapshots = [result.snapshot for result in results if isinstance(result, pipeline.Measured)]
        complete = len(snapshots) == len(results)
        renewed = references.renew(snapshots, partial=not complete, directory=directory)
    if args.json:
        tell_json(json.dumps({"what": renewed.what, "url": renewed.url}))
    else:
        tell(harmless_line(" ".join(part for part in (renewed.what, renewed.url) if part)))
    return ExitCode.OK if complete else ExitCode.UNREADABLE


def renew_after_run(
    references: References, report: Report, *, partial: bool, directory: Path | None, log: Log
) -> None:
    """Renews the baseline with what a run measured; where it can't be, that is a warning.

    The run's verdict stands, and its report is delivered.
    """
    try:
        renewed = references.renew(
            _snapshots_of(report),
            partial=partial or _is_partial(report),
            directory=directory,
            noise=_noise_of(report),
            unbuilt=_unbuilt_of(report),
        )
    except BaselineError as error:
        log.warning(f"the baseline is not renewed: {error.told}")
    else:
        log.info(" ".join(part for part in (renewed.what, renewed.url) if part))


def _report_in(place: str) -> Report:
    from bloatcheck.cli.report_files import find_reports, read_reports
    from bloatcheck.report.document import from_json

    found = find_reports([place])
    if len(found) != 1:
        raise UsageError(
            f"{place} holds {len(found)} reports, and one is needed", hint="join them first: bloatcheck merge"
        )
    ((_, content),) = read_reports(found)
    return from_json(content)


def _snapshots_of(report: Report) -> list[ImageSnapshot]:
    return [
        image.diff.after
        for image in report.images
        if image.diff and image.diff.after and image.unbuilt is None
    ]


def _unbuilt_of(report: Report) -> list[BaselineEntry]:
    """The entries that stand for what was not built, as they are."""
    from bloatcheck.baseline.model import BaselineEntry

    return [
        BaselineEntry(
            snapshot=image.diff.before,
            commit=image.diff.before_commit,
            measured_at=image.diff.before_measured_at,
            noise=image.diff.noise_floor,
        )
        for image in report.images
        if image.unbuilt is not None and image.diff and image.diff.before
    ]


def _is_partial(report: Report) -> bool:
    return any(image.failure for image in report.images)


def _noise_of(report: Report) -> dict[tuple[str, str], tuple[LayerNoise, ...] | None]:
    """The noise floors of what the images were compared with."""
    diffs = [image.diff for image in report.images if image.diff]
    return {(diff.name, diff.platform): diff.noise_floor for diff in diffs}
