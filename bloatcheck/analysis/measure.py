"""Joins what was read of an image into the snapshot that is compared and stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bloatcheck import __version__
from bloatcheck.analysis.instruction import layer_instructions
from bloatcheck.analysis.snapshot import Fingerprint, ImageSnapshot, LayerSnapshot
from bloatcheck.errors import Place, ReadError
from bloatcheck.image.model import Image, LayerIndex
from bloatcheck.oci.image_config import ImageConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerfileSource:
    """The Dockerfile of a build, and what the build was told.

    `path` is relative to the repository's root. A build argument that is None came from the environment.
    """

    path: str
    text: str
    target: str | None = None
    build_args: Mapping[str, str | None] = field(default_factory=dict)


def take_snapshot(
    image: Image,
    indexes: Sequence[LayerIndex],
    *,
    name: str,
    dockerfile: DockerfileSource | None = None,
    build_seconds: float | None = None,
) -> ImageSnapshot:
    """The snapshot of one image; `indexes` has the listing of every layer, in any order.

    With the Dockerfile that it was built from, layers get its lines, and its words in place of the builder's.

    Raises:
        ReadError: a layer has no listing.
    """
    listed = {index.diff_id: index for index in indexes}
    for number, layer in enumerate(image.layers, start=1):
        if layer.diff_id not in listed:
            raise ReadError(
                f"layer {number} of {len(image.layers)} of {name} was not listed: {layer.diff_id}",
                hint="build or pull the image again; if this stays, it is a fault in bloatcheck",
            )
    recorded = layer_instructions(image.config)
    told = _told_by(dockerfile, image.config, recorded) if dockerfile else [(text, None) for text in recorded]
    return ImageSnapshot(
        name=name,
        platform=str(image.config.platform),
        image_id=image.image_id,
        layers=tuple(
            LayerSnapshot(
                diff_id=layer.diff_id,
                instruction=instruction,
                content_size=listed[layer.diff_id].content_size,
                uncompressed_size=listed[layer.diff_id].uncompressed_size,
                compressed_size=layer.compressed_size,
                place=place,
            )
            for layer, (instruction, place) in zip(image.layers, told, strict=True)
        ),
        measure=Fingerprint(
            transport=image.source.transport,
            engine=image.source.engine,
            store=image.source.store,
            tool=f"bloatcheck {__version__}",
        ),
        build_seconds=build_seconds,
    )


def _told_by(
    dockerfile: DockerfileSource, config: ImageConfig, recorded: Sequence[str]
) -> list[tuple[str, Place | None]]:
    """For each layer its instruction, in the Dockerfile's words where they are its, and their place there."""
    # images that nobody built here start without these
    from bloatcheck.analysis.place import (  # noqa: PLC0415 - see above
        instructions_of_layers,
        place_of,
        text_of,
    )
    from bloatcheck.oci.dockerfile import parse_dockerfile  # noqa: PLC0415 - see above

    try:
        instructions = parse_dockerfile(dockerfile.text)
    except ValueError:
        # One that is too long to read: the layers keep the builder's words and have no lines.
        return [(text, None) for text in recorded]
    written = instructions_of_layers(
        config, instructions, target=dockerfile.target, build_args=dockerfile.build_args
    )
    return [
        (text_of(lines) if lines else text, place_of(lines, dockerfile.path))
        for lines, text in zip(written, recorded, strict=True)
    ]
