"""`bloatcheck merge`: the reports of a matrix's legs, judged and commented once."""

import argparse
import gc
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.cli.common import (
    TOKEN_VARIABLE,
    add_ci_option,
    add_log_options,
    add_report_options,
    child_environment,
    log_for,
    rules_in_force,
)
from bloatcheck.errors import BaselineError, ExitCode, ReadError, UsageError
from bloatcheck.units import count

if TYPE_CHECKING:
    from bloatcheck.baseline.model import Baseline
    from bloatcheck.config.model import Config
    from bloatcheck.judging import Judging
    from bloatcheck.log import Log
    from bloatcheck.references import References
    from bloatcheck.report.html.model import Sights
    from bloatcheck.report.merge import Expected, Leg
    from bloatcheck.report.model import Report


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Joins the reports that the legs of a matrix left (`bloatcheck run --leg`) into one: one verdict, one comment,
one summary on the run's page, where the CI has one; as after `bloatcheck run`. A DIR is a folder with
report.json in it, or a folder of such folders, as the CI lays the artifacts of earlier jobs.

An image that was reported twice counts as the newest report has it. Which images must have been reported is
said by --expect, else by the configuration, if there is one here. Of an image of several platforms each must
have been, unless --expect says which. Those of the configuration whose inputs did not change since the
baseline need no report, and are told as not built.
"""
    parser.epilog = """\
exit codes:
  0  within the limits
  1  a limit is broken
  2  bad usage, or reports that are not of one change
  3  an expected report is missing or can't be read, or a leg could not build or read an image
  4  a fault in bloatcheck

examples:
  bloatcheck merge legs                          every report below legs/; all images of .bloatcheck.yml
  bloatcheck merge legs --expect api --expect 'web-*'
  bloatcheck merge legs --expect api@linux/amd64 --expect api@linux/arm64
  bloatcheck merge legs --legs 4                 however the images are called: four reports
"""
    parser.add_argument(
        "places", metavar="DIR", nargs="+", help="where the reports are; also a report's file"
    )
    parser.add_argument(
        "--expect",
        metavar="NAME[@PLATFORM]",
        action="append",
        default=[],
        help="an image, or a shell pattern of images, that must have been reported; repeatable",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="images too must have been reported whose inputs did not change, as after `plan --all`",
    )
    parser.add_argument("--legs", metavar="N", type=int, default=0, help="how many reports there must be")
    parser.add_argument(
        "--config", metavar="FILE", help="the configuration (default: .bloatcheck.yml, if there is one)"
    )
    add_ci_option(parser)
    add_report_options(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    add_log_options(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Reads, merges, delivers, prints."""
    from bloatcheck.ci.registry import detect
    from bloatcheck.cli.renewal import renew_after_run
    from bloatcheck.cli.telling import tell_report
    from bloatcheck.config.load import configuration_here
    from bloatcheck.config.model import CommentMode, CommentPolicy
    from bloatcheck.delivery import deliver
    from bloatcheck.report.approving import with_approvals
    from bloatcheck.report.merge import Expected, merge_reports

    token = os.environ.pop(TOKEN_VARIABLE, None)
    log, environment = log_for(args), child_environment()
    ci = detect(environment)
    context = ci.read_context(os.environ)
    if args.legs < 0:
        raise UsageError(f"--legs {args.legs} is no number of legs")
    config = configuration_here(Path.cwd(), path=args.config)
    expected = [Expected.parse(text) for text in args.expect]
    if not expected and not args.legs and config:
        expected = list(_configured(config))
    legs = _legs(args.places)
    judging = references = None
    if config:
        judging, references = rules_in_force(
            config, context, token=token or context.token, environment=environment, log=log
        )
        config = judging.config
    before = _kept(references, log) if references else None
    left = LeftOut()
    if judging and references and before and not args.all:
        left = _left_out(judging, references, before, legs)
    if not legs and left.report is None:
        raise ReadError(
            f"no report is in {', '.join(args.places)[:200]}",
            hint="every leg has to upload its report folder, even when it fails, before they are merged",
        )
    log.info(f"merging {count(len(legs), 'report')}")
    enforced = config.enforce if config else True
    report = merge_reports(
        legs,
        expected=expected,
        least=args.legs,
        enforced=enforced if args.enforce is None else args.enforce,
        unbuilt=left.report,
        needed_because=left.needed_because,
    )
    if judging and references:
        report = _with_gone(report, references.config, before) if before else report
        # What people approve after the legs ran is seen by running this job again, and not all of them.
        report = with_approvals(report, judging.from_people, today=judging.today)
        report = replace(report, notes=tuple(dict.fromkeys((*report.notes, *judging.notes))))
    if context.run_url:
        report = replace(report, origin=replace(report.origin, run_url=context.run_url))
    policy = config.comment if config else CommentPolicy()
    delivered = deliver(
        report,
        context=context,
        policy=replace(policy, mode=CommentMode(args.comment)) if args.comment else policy,
        token=token or context.token,
        directory=Path(args.report_dir) if args.report_dir else None,
        cache_folder=None,
        log=log,
        sights=lambda: _sights(legs, report, log),
        exports=config.exports if config else (),
    )
    tell_report(report, as_json=args.json, annotated_for=ci)
    if delivered.directory:
        log.info(f"report: {delivered.directory}")
    if references and references.renews():
        renew_after_run(references, report, partial=False, directory=delivered.directory, log=log)
    return report.exit_code


