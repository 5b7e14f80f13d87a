"""`--jobs`, of every command that builds all images."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bloatcheck.config.model import Config

_MOST = 64


def add_jobs_option(parser: argparse.ArgumentParser) -> None:
    """The option; `with_jobs` obeys it."""
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=_number,
        help="images to build at once (default: as configured, else one per processor, at most 4)",
    )


def with_jobs(config: Config, args: argparse.Namespace) -> Config:
    """The configuration, by the option where it was given."""
    return replace(config, jobs=args.jobs) if args.jobs else config


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {_MOST}")
    return int(text)
