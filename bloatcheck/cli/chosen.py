"""The images that a command is about: those of `--image`, and those of the run that they stand on."""

from __future__ import annotations

import argparse
import glob
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bloatcheck.config.model import Config, ImageSpec
    from bloatcheck.log import Log
    from bloatcheck.oci.platform import Platform


def add_image_option(parser: argparse.ArgumentParser) -> None:
    """`--image`, of whoever builds or plans."""
    parser.add_argument(
        "--image",
        metavar="GLOB",
        action="append",
        default=[],
        help="only images of this name, and those of the configuration that they stand on; repeatable",
    )


def load_chosen(
    args: argparse.Namespace,
    *,
    log: Log,
    environment: Mapping[str, str],
    platforms: Sequence[Platform] = (),
) -> Config:
    """The configuration, with the images of `--image` and those that they stand on.

    Built alone, an image would stand on whatever was built before, or pushed, by the name of its base; on a
    fresh machine on nothing.

    Raises:
        ConfigError: the file is wrong; holds every problem.
        UsageError: there is no such file, no image, or nothing that a glob or a platform matches.
    """
    from bloatcheck.config.load import load_config

    def load(globs: Sequence[str]) -> Config:
        return load_config(Path.cwd(), path=args.config, image_globs=globs, platforms=platforms)

    config = load(args.image)
    below = _below(config, environment)
    if not below:
        return config
    names = list(dict.fromkeys(spec.name for spec in below))
    log.info(f"built too, since the images asked for stand on it: {', '.join(names)}")
    # Loaded again, for their files have to be there as well.
    whole = load([*args.image, *map(glob.escape, names)])
    kept = {_key(spec) for spec in (*config.images, *below)}
    return replace(whole, images=tuple(spec for spec in whole.images if _key(spec) in kept))


def _below(config: Config, environment: Mapping[str, str]) -> tuple[ImageSpec, ...]:
    """The images that weren't asked for and that others stand on, as far down as it goes."""
    from bloatcheck.build.needs import taken, with_what_they_need

    if not config.others:
        return ()
    specs = (*config.images, *config.others)
    after = list(map(frozenset, taken(specs, config.root, environment)))
    first = len(config.images)
    return tuple(
        specs[number] for number in sorted(with_what_they_need(range(first), after) - set(range(first)))
    )


def _key(spec: ImageSpec) -> tuple[str, Platform | None]:
    return spec.name, spec.platform
