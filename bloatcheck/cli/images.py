"""`bloatcheck images`: what would be built, and why."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.cli.common import TOKEN_VARIABLE, add_log_options, child_environment, log_for
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.errors import ExitCode, UsageError
from bloatcheck.report.plain import harmless_line
from bloatcheck.units import count

if TYPE_CHECKING:
    from bloatcheck.config.model import Config, ImageSpec
    from bloatcheck.inputs.decide import Decision
    from bloatcheck.log import Log

_SHOWN_INPUTS = 8


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Lists the images that a run would build or read: where each comes from, its Dockerfile, context, stage and
platform, what its build reads, and whether a run would build it, and why: not if none of that changed since
the baseline. Nothing is built.

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
    decisions: Mapping[str, Decision] = {}
    if args.discover:
        images, notes = _all(root, args.image)
    else:
        from bloatcheck.config.load import load_config

        token = os.environ.pop(TOKEN_VARIABLE, None)
        config = load_config(root, path=args.config, image_globs=args.image)
        images, notes = config.images, config.notes
        decisions = _decided(config, token, log)
    for note in notes:
        log.warning(note)
    # One of several platforms has a specification for each, alike but for that.
    images = tuple({image.name: image for image in images}.values())
    if args.json:
        rows = [_row(root, image, decisions.get(image.name)) for image in images]
        tell_json(json.dumps({"images": rows, "notes": notes}, indent=2))
    else:
        tell("\n".join(line for image in images for line in _lines(root, image, decisions.get(image.name))))
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


def _decided(config: Config, token: str | None, log: Log) -> Mapping[str, Decision]:
    """By name; of an image for several platforms that of the first one that would be built."""
    from bloatcheck.ci.registry import read_context
    from bloatcheck.cli.common import images_before
    from bloatcheck.inputs.decide import decide_all
    from bloatcheck.references import References

    environment = child_environment()
    context = read_context(os.environ)
    references = References(
        config=config, context=context, token=token or context.token, environment=environment, log=log
    )
    decided = decide_all(config, images_before(references), log=log, environment=environment)
    unbuilt = {decision.spec.name: decision for decision in reversed(decided)}
    return unbuilt | {decision.spec.name: decision for decision in reversed(decided) if not decision.entry}


def _source(image: ImageSpec) -> str:
    """Why it is an image of this repository."""
    if image.source:
        return f"{image.source}"
    return f"listed in {image.place}" if image.place else "the only Dockerfile at the root"


def _platforms(image: ImageSpec) -> list[str]:
    """What it is made for; nothing where that is whatever the builder's own is."""
    return list(map(str, image.platforms or ((image.platform,) if image.platform else ())))


def _row(root: Path, image: ImageSpec, decision: Decision | None) -> dict[str, object]:
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
            "inputs": image.inputs or inputs_of(root, build),
        }
    elif image.prebuilt:
        prebuilt = image.prebuilt
        row |= {
            "image": prebuilt.reference,
            "metadata": prebuilt.metadata_file,
            "dockerfile": prebuilt.dockerfile,
        }
    if decision:
        inputs = decision.inputs
        row |= {
            "built": decision.entry is None,
            "because": decision.reason,
            "inputs_digest": inputs.digest,
            "files": [file.path for file in inputs.files],
            "bases": [{"name": base.name, "digest": base.digest} for base in inputs.bases],
        }
    return row


def _lines(root: Path, image: ImageSpec, decision: Decision | None) -> list[str]:
    from bloatcheck.config.discovery.dockerfiles import inputs_of

    lines = [image.name, f"  found   {_source(image)}"]
    if image.build:
        build = image.build
        stage = f", stage {build.target}" if build.target else ""
        platform = "".join(f", {each}" for each in _platforms(image))
        args = f", args {', '.join(build.args)}" if build.args else ""
        lines.append(f"  build   {build.dockerfile} in {build.context}{stage}{platform}{args}")
        inputs = image.inputs or inputs_of(root, build)
        more = len(inputs) - _SHOWN_INPUTS
        shown = ", ".join(inputs[:_SHOWN_INPUTS])
        scratch = decision and decision.inputs.digest and not decision.inputs.bases
        based = "" if scratch else ", and the base image"
        lines.append(f"  inputs  {shown}{f' and {more} more' if more > 0 else ''}{based}")
        if decision and decision.inputs.files:
            lines[-1] += f": {count(len(decision.inputs.files), 'file')}"
    elif image.prebuilt:
        lines.append(f"  read    {image.prebuilt.reference or image.prebuilt.metadata_file}")
    if decision and image.build:
        lines.append(f"  run     {'not built' if decision.entry else 'built'}: {decision.reason}")
    return [harmless_line(line) for line in lines]
