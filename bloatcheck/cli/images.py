"""`bloatcheck images`: what would be built, and why."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.cli.common import add_log_options, child_environment, log_for
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.errors import ExitCode, UsageError
from bloatcheck.report.plain import harmless_line

if TYPE_CHECKING:
    from bloatcheck.config.model import ImageSpec

_SHOWN_INPUTS = 8


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Lists the images that a run would build or read: where each comes from, its Dockerfile, context, stage and
platform, and what its build reads. Nothing is built.

With --discover it lists what there is in the repository, whatever the configuration says: bake targets, the
services that compose files build, and the Dockerfiles that neither of them builds.
"""
    parser.epilog = """\
exit codes:
  0  listed
  2  bad usage or configuration, or no image

examples:
  bloatcheck images
  bloatcheck images --image 'api-*' --json
  bloatcheck images --discover      before the first configuration, or to see what it leaves out
"""
    parser.add_argument(
        "--config", metavar="FILE", help="the configuration (default: .bloatcheck.yml, if there is one)"
    )
    parser.add_argument(
        "--image", metavar="GLOB", action="append", default=[], help="only images of this name; repeatable"
    )
    parser.add_argument(
        "--discover", action="store_true", help="all that there is, without regard to the configuration"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_log_options(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Finds and prints."""
    root, log = Path.cwd(), log_for(args)
    notes: tuple[str, ...] = ()
    if args.discover:
        images, notes = _all(root, args.image)
    else:
        from bloatcheck.config.load import load_config

        config = load_config(root, path=args.config, image_globs=args.image)
        images, notes = config.images, config.notes
    for note in notes:
        log.warning(note)
    # One of several platforms has a specification for each, alike but for that.
    images = tuple({image.name: image for image in images}.values())
    if args.json:
        rows = [_row(root, image) for image in images]
        tell_json(json.dumps({"images": rows, "notes": notes}, indent=2))
    else:
        tell("\n".join(line for image in images for line in _lines(root, image)))
    return ExitCode.OK


def _all(root: Path, globs: list[str]) -> tuple[tuple[ImageSpec, ...], tuple[str, ...]]:
    from fnmatch import fnmatchcase

    from bloatcheck.config.discovery.find import discover, specs_of

    discovery = discover(root, child_environment())
    images = tuple(
        spec
        for found in discovery.images
        if not globs or any(fnmatchcase(found.name, glob) for glob in globs)
        for spec in specs_of(found)
    )
    if not images:
        raise UsageError(
            "no image of this name is found here" if globs else "no image is found here",
            hint="; ".join(discovery.notes) or "run it in the repository's root",
        )
    return images, discovery.notes


def _source(image: ImageSpec) -> str:
    """Why it is an image of this repository."""
    if image.source:
        return f"{image.source}"
    return f"listed in {image.place}" if image.place else "the only Dockerfile at the root"


def _platforms(image: ImageSpec) -> list[str]:
    """What it is made for; nothing where that is whatever the builder's own is."""
    return list(map(str, image.platforms or ((image.platform,) if image.platform else ())))


def _row(root: Path, image: ImageSpec) -> dict[str, object]:
    """Values of build args are left out: they may come from the environment."""
    from bloatcheck.config.discovery.dockerfiles import inputs_of

    row: dict[str, object] = {
        "name": image.name,
        "source": _source(image),
        "file": image.place.file if image.place else None,
        "platforms": _platforms(image),
    }
    if image.build:
        build = image.build
        row |= {
            "dockerfile": build.dockerfile,
            "context": build.context,
            "target": build.target,
            "args": list(build.args),
            "inputs": inputs_of(root, build),
        }
    elif image.prebuilt:
        prebuilt = image.prebuilt
        row |= {
            "image": prebuilt.reference,
            "metadata": prebuilt.metadata_file,
            "dockerfile": prebuilt.dockerfile,
        }
    return row


def _lines(root: Path, image: ImageSpec) -> list[str]:
    from bloatcheck.config.discovery.dockerfiles import inputs_of

    lines = [image.name, f"  found   {_source(image)}"]
    if image.build:
        build = image.build
        stage = f", stage {build.target}" if build.target else ""
        platform = "".join(f", {each}" for each in _platforms(image))
        args = f", args {', '.join(build.args)}" if build.args else ""
        lines.append(f"  build   {build.dockerfile} in {build.context}{stage}{platform}{args}")
        inputs = inputs_of(root, build)
        more = len(inputs) - _SHOWN_INPUTS
        shown = ", ".join(inputs[:_SHOWN_INPUTS])
        lines.append(f"  inputs  {shown}{f' and {more} more' if more > 0 else ''}, and the base image")
    elif image.prebuilt:
        lines.append(f"  read    {image.prebuilt.reference or image.prebuilt.metadata_file}")
    return [harmless_line(line) for line in lines]
