"""Joins what was read of an image into the snapshot that is compared and stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bloatcheck import __version__
from bloatcheck.analysis.instruction import layer_instructions
from bloatcheck.analysis.place import instructions_of_layers, place_of, text_of
from bloatcheck.analysis.snapshot import Fingerprint, ImageSnapshot, LayerSnapshot
from bloatcheck.errors import ReadError
from bloatcheck.image.model import Image, LayerIndex
from bloatcheck.oci.dockerfile import Instruction, parse_dockerfile


def take_snapshot(
    image: Image,
    indexes: Sequence[LayerIndex],
    *,
    name: str,
    dockerfile_text: str | None = None,
    dockerfile_path: str | None = None,
    target: str | None = None,
    build_args: Mapping[str, str | None] | None = None,
    build_seconds: float | None = None,
) -> ImageSnapshot:
    """The snapshot of one image; `indexes` has the listing of every layer, in any order.

    With the Dockerfile that it was built from, layers get its lines, and its words in place of the builder's.
    `dockerfile_path` is relative to the repository's root; `target` and `build_args` are those of the build.

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
    written = instructions_of_layers(
        image.config, _parsed(dockerfile_text), target=target, build_args=build_args
    )
    recorded = layer_instructions(image.config)
    return ImageSnapshot(
        name=name,
        platform=str(image.config.platform),
        image_id=image.image_id,
        layers=tuple(
            LayerSnapshot(
                diff_id=layer.diff_id,
                instruction=text_of(lines) if lines else from_history,
                content_size=listed[layer.diff_id].content_size,
                uncompressed_size=listed[layer.diff_id].uncompressed_size,
                compressed_size=layer.compressed_size,
                place=place_of(lines, dockerfile_path) if dockerfile_path else None,
            )
            for layer, lines, from_history in zip(image.layers, written, recorded, strict=True)
        ),
        measure=Fingerprint(
            transport=image.source.transport,
            engine=image.source.engine,
            store=image.source.store,
            tool=f"bloatcheck {__version__}",
        ),
        build_seconds=build_seconds,
    )


def _parsed(dockerfile_text: str | None) -> tuple[Instruction, ...]:
    if dockerfile_text is None:
        return ()
    try:
        return parse_dockerfile(dockerfile_text)
    except ValueError:
        # Too long to read: the layers keep the builder's words and have no lines.
        return ()
