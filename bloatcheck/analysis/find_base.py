"""Finds the image that an image stands on: from its Dockerfile, its builder's word, engine and registry."""

from __future__ import annotations

from collections.abc import Sequence

from bloatcheck.analysis.base_image import base_references
from bloatcheck.analysis.measure import DockerfileSource
from bloatcheck.analysis.recipe import foundation_of
from bloatcheck.image.base import KnownImage, Lookup, look_up_bases
from bloatcheck.image.model import Image
from bloatcheck.log import Log
from bloatcheck.oci.dockerfile import parse_dockerfile
from bloatcheck.oci.provenance import Material


def find_known_bases(
    image: Image,
    *,
    dockerfile: DockerfileSource | None = None,
    materials: Sequence[Material] = (),
    lookup: Lookup = Lookup.ENGINE,
    log: Log | None = None,
) -> tuple[KnownImage, ...]:
    """The images under this one that engine or registry know; `take_snapshot` says which is its base.

    Never fails: who can't answer is passed over, with a detail in the log.
    """
    config = image.config
    foundation = None
    if dockerfile:
        try:
            foundation = foundation_of(
                parse_dockerfile(dockerfile.text),
                platform=config.platform,
                target=dockerfile.target,
                build_args=dockerfile.build_args,
            )
        except ValueError:
            # too long to read
            foundation = None
    return look_up_bases(
        base_references(config, foundation, materials),
        config.diff_ids,
        platform=(foundation and foundation.platform) or config.platform,
        lookup=lookup,
        log=log,
    )
