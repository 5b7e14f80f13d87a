"""What several commands share."""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.ci.registry import NAMES, VARIABLE, detect, detect_anyway
from bloatcheck.cli.colour import is_live
from bloatcheck.cli.live import LiveLog
from bloatcheck.cli.log import FoldingLog, PlainLog
from bloatcheck.errors import UsageError
from bloatcheck.log import Log
from bloatcheck.oci.platform import Platform

if TYPE_CHECKING:
    from bloatcheck.baseline.model import Baseline
    from bloatcheck.ci.model import CiContext
    from bloatcheck.config.model import Config
    from bloatcheck.judging import Judging
    from bloatcheck.references import References

TOKEN_VARIABLE = "BLOATCHECK_TOKEN"  # noqa: S105 - a variable's name
IMAGE_HELP = (
    "an image of the engine, else the newest build of the one that the configuration calls so; "
    "or docker-archive:FILE, oci:FOLDER, oci-archive:FILE, docker://REGISTRY/NAME"
)


def add_log_options(parser: argparse.ArgumentParser) -> None:
    """`--verbose` and `--quiet`."""
    parser.add_argument("--verbose", action="store_true", help="say how images are read")
    parser.add_argument("--quiet", action="store_true", help="only the result, warnings and errors")


def add_ci_option(parser: argparse.ArgumentParser) -> None:
    """`--ci`, of whoever reads a CI's facts."""
    parser.add_argument(
        "--ci",
        choices=NAMES,
        help=f"whose variables tell of this run (default: {VARIABLE}, else found by the environment)",
    )


def add_report_options(parser: argparse.ArgumentParser) -> None:
    """`--enforce`, `--comment` and `--report-dir`, of whoever judges and tells."""
    parser.add_argument(
        "--enforce",
        action=argparse.BooleanOptionalAction,
        help="whether a broken limit is exit code 1 (default: as the configuration says, else yes)",
    )
    parser.add_argument(
        "--comment",
        choices=("auto", "always", "never"),
        help="when a pull-request comment is created (default: as the configuration says, else auto)",
    )
    parser.add_argument(
        "--report-dir",
        metavar="DIR",
        help="where report.json, report.html, comment.md and summary.md go (default: a new folder; "
        "outside of CI one of the repository's in the cache, written over by the next run)",
    )


def rules_in_force(
    config: Config, context: CiContext, *, token: str | None, environment: Mapping[str, str], log: Log
) -> tuple[Judging, References]:
    """By whose rules the run is judged, and what it is compared with by these.

    Raises:
        BaselineError: what it is compared with is out of reach.
    """
    from bloatcheck.judging import read_judging
    from bloatcheck.references import References

    references = References(config=config, context=context, token=token, environment=environment, log=log)
    judging = read_judging(config, context, references.base, token=token, log=log)
    return judging, replace(references, config=judging.config)


def images_before(references: References) -> Baseline:
    """What the images are compared with; where that is out of reach, every image is built."""
    from bloatcheck.baseline.git import OutOfReachError
    from bloatcheck.baseline.model import Baseline

    try:
        return references.kept()
    except OutOfReachError as error:
        references.log.warning(f"which images changed can't be told: {error.told}")
        return Baseline()


def log_for(args: argparse.Namespace) -> Log:
    """The log that fits where we run. With `--json`, stdout is the document's alone."""
    ci = detect(os.environ)
    verbose = args.verbose or ci.wants_details(os.environ)
    if ci.marks:
        # A runner reads commands from both streams, so build output is kept from being one on either.
        stream = sys.stderr if args.json else sys.stdout
        return FoldingLog(marks=ci.marks, stream=stream, verbose=verbose, quiet=args.quiet)
    if not args.quiet and is_live(sys.stderr):
        return LiveLog(verbose=verbose)
    return PlainLog(verbose=verbose, quiet=args.quiet)


def child_environment() -> Mapping[str, str]:
    """What builds may see: all but the tokens that are for the comment."""
    secrets = {TOKEN_VARIABLE, *detect_anyway(os.environ).secrets}
    return {name: value for name, value in os.environ.items() if name not in secrets}


def desk_folder(ci: str, environment: Mapping[str, str]) -> Path | None:
    """Where the repository's newest report lies outside of CI, in the cache; None for a new folder.

    A person who runs it twenty times wants one report, not twenty folders.
    """
    from bloatcheck.analysis.layer_cache import default_folder
    from bloatcheck.build.identity import repository_identity
    from bloatcheck.ci.shell import SHELL

    cache = default_folder(environment)
    if ci != SHELL.name or cache is None:
        return None
    identity = repository_identity(Path.cwd(), environment)
    name = re.sub(r"[^a-z0-9.-]+", "-", identity.rpartition("/")[2].lower())[:40].strip(".-")
    return cache / "reports" / f"{name}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}".lstrip("-")


def this_repository() -> str:
    """What runs in the current directory call its repository."""
    from bloatcheck.build.identity import repository_identity
    from bloatcheck.ci.registry import read_context

    return repository_identity(Path.cwd(), os.environ, read_context(os.environ).repository_url)


def platform_of(text: str | None) -> Platform | None:
    """The value of `--platform`.

    Raises:
        UsageError: another shape.
    """
    try:
        return Platform.parse(text) if text else None
    except ValueError as error:
        raise UsageError(str(error)) from None


def width() -> int:
    """Columns of the terminal; 100 where there is none."""
    return shutil.get_terminal_size((100, 24)).columns
