"""`bloatcheck inspect`: one image, its size, its layers and the instruction behind each."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from bloatcheck.cli.common import add_log_options, child_environment, log_for, platform_of, width
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.errors import ExitCode


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = "Shows an image's size, its layers, and the instruction that made each."
    parser.epilog = """\
examples:
  bloatcheck inspect api:latest                        an image of the local engine
  bloatcheck inspect docker-archive:image.tar          a file that `docker save` wrote
  bloatcheck inspect oci:layout:latest                 an OCI layout directory
  bloatcheck inspect docker://registry.example/api:1   a registry, without pulling
  bloatcheck inspect api:latest --json                 for scripts; sizes in bytes
"""
    parser.add_argument(
        "reference", metavar="REF", help="an image, by skopeo's transports; plain is the engine's"
    )
    parser.add_argument("--platform", metavar="OS/ARCH", help="which image of a multi-platform one")
    parser.add_argument("--json", action="store_true", help="print the snapshot as JSON")
    add_log_options(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Reads and prints."""
    from bloatcheck.analysis.read import read_snapshots
    from bloatcheck.report.inspection import render_inspect

    [snapshot] = read_snapshots(
        [args.reference],
        platform=platform_of(args.platform),
        log=log_for(args),
        environment=child_environment(),
    )
    if args.json:
        tell_json(json.dumps({"content_size": snapshot.content_size, **asdict(snapshot)}, indent=2))
    else:
        tell(render_inspect(snapshot, width=width()))
    return ExitCode.OK
