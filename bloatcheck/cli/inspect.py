"""`bloatcheck inspect`: one image, its layers, what is in them, and what would make it smaller."""

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
from bloatcheck.cli.tree import add_tree_options, check_tree_options, show_tree
from bloatcheck.errors import ExitCode

if TYPE_CHECKING:
    from bloatcheck.analysis.dive import DiveFigures
    from bloatcheck.analysis.executable import CheckedExecutables
    from bloatcheck.analysis.explain import Explained
    from bloatcheck.analysis.pull_size import PullSize
    from bloatcheck.analysis.snapshot import ImageSnapshot

_ALL = 500
_FEW = 8


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Shows an image's size, its layers and the instruction that made each; whose the bytes are (the base image's,
packages', your own), what is wasted, and what would make it smaller.
"""
    parser.epilog = """\
exit codes:
  0  shown
  2  bad usage
  3  the image could not be read

examples:
  bloatcheck inspect api:latest                        an image of the local engine
  bloatcheck inspect api                               else what `bloatcheck run` built of this name
  bloatcheck inspect docker-archive:image.tar          a file that `docker save` wrote
  bloatcheck inspect oci:layout:latest                 an OCI layout directory
  bloatcheck inspect docker://registry.example/api:1   a registry, without pulling
  bloatcheck inspect api:latest --packages --files     all of its packages and largest files
  bloatcheck inspect api:latest --dockerfile Dockerfile  with its lines, and what to write instead
  bloatcheck inspect api:latest --executables          which of its programs wouldn't start, and why
  bloatcheck inspect api:latest --sizes                only layers and sizes, which is fastest
  bloatcheck inspect api:latest --tree --depth 2       its folders by size, two deep
  bloatcheck inspect api:latest --tree --filter '*.pyc' --top 5
  bloatcheck inspect api:latest --json                 for scripts; sizes in bytes
  bloatcheck inspect api:latest --pull-size            what a pull downloads, too

The size that a pull downloads is exact where a manifest says it, and costs nothing then. Elsewhere it is
estimated: each layer is read and compressed once, and the estimate is kept. Against what `docker push`
stored of twelve images it was within 7 % of an image and 13 % (or 1 kB) of a layer, mostly within 2 %;
other tools compress differently.
"""
    parser.add_argument("reference", metavar="IMAGE", help=IMAGE_HELP)
    parser.add_argument("--platform", metavar="OS/ARCH", help="which image of a multi-platform one")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--packages", action="store_true", help="all packages, not only the largest")
    parser.add_argument(
        "--files", action="store_true", help="more of the largest files, and of the wasted ones"
    )
    depth = parser.add_mutually_exclusive_group()
    depth.add_argument(
        "--executables", action="store_true", help="check whether every program and script could start"
    )
    depth.add_argument("--sizes", action="store_true", help="only layers and sizes; reads no file's content")
    depth.add_argument(
        "--efficiency",
        action="store_true",
        help="layers, sizes and dive's efficiency and waste; reads no file's content",
    )
    depth.add_argument(
        "--pull-size",
        action="store_true",
        help="layers with compressed sizes too: exact from a manifest, else estimated",
    )
    depth.add_argument("--tree", action="store_true", help="folders by size; reads no file's content")
    add_tree_options(parser)
    add_dockerfile_options(parser)
    add_log_options(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Reads and prints."""
    check_tree_options(args)
    if args.tree:
        return show_tree(args)
    if args.sizes or args.pull_size or args.efficiency:
        return _light(args)
    from bloatcheck.analysis.dive import dive_figures
    from bloatcheck.analysis.executable import check_executables
    from bloatcheck.analysis.read import read_explained
    from bloatcheck.cli.opening import open_by_name
    from bloatcheck.report.explained_text import render_explained

    platform, log, environment = platform_of(args.platform), log_for(args), child_environment()
    explained = read_explained(
        args.reference,
        platform=platform,
        log=log,
        environment=environment,
        dockerfile=dockerfile_of(args),
        opener=open_by_name,
    )
    tree = explained.inventory.tree
    dive = dive_figures(tree.layers)
    executables = (
        check_executables(tree, explained.config, explained.config.platform) if args.executables else None
    )
    if args.json:
        tell_json(json.dumps(_explained_document(explained, dive, executables), indent=2))
    else:
        text = render_explained(
            explained.snapshot,
            dive=dive,
            advice=explained.advice,
            problems=explained.problems,
            executables=executables,
            packages=_ALL if args.packages else _FEW,
            files=_ALL if args.files else _FEW,
            width=width(),
            paint=paint_for(sys.stdout),
        )
        tell(text)
    return ExitCode.OK


def _light(args: argparse.Namespace) -> ExitCode:
    """What can be told without any file's content."""
    from bloatcheck.analysis.read import read_layers, read_snapshots, read_with_pull_size
    from bloatcheck.cli.opening import open_by_name
    from bloatcheck.report.inspection import render_inspect

    platform, log, environment = platform_of(args.platform), log_for(args), child_environment()
    dockerfile = dockerfile_of(args)
    pull: PullSize | None = None
    dive: DiveFigures | None = None
    if args.pull_size:
        snapshot, pull = read_with_pull_size(
            args.reference,
            platform=platform,
            log=log,
            environment=environment,
            dockerfile=dockerfile,
            opener=open_by_name,
        )
    elif args.efficiency:
        from bloatcheck.analysis.dive import dive_figures

        snapshot, layers = read_layers(
            args.reference,
            platform=platform,
            log=log,
            environment=environment,
            dockerfile=dockerfile,
            opener=open_by_name,
        )
        dive = dive_figures(layers)
    else:
        [snapshot] = read_snapshots(
            [args.reference],
            platform=platform,
            log=log,
            environment=environment,
            dockerfile=dockerfile,
            opener=open_by_name,
        )
    if args.json:
        tell_json(json.dumps({**_document(snapshot, pull), **_dive_document(dive)}, indent=2))
    else:
        tell(render_inspect(snapshot, pull=pull, dive=dive, width=width(), paint=paint_for(sys.stdout)))
    return ExitCode.OK


def _explained_document(
    explained: Explained, dive: DiveFigures, executables: CheckedExecutables | None
) -> dict[str, object]:
    return {
        **_document(explained.snapshot, None),
        **_dive_document(dive),
        "advice": [asdict(each) for each in explained.advice],
        "problems": [asdict(each) for each in explained.problems],
        **({"executables": asdict(executables)} if executables else {}),
    }


def _dive_document(dive: DiveFigures | None) -> dict[str, object]:
    return {"dive": asdict(dive)} if dive else {}


def _document(snapshot: ImageSnapshot, pull: PullSize | None) -> dict[str, object]:
    """The snapshot; with the pull size its sum too, and for sum and layers whether they are estimates."""
    document = {"content_size": snapshot.content_size, **asdict(snapshot)}
    if pull is None:
        return document
    layers = [
        {**layer, "compressed_size_estimated": its.estimated}
        for layer, its in zip(document["layers"], pull.layers, strict=True)
    ]
    sums = {"compressed_size": pull.size, "compressed_size_estimated": pull.estimated}
    return {**sums, **document, "layers": layers}
