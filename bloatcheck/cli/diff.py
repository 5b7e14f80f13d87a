"""`bloatcheck diff`: two images, layer by layer."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, replace

from bloatcheck.cli.colour import paint_for
from bloatcheck.cli.common import IMAGE_HELP, add_log_options, child_environment, log_for, platform_of, width
from bloatcheck.cli.dockerfile import add_dockerfile_options, dockerfile_of
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.errors import ExitCode

_ALL = 1000
_FEW = 5


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Compares two images: sizes, why they differ (base image, packages, own files), and the layers, packages and
files that changed. No limit is judged: `bloatcheck run` does that.
"""
    parser.epilog = """\
exit codes:
  0  compared, whether or not they differ
  2  bad usage
  3  an image could not be read

examples:
  bloatcheck diff api:1.4 api:1.5                                two images of the local engine
  bloatcheck diff docker://registry.example/api:main api:latest  a published one and a local one
  bloatcheck diff api:1.4 api:1.5 --packages --files             every package and file that changed
  bloatcheck diff api:1.4 api:1.5 --sizes                        only layers and sizes, which is fastest
  bloatcheck diff api:1.4 api:1.5 --json                         for scripts; sizes in bytes
"""
    parser.add_argument("before", metavar="BEFORE", help=IMAGE_HELP)
    parser.add_argument("after", metavar="AFTER", help="another one, named likewise")
    parser.add_argument("--platform", metavar="OS/ARCH", help="which image of a multi-platform one")
    parser.add_argument("--json", action="store_true", help="print the difference as JSON")
    parser.add_argument("--packages", action="store_true", help="all packages that changed")
    parser.add_argument("--files", action="store_true", help="all of the largest files that changed")
    parser.add_argument("--sizes", action="store_true", help="only layers and sizes; reads no file's content")
    add_dockerfile_options(parser, "AFTER")
    add_log_options(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Reads both, compares, prints."""
    from bloatcheck.analysis.read import read_all_explained, read_snapshots
    from bloatcheck.baseline.model import BaselineEntry
    from bloatcheck.cli.opening import open_by_name
    from bloatcheck.diff.compare import compare
    from bloatcheck.diff.contents import contents_diff
    from bloatcheck.report.text import render_diff

    references = [args.before, args.after]
    platform, log, environment = platform_of(args.platform), log_for(args), child_environment()
    dockerfile = dockerfile_of(args)
    if args.sizes:
        before, after = read_snapshots(
            references,
            platform=platform,
            log=log,
            environment=environment,
            dockerfile=dockerfile,
            opener=open_by_name,
        )
    else:
        explained = read_all_explained(
            references,
            platform=platform,
            log=log,
            environment=environment,
            dockerfile=dockerfile,
            opener=open_by_name,
        )
        before, after = (each.snapshot for each in explained)
    diff = compare(BaselineEntry(snapshot=before), after)
    if args.json:
        changed = contents_diff(diff)
        document = {
            "delta": diff.delta,
            "percent": diff.percent,
            "changed": asdict(changed) if changed else None,
            **asdict(diff),
        }
        tell_json(json.dumps(document, indent=2))
    else:
        text = render_diff(
            replace(diff, name=f"{args.before} -> {args.after}"),
            packages=_ALL if args.packages else _FEW,
            files=_ALL if args.files else _FEW,
            width=width(),
            paint=paint_for(sys.stdout),
        )
        tell(text)
    return ExitCode.OK
