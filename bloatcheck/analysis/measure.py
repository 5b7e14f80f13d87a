"""Joins what was read of an image into the snapshot that is compared and stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bloatcheck import __version__
from bloatcheck.analysis.instruction import layer_instructions
from bloatcheck.analysis.snapshot import Base, Fingerprint, ImageSnapshot, LayerSnapshot
from bloatcheck.errors import Place, ReadError
from bloatcheck.image.model import Image, LayerIndex
from bloatcheck.oci.image_config import ImageConfig

if TYPE_CHECKING:
    from bloatcheck.analysis.base_image import BaseClues


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerfileSource:
    """The Dockerfile of a build, and what the build was told.

    `path` is relative to the repository's root. A build argument that is None came from the environment.
    `context_ignore` is whether the build context has a `.dockerignore`; None where nobody knows.
    """

    path: str
    text: str
    target: str | None = None
    build_args: Mapping[str, str | None] = field(default_factory=dict)
    context_ignore: bool | None = None


def take_snapshot(
    image: Image,
    indexes: Sequence[LayerIndex],
    *,
    name: str,
    dockerfile: DockerfileSource | None = None,
    build_seconds: float | None = None,
    base_clues: BaseClues | None = None,
) -> ImageSnapshot:
    """The snapshot of one image; `indexes` has the listing of every layer, in any order.

    With the Dockerfile that it was built from, layers get its lines, and its words in place of the builder's.
    The base is told from that, and from the clues that `find_base_clues` asks for.

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
    told = _told_by(dockerfile, image.config, base_clues)
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
            for layer, (instruction, place) in zip(image.layers, told.layers, strict=True)
        ),
        measure=Fingerprint(
            transport=image.source.transport,
            engine=image.source.engine,
            store=image.source.store,
            tool=f"bloatcheck {__version__}",
        ),
        base=told.base,
        build_seconds=build_seconds,
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """For each layer its instruction, in the Dockerfile's words where they are its, and their place there."""

    layers: Sequence[tuple[str, Place | None]]
    base: Base | None


def _told_by(dockerfile: DockerfileSource | None, config: ImageConfig, clues: BaseClues | None) -> _Told:
    recorded = [(text, None) for text in layer_instructions(config)]
    if dockerfile is None and clues is None:
        return _Told(recorded, None)
    # images that nobody built here start without these
    from bloatcheck.analysis.base_image import BaseClues, base_of, triggered_layers  # noqa: PLC0415 - see above
    from bloatcheck.analysis.place import place_layers, place_of, text_of  # noqa: PLC0415 - see above
    from bloatcheck.analysis.recipe import foundation_of  # noqa: PLC0415 - see above
    from bloatcheck.oci.dockerfile import parse_dockerfile  # noqa: PLC0415 - see above

    clues = clues or BaseClues()
    try:
        instructions = parse_dockerfile(dockerfile.text if dockerfile else "")
    except ValueError:
        # One that is too long to read: the layers keep the builder's words and have no lines.
        instructions = ()
    if dockerfile is None or not instructions:
        return _Told(recorded, base_of(config, clues=clues))
    target, build_args = dockerfile.target, dockerfile.build_args
    placed = place_layers(config, instructions, target=target, build_args=build_args)
    foundation = foundation_of(instructions, platform=config.platform, target=target, build_args=build_args)
    base = base_of(config, foundation=foundation, placed=placed, clues=clues)
    triggered = triggered_layers(base, placed)
    layers = []
    for number, (lines, (text, _)) in enumerate(zip(placed.instructions, recorded, strict=True)):
        if foundation and number in triggered:
            layers.append((text, place_of([foundation.instruction], dockerfile.path)))
        else:
            layers.append((text_of(lines) if lines else text, place_of(lines, dockerfile.path)))
    return _Told(layers, base)
