"""Finds what is known of the image under another one: its builder's word, the engine's and the registry's."""

from __future__ import annotations

from collections.abc import Sequence

from bloatcheck.analysis.base_image import BaseClues, base_references
from bloatcheck.analysis.measure import DockerfileSource
from bloatcheck.analysis.recipe import foundation_of
from bloatcheck.image.base import Lookup, look_up_bases
from bloatcheck.image.files_image import FilesImage
from bloatcheck.image.model import Image
from bloatcheck.log import Log
from bloatcheck.oci.dockerfile import parse_dockerfile
from bloatcheck.oci.provenance import Material


def find_base_clues(
    image: Image,
    *,
    dockerfile: DockerfileSource | None = None,
    materials: Sequence[Material] = (),
    lookup: Lookup = Lookup.ENGINE,
    log: Log | None = None,
) -> BaseClues:
    """Asks for whatever `take_snapshot` can tell the base image from.

    `materials` are what the build told besides. Never fails: who can't answer is passed over, with a detail
    in the log.
    """
    config = image.config
    materials = (*materials, *_attested(image))
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
    known = look_up_bases(
        base_references(config, foundation, materials),
        config.diff_ids,
        platform=(foundation and foundation.platform) or config.platform,
        lookup=lookup,
        log=log,
    )
    return BaseClues(materials=materials, known=known)


def _attested(image: Image) -> tuple[Material, ...]:
    if isinstance(image, FilesImage):
        return image.materials()
    if image.source.transport == "docker":
        # takes long to import
        from bloatcheck.image.registry import RegistryImage  # noqa: PLC0415 - see above

        return image.materials() if isinstance(image, RegistryImage) else ()
    return ()
