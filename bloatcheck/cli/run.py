"""`bloatcheck run`: the main job."""

import argparse
import os
from pathlib import Path

from bloatcheck.cli.chosen import add_image_option, load_chosen
from bloatcheck.cli.common import (
    TOKEN_VARIABLE,
    add_ci_option,
    add_log_options,
    add_report_options,
    child_environment,
    desk_folder,
    log_for,
    platform_of,
    rules_in_force,
)
from bloatcheck.cli.jobs import add_jobs_option, with_jobs
from bloatcheck.errors import ExitCode


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Builds the images that the configuration lists, reads their layers, compares them with the baseline, and
judges them by the limits. On a pull or merge request it keeps one comment up to date: on GitHub, GitLab,
Gitea, Forgejo and Azure Repos, and from any CI where the repository lies on GitHub. Elsewhere, and at a desk,
the files of --report-dir and the exit code are the same. On the default branch it renews the baseline, where
the configuration says how (`baseline.renew`).
"""
    parser.epilog = """\
exit codes:
  0  within the limits
  1  a limit is broken
  2  bad usage, configuration or baseline
  3  an image could not be built or read (the others are reported)
  4  a fault in bloatcheck

examples:
  bloatcheck run                        every image of .bloatcheck.yml, or the single Dockerfile here
  bloatcheck run --image 'api-*'        only some
  bloatcheck run --platform linux/arm64  only for this platform
  bloatcheck run --no-enforce           report, but never exit with 1
  bloatcheck run --leg --image api --report-dir out
                                        one leg of a matrix, whose reports `bloatcheck merge` joins
  bloatcheck run --json > report.json   for scripts
  bloatcheck run --ci shell             at a desk, whatever the environment looks like
"""
    parser.add_argument(
        "--config", metavar="FILE", help="the configuration (default: .bloatcheck.yml, if there is one)"
    )
    add_image_option(parser)
    parser.add_argument(
        "--platform",
        metavar="OS/ARCH",
        action="append",
        default=[],
        help="only for this platform; an image with `platforms` must have it among them; repeatable",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="build the images too whose inputs did not change since the baseline",
    )
    add_jobs_option(parser)
    add_ci_option(parser)
    add_report_options(parser)
    parser.add_argument(
        "--leg",
        action="store_true",
        help="this is one leg of a matrix: nothing is enforced, commented or annotated; "
        "`bloatcheck merge` does that with the reports of all of them",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    add_log_options(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Runs the pipeline, delivers the report, prints it."""
    from dataclasses import replace

    from bloatcheck import pipeline
    from bloatcheck.analysis.layer_cache import default_folder
    from bloatcheck.ci.registry import detect
    from bloatcheck.ci.shell import SHELL
    from bloatcheck.cli.renewal import renew_after_run
    from bloatcheck.cli.telling import tell_report
    from bloatcheck.config.model import CommentMode
    from bloatcheck.delivery import deliver

    # Taken out before anything else is started: no build, git or credential helper inherits it.
    token = os.environ.pop(TOKEN_VARIABLE, None)
    log, environment = log_for(args), child_environment()
    partial = bool(args.image or args.platform)
    ci = detect(environment)
    context = ci.read_context(os.environ)
    platforms = [platform for text in args.platform if (platform := platform_of(text))]
    config = load_chosen(args, log=log, environment=environment, platforms=platforms)
    config = with_jobs(config, args)
    judging, references = rules_in_force(
        config, context, token=token or context.token, environment=environment, log=log
    )
    config = judging.config
    policy = replace(config.comment, mode=CommentMode(args.comment)) if args.comment else config.comment
    enforced = config.enforce if args.enforce is None else args.enforce
    # The baseline is read before anything is built: a broken one should not cost a build to find out.
    baselines = references.baselines()
    results = pipeline.measure(
        config,
        log=log,
        environment=environment,
        before=baselines.before,
        known=None if args.all else baselines.before,
        drawn=True,
    )
    report = pipeline.make_report(
        config,
        context,
        pipeline.recall(baselines, results, log=log, environment=environment),
        results,
        partial=partial,
        enforced=enforced and not args.leg,
        judging=judging,
        reference=references.reference_at(config.creep.since, baselines.before) if config.creep else None,
    )
    delivered = deliver(
        report,
        context=context,
        policy=policy,
        token=token or context.token,
        directory=Path(args.report_dir) if args.report_dir else desk_folder(ci.name, environment),
        cache_folder=default_folder(environment),
        log=log,
        leg=args.leg,
        sights=lambda: pipeline.sights(config, baselines, results, log=log, environment=environment),
        exports=config.exports,
    )
    tell_report(report, as_json=args.json, annotated_for=None if args.leg else ci)
    if delivered.directory:
        log.info(f"report: {delivered.directory}")
    if ci.name == SHELL.name and any(
        isinstance(result, pipeline.Measured) and result.spec.build for result in results
    ):
        # A CI's machine is thrown away, or cleaned by who keeps it.
        log.info("what was built stays here; `bloatcheck clean` lists and removes it")
    if references.renews() and not args.leg:
        renew_after_run(references, report, partial=partial, directory=delivered.directory, log=log)
    return report.exit_code
