"""`bloatcheck config`: check the configuration, or print its JSON Schema."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from bloatcheck.build.dockerfile_check import check_dockerfile, unused_build_args
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.config.approvals import Approval
from bloatcheck.config.limits import Limit, Metric, Threshold, When
from bloatcheck.config.load import load_config
from bloatcheck.config.model import Config, ImageSpec, PolicyFrom
from bloatcheck.config.schema import SCHEMA_URL, configuration_schema
from bloatcheck.errors import BloatcheckError, ConfigError, ExitCode, UsageError
from bloatcheck.policy.told import told_approval
from bloatcheck.report.plain import harmless_line
from bloatcheck.units import format_bytes


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = "Checks the configuration, or prints the JSON Schema that editors check it with."
    parser.epilog = f"""\
examples:
  bloatcheck config check                           everything wrong with .bloatcheck.yml, at once
  bloatcheck config check --config ci/images.yml    another file
  bloatcheck config check --json                    for scripts
  bloatcheck config schema > bloatcheck.schema.json

An editor with a YAML language server completes and checks the file when its first line is
  # yaml-language-server: $schema={SCHEMA_URL}
"""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser(
        "check",
        help="say what is wrong with the configuration and its Dockerfiles, or what it asks for",
        description="Says everything that is wrong with the configuration and with the Dockerfiles that it "
        "names, or what it asks for. Nothing is built or run.",
        epilog="""\
exit codes:
  0  it is in order
  2  something is wrong with it

examples:
  bloatcheck config check
  bloatcheck config check --config ci/images.yml
  bloatcheck config check --quiet      only what is wrong, as in a commit hook
""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    check.add_argument(
        "--config",
        metavar="FILE",
        help="the configuration, from the repository's root (default: .bloatcheck.yml or .bloatcheck.yaml; "
        "without one, the single Dockerfile at the root)",
    )
    check.add_argument("--json", action="store_true", help="print JSON, problems too")
    check.add_argument("--quiet", action="store_true", help="print nothing where all is in order")
    actions.add_parser(
        "schema",
        help="print the configuration's JSON Schema",
        description="Prints the JSON Schema (draft 2020-12) of the configuration.",
        epilog="example:\n  bloatcheck config schema > bloatcheck.schema.json\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def execute(args: argparse.Namespace) -> ExitCode:
    """Checks or prints."""
    if args.action == "schema":
        tell_json(json.dumps(configuration_schema(), indent=2, ensure_ascii=False))
        return ExitCode.OK
    try:
        config = load_config(Path.cwd(), path=args.config)
        _check_dockerfiles(config)
    except UsageError as error:
        if not args.json:
            raise
        tell_json(json.dumps(_wrong(error), indent=2))
        return error.exit_code
    if args.json:
        tell_json(json.dumps(_in_order(config), indent=2))
    elif not args.quiet:
        tell(render(config))
    return ExitCode.OK


def _check_dockerfiles(config: Config) -> None:
    """Several images may be built from one Dockerfile, whose problems are told once."""
    problems = {
        str(problem): problem for image in config.images for problem in check_dockerfile(config.root, image)
    }
    if problems:
        raise ConfigError(tuple(problems.values()))


def render(config: Config) -> str:
    """What the configuration asks for, for people."""
    today = datetime.now(timezone.utc).date()
    source = (
        f"{config.path} is in order" if config.path else "No configuration file; the defaults are in force"
    )
    # One of several platforms has a specification for each, alike but for that.
    images = {image.name: image for image in config.images}.values()
    count = "1 image" if len(images) == 1 else f"{len(images)} images"
    lines = [f"{source}: {count}, baseline {config.baseline.path}."]
    for image in images:
        lines.append(f"  {image.name}: {_origin(image)}")
        lines += [f"    {_limit(limit)}" for limit in image.limits] or ["    no limits: it never fails"]
        lines += [
            f"    no ARG takes the build argument {name}" for name in unused_build_args(config.root, image)
        ]
    lines += _rules(config)
    lines += [_approval(approval, today) for approval in config.approvals]
    if not config.enforce:
        lines.append("Broken limits are reported and fail nothing (enforce: false).")
    return "\n".join(harmless_line(line) for line in lines)


def _rules(config: Config) -> Iterator[str]:
    """What holds for all images, where it isn't the default."""
    if config.creep:
        yield f"Creep: since {config.creep.since}, {_limit(config.creep.limit)}"
    forbidden = (("paths", config.forbidden.paths), ("packages", config.forbidden.packages))
    for what, patterns in forbidden:
        if patterns:
            yield f"Forbidden {what}: {', '.join(patterns)}"
    if config.dive:
        yield "The rules of .dive-ci are judged too."
    left_out = (*config.advice.ignore, *config.advice.ignore_paths)
    if left_out:
        yield f"Advice left out: {', '.join(left_out)}"
    if config.inputs:
        yield f"Inputs of every image: {', '.join(config.inputs)}"
    if config.jobs:
        yield f"Builds at once: {config.jobs}"
    if config.policy_from is not PolicyFrom.HEAD:
        yield f"Pull requests are judged by the rules of their {config.policy_from.value}."


def _origin(image: ImageSpec) -> str:
    platforms = image.platforms or ((image.platform,) if image.platform else ())
    platform = "".join(f", {each}" for each in platforms)
    if image.build:
        target = f", target {image.build.target}" if image.build.target else ""
        return f"built from {image.build.dockerfile}, context {image.build.context}{target}{platform}"
    if image.prebuilt and image.prebuilt.reference:
        return f"image {image.prebuilt.reference}{platform}"
    if image.prebuilt and image.prebuilt.metadata_target:
        return f"target {image.prebuilt.metadata_target} of {image.prebuilt.metadata_file}{platform}"
    return f"image of {image.prebuilt.metadata_file if image.prebuilt else None}{platform}"


def _approval(approval: Approval, today: date) -> str:
    over = approval.until is not None and approval.until < today
    return f"{'Expired' if over else 'Approved'}: {told_approval(approval)}"


def _limit(limit: Limit) -> str:
    levels = [
        f"{verb} above {_threshold(threshold, limit.metric)}"
        for verb, threshold in (("warns", limit.warn), ("fails", limit.fail))
        if threshold
    ]
    return f"{limit.metric.value}: {', '.join(levels)}"


def _threshold(threshold: Threshold, metric: Metric) -> str:
    measures = []
    if threshold.bytes is not None:
        measures.append(str(threshold.bytes) if metric is Metric.LAYERS else format_bytes(threshold.bytes))
    if threshold.percent is not None:
        measures.append(f"{threshold.percent:g} %")
    told = (" and " if threshold.when is When.ALL else " or ").join(measures)
    return told if threshold.noise else f"{told} without noise"


def _in_order(config: Config) -> dict[str, Any]:
    return {
        "ok": True,
        "path": config.path,
        "images": list(dict.fromkeys(image.name for image in config.images)),
        "baseline": config.baseline.path,
        "problems": [],
    }


def _wrong(error: UsageError) -> dict[str, Any]:
    problems = error.problems if isinstance(error, ConfigError) else (error,)
    return {"ok": False, "problems": [_problem(problem) for problem in problems]}


def _problem(problem: BloatcheckError) -> dict[str, Any]:
    return {
        "file": problem.place.file if problem.place else None,
        "line": problem.place.line if problem.place else None,
        "message": problem.message,
        "hint": problem.hint,
    }
