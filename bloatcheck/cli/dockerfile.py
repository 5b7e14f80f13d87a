"""The options that say which Dockerfile an image was built from, so that its lines can be told."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.errors import UsageError

if TYPE_CHECKING:
    from bloatcheck.analysis.measure import DockerfileSource


def add_dockerfile_options(parser: argparse.ArgumentParser, image: str = "the image") -> None:
    """`--dockerfile`, `--target` and `--build-arg`."""
    parser.add_argument(
        "--dockerfile", metavar="FILE", help=f"what {image} was built from; its lines are told then"
    )
    parser.add_argument("--target", metavar="STAGE", help="the stage that was built, with --dockerfile")
    parser.add_argument(
        "--build-arg",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a build argument that was given, with --dockerfile; repeatable",
    )


def dockerfile_of(args: argparse.Namespace) -> DockerfileSource | None:
    """The Dockerfile that the options name; None without.

    Raises:
        UsageError: it can't be read, or there are options for it and it isn't named.
    """
    if args.dockerfile is None:
        if args.target is not None or args.build_arg:
            raise UsageError(
                "--target and --build-arg say how a Dockerfile was built, and none is named",
                hint="add --dockerfile FILE",
            )
        return None
    from bloatcheck.analysis.measure import DockerfileSource
    from bloatcheck.oci.dockerfile import MAX_LENGTH

    try:
        with Path(args.dockerfile).open(encoding="utf-8", errors="replace") as file:
            text = file.read(MAX_LENGTH + 1)
    except OSError as error:
        raise UsageError(
            f"{args.dockerfile} can't be read: {error.strerror}", hint="name the Dockerfile of the image"
        ) from None
    given = (each.partition("=") for each in args.build_arg)
    return DockerfileSource(
        path=Path(args.dockerfile).as_posix(),
        text=text,
        target=args.target,
        build_args={name: value if equals else None for name, equals, value in given},
    )
