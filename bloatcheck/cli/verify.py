"""`bloatcheck verify`: does an image hold what it says it holds."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from dataclasses import asdict

from bloatcheck.cli.colour import paint_for
from bloatcheck.cli.common import IMAGE_HELP, add_log_options, log_for, platform_of
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.errors import ExitCode
from bloatcheck.report.paint import Tone
from bloatcheck.report.plain import harmless_line
from bloatcheck.units import count, format_bytes


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Recomputes the digest, diff_id and sizes of every layer, and names what doesn't match. Every byte of the image
is read.
"""
    parser.epilog = """\
exit codes:
  0  everything matches
  2  bad usage
  3  something doesn't match, or the image could not be read

examples:
  bloatcheck verify api:latest                       an image of the local engine
  bloatcheck verify docker-archive:image.tar         a file that `docker save` wrote
  bloatcheck verify oci:layout:latest                an OCI layout directory
  bloatcheck verify oci-archive:image.tar --json     for scripts; sizes in bytes
"""
    parser.add_argument("reference", metavar="IMAGE", help=IMAGE_HELP)
    parser.add_argument("--platform", metavar="OS/ARCH", help="which image of a multi-platform one")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_log_options(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Verifies and prints."""
    from bloatcheck.analysis.progress import telling_progress
    from bloatcheck.cli.opening import open_by_name
    from bloatcheck.image.verify import verify_image

    log = log_for(args)
    with closing(open_by_name(args.reference, platform=platform_of(args.platform), log=log)) as image:
        with telling_progress(log):
            checks = verify_image(image)
        image_id, platform = image.image_id, str(image.config.platform)
    bad = sum(1 for check in checks if check.problems)
    if args.json:
        layers = [asdict(check) for check in checks]
        tell_json(json.dumps({"image_id": image_id, "platform": platform, "layers": layers}, indent=2))
        return ExitCode.UNREADABLE if bad else ExitCode.OK
    tell(f"{harmless_line(args.reference)} ({harmless_line(platform)}) {image_id}")
    paint = paint_for(sys.stdout)
    for check in checks:
        word = paint("not ok", Tone.BAD) if check.problems else paint("ok    ", Tone.GOOD)
        size = "" if check.content_size is None else f", {format_bytes(check.content_size)}"
        tell(f"  {word}  {check.diff_id}{size}")
        for problem in check.problems:
            tell(f"          {harmless_line(problem)}")
    of = count(len(checks), "layer")
    tell(f"{bad} of {of} {'does' if bad == 1 else 'do'} not match" if bad else f"{of}: everything matches")
    return ExitCode.UNREADABLE if bad else ExitCode.OK
