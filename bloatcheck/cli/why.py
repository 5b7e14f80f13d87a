"""`bloatcheck why`: where one file or package of an image comes from, layer by layer."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from bloatcheck.cli.colour import paint_for
from bloatcheck.cli.common import IMAGE_HELP, add_log_options, child_environment, log_for, platform_of, width
from bloatcheck.cli.dockerfile import add_dockerfile_options, dockerfile_of
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from bloatcheck.analysis.explain import Explained
    from bloatcheck.analysis.makers import Made
    from bloatcheck.analysis.snapshot import Base
    from bloatcheck.analysis.trace import PackageTrace, PathTrace


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Tells where a file, a directory or a package of an image comes from: the layers and Dockerfile lines that
brought, changed or deleted it, and the package it belongs to.
"""
    parser.epilog = """\
exit codes:
  0  told
  2  bad usage, or the image has no such path or package
  3  the image could not be read

examples:
  bloatcheck why api:latest /usr/bin/curl        a file: whose it is, and each layer that wrote it
  bloatcheck why api:latest /var/cache           a directory: how much is in it, from which layers
  bloatcheck why api:latest perl-base            a package: who needs it, what it takes
  bloatcheck why api:latest npm:left-pad         a package of this manager
  bloatcheck why api:latest /app --dockerfile Dockerfile   with lines, also of the stage that made it
  bloatcheck why docker-archive:a.tar / --json   for scripts; sizes in bytes
"""
    parser.add_argument("reference", metavar="IMAGE", help=IMAGE_HELP)
    parser.add_argument(
        "thing", metavar="PATH|PACKAGE", help="a path that begins with /, or a package's name"
    )
    parser.add_argument("--platform", metavar="OS/ARCH", help="which image of a multi-platform one")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    add_dockerfile_options(parser)
    add_log_options(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Reads, traces, prints."""
    from bloatcheck.analysis.read import read_explained
    from bloatcheck.cli.opening import open_by_name
    from bloatcheck.report.trace_text import render_packages, render_path

    explained = read_explained(
        args.reference,
        platform=platform_of(args.platform),
        log=log_for(args),
        environment=child_environment(),
        dockerfile=dockerfile_of(args),
        opener=open_by_name,
    )
    if args.thing.startswith("/"):
        path = _path(explained, args.thing)
        if args.json:
            tell_json(json.dumps(_path_document(path), indent=2))
        else:
            tell(render_path(path, explained.snapshot, width=width(), paint=paint_for(sys.stdout)))
        return ExitCode.OK
    packages = _packages(explained, args.thing)
    if args.json:
        tell_json(
            json.dumps([_package_document(trace, explained.snapshot.base) for trace in packages], indent=2)
        )
    else:
        tell(render_packages(packages, explained.snapshot, width=width(), paint=paint_for(sys.stdout)))
    return ExitCode.OK


def _path(explained: Explained, thing: str) -> PathTrace:
    from bloatcheck.analysis.trace import trace_path
    from bloatcheck.image.layer_index import OutsideRootError, clean_path

    try:
        path = clean_path(thing.encode("utf-8", "surrogateescape"))
    except OutsideRootError as error:
        raise UsageError(str(error), hint="name a path in the image, from its root") from None
    found = trace_path(explained.inventory, path, explained.makers)
    if found is None:
        resolved = explained.inventory.tree.resolve(path)
        found = trace_path(explained.inventory, resolved, explained.makers) if resolved is not None else None
    if found is None:
        raise UsageError(
            f"no layer of {explained.snapshot.name} has {thing}",
            hint="paths begin at the image's root; a package is named without a slash in front",
        )
    return found


def _packages(explained: Explained, thing: str) -> tuple[PackageTrace, ...]:
    from bloatcheck.analysis.trace import similar_names, trace_package

    found = trace_package(explained.inventory, thing, explained.makers)
    if not found:
        similar = similar_names(explained.inventory, thing)
        every = "`bloatcheck inspect IMAGE --packages` lists them; a path begins with /"
        hint = f"there are: {', '.join(similar)}" if similar else every
        raise UsageError(f"{explained.snapshot.name} has no package {thing}", hint=hint)
    return found


def _path_document(trace: PathTrace) -> dict[str, object]:
    package = trace.package
    return {
        "path": trace.path,
        "size": trace.size,
        "hidden": trace.hidden,
        "leads_to": trace.leads_to,
        "package": {"manager": package.manager, "name": package.name, "version": package.version}
        if package
        else None,
        "steps": [
            {**asdict(step), "layer": step.layer + 1, "event": step.event.name.lower()}
            for step in trace.steps
        ],
        "layers": [{"layer": number + 1, "size": size} for number, size in trace.by_layer],
        "files": [{"path": path, "size": size} for path, size in trace.files],
        "made": [_made_document(made) for made in trace.made],
    }


def _package_document(trace: PackageTrace, base: Base | None) -> dict[str, object]:
    package = trace.package
    return {
        "manager": package.manager,
        "name": package.name,
        "version": package.version,
        "size": trace.size,
        "of_base": trace.is_of(base),
        "asked_for": package.asked_for,
        "needed_by": list(package.needed_by),
        "recommended_by": list(package.recommended_by),
        "chain": list(trace.chain),
        "layers": [{"layer": number + 1, "size": size} for number, size in trace.by_layer],
        "files": [{"path": path, "size": size} for path, size in trace.files],
        "made": [_made_document(made) for made in trace.made],
    }


def _made_document(made: Made) -> dict[str, object]:
    return {
        "layer": made.layer + 1,
        "size": made.size,
        "certain": made.certain,
        "image": made.image,
        "lines": [{**asdict(place), "instruction": text} for place, text in made.lines],
    }
