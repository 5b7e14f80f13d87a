"""`bloatcheck inspect --tree`: an image's folders by size."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from bloatcheck.cli.colour import paint_for
from bloatcheck.cli.common import child_environment, log_for, platform_of, width
from bloatcheck.cli.dockerfile import dockerfile_of
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from bloatcheck.analysis.folder_sizes import Folder

_DEPTH = 3
_TOP = 10
_SMALL = 200
"""The part of the whole below which a folder or file is only told in sum."""


def add_tree_options(parser: argparse.ArgumentParser) -> None:
    """What goes with `--tree`."""
    parser.add_argument(
        "--depth", metavar="N", type=int, help=f"with --tree: so many folders deep (default: {_DEPTH})"
    )
    parser.add_argument(
        "--top",
        metavar="N",
        type=int,
        help=f"with --tree: so many entries of each folder (default: {_TOP}, of half a percent or more)",
    )
    parser.add_argument(
        "--filter",
        metavar="GLOB",
        action="append",
        default=[],
        help="with --tree: only files that fit, as .gitignore writes patterns; repeatable",
    )


def check_tree_options(args: argparse.Namespace) -> None:
    """Holds them to their bounds.

    Raises:
        UsageError: they say nothing without `--tree`, or are no numbers that make sense.
    """
    from bloatcheck.analysis.folder_sizes import MAX_DEPTH

    if not args.tree and (args.depth is not None or args.top is not None or args.filter):
        raise UsageError(
            "--depth, --top and --filter are about the tree",
            hint="add --tree: bloatcheck inspect IMAGE --tree",
        )
    if args.depth is not None and not 1 <= args.depth <= MAX_DEPTH:
        raise UsageError(f"--depth {args.depth} is no depth", hint=f"it goes from 1 to {MAX_DEPTH}")
    if args.top is not None and args.top < 1:
        raise UsageError(f"--top {args.top} is no number of entries", hint="it begins with 1")


def show_tree(args: argparse.Namespace) -> ExitCode:
    """Reads and prints."""
    from bloatcheck.analysis.advice.paths import PathPatterns
    from bloatcheck.analysis.folder_sizes import folder_sizes
    from bloatcheck.analysis.read import read_layers
    from bloatcheck.analysis.tree import Tree
    from bloatcheck.cli.opening import open_by_name
    from bloatcheck.report.tree_text import render_tree

    snapshot, layers = read_layers(
        args.reference,
        platform=platform_of(args.platform),
        log=log_for(args),
        environment=child_environment(),
        dockerfile=dockerfile_of(args),
        opener=open_by_name,
    )
    chosen = PathPatterns(args.filter) if args.filter else None
    root = folder_sizes(Tree(layers), depth=args.depth or _DEPTH, chosen=chosen)
    top = args.top or _TOP
    if args.json:
        tell_json(json.dumps({"name": snapshot.name, "tree": _document(root, top)}, indent=2))
    else:
        # Whoever says how many entries wants them, however small.
        floor = 0 if args.top else root.size // _SMALL
        pattern = " or ".join(args.filter)
        paint = paint_for(sys.stdout)
        tell(render_tree(snapshot, root, top=top, floor=floor, pattern=pattern, width=width(), paint=paint))
    return ExitCode.OK


def _document(folder: Folder, top: int) -> dict[str, object]:
    """A file has a `layer`, counted from 0; a folder may have `entries`, of which the largest are here."""
    largest = folder.largest[:top]
    return {
        "name": folder.name.decode("utf-8", "replace"),
        "size": folder.size,
        "files": folder.files,
        **({} if folder.layer is None else {"layer": folder.layer}),
        **({"entries": [_document(entry, top) for entry in largest]} if largest else {}),
    }
