"""`bloatcheck images`: what would be built, and why."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.cli.chosen import add_image_option, load_chosen
from bloatcheck.cli.common import TOKEN_VARIABLE, add_log_options, child_environment, log_for
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.errors import ExitCode, UsageError
from bloatcheck.report.plain import harmless_line
from bloatcheck.units import count

if TYPE_CHECKING:
    from bloatcheck.config.model import Config, ImageSpec
    from bloatcheck.inputs.decide import Decision
    from bloatcheck.inputs.model import Inputs
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
    add_image_option(parser)
    parser.add_argument(
        "--discover", action="store_true", help="all that there is, without regard to the configuration"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_log_options(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Finds and prints."""
    root, log = Path.cwd(), log_for(args)
    decisions: Mapping[str, Decision] = {}
    if args.discover:
        images, notes = _all(root, args.image)
        inputs = _derived(root, images, log)
    else:
        token = os.environ.pop(TOKEN_VARIABLE, None)
        config = load_chosen(args, log=log, environment=child_environment())
        images, notes = config.images, config.notes
        decisions = _decided(config, token, log)
        inputs = {name: decision.inputs for name, decision in decisions.items()}
    for note in notes:
        log.warning(note)
    # One of several platforms has a specification for each, alike but for that.
    images = tuple({image.name: image for image in images}.values())
    if args.json:
        rows = [_row(image, inputs[image.name], decisions.get(image.name)) for image in images]
        tell_json(json.dumps({"images": rows, "notes": notes}, indent=2))
    else:
        shown = (_lines(image, inputs[image.name], decisions.get(image.name)) for image in images)
        tell("\n".join(line for lines in shown for line in lines))
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


def _derived(root: Path, images: tuple[ImageSpec, ...], log: Log) -> Mapping[str, Inputs]:
    """By name; no registry is asked, for nothing is decided."""
    from bloatcheck.config.model import Config
    from bloatcheck.inputs.derive import derive_inputs

    inputs = derive_inputs(
        Config(root=root, images=images),
        log=log,
        environment=child_environment(),
        bases=lambda wanted, **_: dict.fromkeys(wanted, ""),
    )
    return {image.name: its for image, its in zip(images, inputs, strict=True)}


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


def _row(image: ImageSpec, inputs: Inputs, decision: Decision | None) -> dict[str, object]:
    """Values of build args are left out: they may come from the environment."""
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
            "inputs": inputs.sources,
            "files": [file.path for file in inputs.files],
            "unresolved": inputs.unresolved,
        }
    elif image.prebuilt:
        prebuilt = image.prebuilt
        row |= {
            "image": prebuilt.reference,
            "metadata": prebuilt.metadata_file,
            "dockerfile": prebuilt.dockerfile,
        }
    if decision:
        row |= {
            "built": decision.entry is None,
            "because": decision.reason,
            "inputs_digest": inputs.digest,
            "bases": [{"name": base.name, "digest": base.digest} for base in inputs.bases],
        }
    return row


def _lines(image: ImageSpec, inputs: Inputs, decision: Decision | None) -> list[str]:
    lines = [image.name, f"  found   {_source(image)}"]
    if image.build:
        build = image.build
        stage = f", stage {build.target}" if build.target else ""
        platform = "".join(f", {each}" for each in _platforms(image))
        args = f", args {', '.join(build.args)}" if build.args else ""
        lines.append(f"  build   {build.dockerfile} in {build.context}{stage}{platform}{args}")
        lines.append(f"  inputs  {_read(inputs)}")
    elif image.prebuilt:
        lines.append(f"  read    {image.prebuilt.reference or image.prebuilt.metadata_file}")
    if decision and image.build:
        lines.append(f"  run     {'not built' if decision.entry else 'built'}: {decision.reason}")
    return [harmless_line(line) for line in lines]


def _read(inputs: Inputs) -> str:
    if not inputs.files:
        return f"can't be told: {inputs.unresolved}"
    more = len(inputs.sources) - _SHOWN_INPUTS
    shown = ", ".join(inputs.sources[:_SHOWN_INPUTS]) + (f" and {more} more" if more > 0 else "")
    based = "" if inputs.digest and not inputs.bases else ", and the base image"
    return f"{shown}{based}: {count(len(inputs.files), 'file')}"
