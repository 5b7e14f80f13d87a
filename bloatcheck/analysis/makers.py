"""Who made the files of an image that `COPY --from` brought: the lines of the stages before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bloatcheck.analysis.copied import Origin, origins, sizes_by_origin
from bloatcheck.analysis.measure import DockerfileSource
from bloatcheck.analysis.place import place_of, text_of
from bloatcheck.errors import Place
from bloatcheck.oci.dockerfile import Instruction
from bloatcheck.oci.platform import Platform


@dataclass(frozen=True, slots=True)
class Made:
    """Bytes that one `COPY --from` brought, and the lines that made them, with their text.

    `layer` counts from 0. Several `lines` are those that may have; where it is `certain` there is one.
    `image` is the one that the files were copied from, or that their stage is FROM.
    """

    layer: int
    size: int
    lines: tuple[tuple[Place, str], ...]
    certain: bool
    image: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Makers:
    """One image's Dockerfile: all its `instructions`, and those that filled each of its `layers`."""

    dockerfile: DockerfileSource
    instructions: Sequence[Instruction]
    layers: Sequence[Sequence[Instruction]]
    platform: Platform

    def of(self, layer: int, sizes: Mapping[bytes, int]) -> tuple[Made, ...]:
        """Who made these files of a layer, the most bytes first; nothing without a `COPY --from`."""
        copy = self._copy(layer)
        if copy is None:
            return ()
        found = sizes_by_origin(
            copy,
            self.instructions,
            sizes,
            platform=self.platform,
            build_args=self.dockerfile.build_args,
        )
        return tuple(
            self._made(layer, size, origin) for origin, size in found if origin.instructions != (copy,)
        )

    def line_of(self, layer: int, path: bytes) -> Place | None:
        """The line of another stage that made one file for certain."""
        copy = self._copy(layer)
        if copy is None:
            return None
        origin = origins(
            copy, self.instructions, [path], platform=self.platform, build_args=self.dockerfile.build_args
        ).get(path)
        if origin is None or not origin.certain or origin.instructions == (copy,):
            return None
        return place_of(origin.instructions, self.dockerfile.path)

    def _copy(self, layer: int) -> Instruction | None:
        """The instruction of a layer, where there is just one."""
        found = self.layers[layer] if layer < len(self.layers) else ()
        return found[0] if len(found) == 1 else None

    def _made(self, layer: int, size: int, origin: Origin) -> Made:
        lines = (
            (place, text_of([instruction]))
            for instruction in origin.instructions
            if (place := place_of([instruction], self.dockerfile.path))
        )
        return Made(layer, size, tuple(lines), origin.certain, origin.image)
