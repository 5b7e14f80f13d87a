"""`bloatcheck explore`: looking through an image on a terminal."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys

from bloatcheck.cli.colour import is_live
from bloatcheck.cli.common import IMAGE_HELP, child_environment, platform_of
from bloatcheck.cli.dockerfile import add_dockerfile_options, dockerfile_of
from bloatcheck.errors import ExitCode, UsageError

INSTALL = "pip install 'bloatcheck[explore]'"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = f"""\
Looks through an image on the terminal: its layers, what each changed, files by size, packages, waste, advice;
or through two images and what differs. `?` shows the keys. It needs an extra: {INSTALL}
"""
    parser.epilog = """\
exit codes:
  0  left, or given up
  2  bad usage: also without a terminal, or without the extra
  3  an image could not be read

examples:
  bloatcheck explore api:latest                        an image of the local engine
  bloatcheck explore docker-archive:image.tar          a file that `docker save` wrote
  bloatcheck explore api:1.4 api:1.5                   what was added, has grown or shrunk, was removed
  bloatcheck explore api:1.5 --against api:1.4         the same
  bloatcheck explore api --dockerfile Dockerfile       with its lines, and what to write instead

There is no --json: for scripts there are `bloatcheck inspect IMAGE --tree --json`,
`bloatcheck inspect IMAGE --json` and `bloatcheck diff A B --json`.
"""
    parser.add_argument("image", metavar="IMAGE", help=IMAGE_HELP)
    parser.add_argument("newer", metavar="NEWER", nargs="?", help="another one, to see how it differs")
    parser.add_argument("--against", metavar="OLDER", help="an image to compare IMAGE with")
    parser.add_argument("--platform", metavar="OS/ARCH", help="which image of a multi-platform one")
    add_dockerfile_options(parser, "the image (of two, the newer one)")


def execute(args: argparse.Namespace) -> ExitCode:
    """Opens the screen, and reads while something is shown already."""
    if args.newer and args.against:
        raise UsageError(
            "--against and a second image are two ways to say the same",
            hint="bloatcheck explore OLDER NEWER",
        )
    references = [each for each in (args.against, args.image, args.newer) if each]
    _check_terminal(references)
    if not all(importlib.util.find_spec(module) for module in ("textual", "regex")):
        raise UsageError("bloatcheck explore needs an extra that isn't installed", hint=INSTALL)
    platform, dockerfile = platform_of(args.platform), dockerfile_of(args)

    from bloatcheck.analysis.read import read_all_explained
    from bloatcheck.cli.opening import open_by_name
    from bloatcheck.explore.explored import Explored
    from bloatcheck.explore.tui.app import ExploreApp
    from bloatcheck.log import Log
    from bloatcheck.report.plain import harmless

    def load(log: Log) -> Explored:
        *older, newest = read_all_explained(
            references,
            platform=platform,
            log=log,
            environment=child_environment(),
            dockerfile=dockerfile,
            opener=open_by_name,
        )
        return Explored(newest, older[0] if older else None)

    # a shell that exports them would keep the screen from following the terminal to another size
    for variable in ("COLUMNS", "LINES"):
        os.environ.pop(variable, None)
    app = ExploreApp(load, harmless(" → ".join(references)))
    error = app.run()
    app.wait_for_reader()
    if error is not None:
        raise error
    return ExitCode.OK


def _check_terminal(references: list[str]) -> None:
    """It must be one that can be drawn on.

    Raises:
        UsageError: it isn't.
    """
    if not (sys.stdin.isatty() and is_live(sys.stdout)):
        command = (
            f"`bloatcheck inspect {references[0]} --tree`"
            if len(references) == 1
            else f"`bloatcheck diff {' '.join(references)}`"
        )
        raise UsageError(
            "bloatcheck explore needs a terminal, for its input and its output",
            hint=f"elsewhere: {command}, with --json for scripts",
        )
