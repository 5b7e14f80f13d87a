"""`bloatcheck plan`: the images, shared between the legs of a matrix."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.errors import ExitCode, UsageError

_MOST_LEGS = 256
"""Jobs that a matrix of GitHub's may have."""
_USUAL_LEGS = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Prints a matrix for GitHub Actions on one line: legs of about the same length, by what the last builds took as
the baseline file has it. Each leg has `leg` (a number), `image` (names, one a line, for the action's input of
that name), `args` (the same for `bloatcheck run --leg`) and `seconds` (what it is likely to take).
"""
    parser.epilog = """\
exit codes:
  0  printed
  2  bad usage or configuration, or no image

examples:
  echo "matrix=$(bloatcheck plan --legs 8)" >> "$GITHUB_OUTPUT"
  bloatcheck plan --image 'api-*' --pretty      to look at

In the workflow: `strategy: {matrix: ${{ fromJSON(needs.plan.outputs.matrix) }}}`, and in each leg's job
`with: {command: leg, image: ${{ matrix.image }}}`. `bloatcheck merge` judges what the legs left.
"""
    parser.add_argument(
        "--legs", metavar="N", type=int, default=_USUAL_LEGS, help=f"at most so many (default: {_USUAL_LEGS})"
    )
    parser.add_argument(
        "--config", metavar="FILE", help="the configuration (default: .bloatcheck.yml, if there is one)"
    )
    parser.add_argument(
        "--image", metavar="GLOB", action="append", default=[], help="only images of this name; repeatable"
    )
    parser.add_argument("--pretty", action="store_true", help="a line for each leg, for people")


def execute(args: argparse.Namespace) -> ExitCode:
    """Shares and prints."""
    from bloatcheck.baseline.store import read_work_tree
    from bloatcheck.build.legs import share
    from bloatcheck.config.load import load_config
    from bloatcheck.units import count

    if not 1 <= args.legs <= _MOST_LEGS:
        raise UsageError(f"--legs {args.legs} is out of bounds", hint=f"a matrix has 1 to {_MOST_LEGS} legs")
    config = load_config(Path.cwd(), path=args.config, image_globs=args.image)
    took: dict[str, float | None] = {image.name: None for image in config.images}
    for entry in read_work_tree(config.root, config.baseline.path).entries:
        if entry.snapshot.name in took and entry.snapshot.build_seconds is not None:
            took[entry.snapshot.name] = entry.snapshot.build_seconds
    legs = share(took, args.legs)
    if args.pretty:
        tell("\n".join(f"{leg.seconds:6.0f} s  {', '.join(leg.images)}" for leg in legs))
        tell(f"{count(len(took), 'image')} in {count(len(legs), 'leg')}")
    else:
        include = [
            {
                "leg": number,
                "image": "\n".join(leg.images),
                "args": " ".join(f"--image={name}" for name in leg.images),
                "seconds": round(leg.seconds),
            }
            for number, leg in enumerate(legs, 1)
        ]
        tell_json(json.dumps({"include": include}))
    return ExitCode.OK