def _kept(references: "References", log: "Log") -> "Baseline | None":
    """What the images are compared with. To lack it is never worth losing the report over."""
    try:
        return references.kept()
    except BaselineError as error:
        log.warning(f"which images are gone can't be told, nor which need no build: {error.message}")
        return None


def _with_gone(report: "Report", config: "Config", before: "Baseline") -> "Report":
    """Which images are gone is worth telling."""
    from bloatcheck.diff.compare import compare_all
    from bloatcheck.report.merge import with_gone

    configured = [spec.name for spec in config.images]
    return with_gone(report, compare_all(before, (), unmeasured=configured, listed=config.listed))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The images that no leg reported: those that need no build as a report, and why the others do."""

    report: "Report | None" = None
    needed_because: Mapping[str, str] = field(default_factory=dict)


def _left_out(
    judging: "Judging", references: "References", before: "Baseline", legs: "Sequence[Leg]"
) -> LeftOut:
    """Decides as the plan did: nothing that a leg hands in says that an image needs no build."""
    from bloatcheck import pipeline
    from bloatcheck.baseline.model import Baseline, Baselines
    from bloatcheck.inputs.decide import decide_all

    config, context = judging.config, references.context
    reported = [image for leg in legs for image in leg.report.images]
    missing = {
        (each.pattern, each.platform) for each in _configured(config) if not any(map(each.fits, reported))
    }
    if not missing:
        return LeftOut()
    decisions = [
        decision
        for decision in decide_all(config, before, log=references.log, environment=references.environment)
        if (decision.spec.name, str(decision.spec.platform) if decision.spec.platform else None) in missing
    ]
    results = [pipeline.Unbuilt(each.spec, each.entry) for each in decisions if each.entry]
    report = None
    if results:
        report = pipeline.make_report(
            config,
            context,
            Baselines(before=before, proposed=Baseline()),
            results,
            partial=True,
            enforced=True,
            judging=judging,
            reference=references.reference_at(config.creep.since, before) if config.creep else None,
        )
    return LeftOut(report, {each.spec.name: each.reason for each in decisions if not each.entry})


def _legs(places: list[str]) -> "list[Leg]":
    from bloatcheck.cli.report_files import find_reports, read_reports

    # Of hundreds of thousands of values all stay: looking for those that don't takes a sixth of the time.
    gc.disable()
    try:
        return [_leg(path, content) for path, content in read_reports(find_reports(places))]
    finally:
        gc.freeze()
        gc.enable()


def _sights(legs: "Sequence[Leg]", report: "Report", log: "Log") -> "Sights":
    """What the legs saw of the images that are theirs in the merged report."""
    from bloatcheck.cli.report_files import read_sights

    shown = {id(image.diff) for image in report.images}
    theirs = [
        (Path(leg.where), replace(leg.report, images=images))
        for leg in legs
        if (images := tuple(image for image in leg.report.images if id(image.diff) in shown))
    ]
    return read_sights(theirs, images=len(report.images), log=log)


def _leg(path: Path, content: bytes) -> "Leg":
    from bloatcheck.report.document import from_json
    from bloatcheck.report.merge import Leg

    try:
        return Leg(str(path), from_json(content))
    except ReadError as error:
        raise ReadError(f"{path}: {error.message}", hint=error.hint) from None


def _configured(config: "Config") -> "list[Expected]":
    from bloatcheck.report.merge import Expected

    return [Expected(image.name, str(image.platform) if image.platform else None) for image in config.images]
