"""What the images of a run take together, where layers that they share count once.

A node keeps a layer once for each stack of layers it lies on (its chain: OCI image-spec, config.md, "Layer
ChainID"), and a registry once for each blob, whatever lies below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bloatcheck.analysis.snapshot import ImageSnapshot, LayerSnapshot
from bloatcheck.diff.model import ImageChange
from bloatcheck.report.figures import count, percent
from bloatcheck.report.model import ImageReport
from bloatcheck.units import format_bytes, format_delta

_MOST_NODES = 3
_LEAST_SAVED = 0.01
"""The part of all bytes that sharing has to save to be worth a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Bytes of so many images: of each by itself, added up, and `together`, with what they share once."""

    images: int
    alone: int
    together: int

    @property
    def saved(self) -> int:
        """What sharing saves."""
        return self.alone - self.together


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallies:
    """Before and after; None where the size of some layer isn't known."""

    before: Tally | None
    after: Tally | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A machine that runs all images of one platform. `content` adds up `content_size`."""

    platform: str
    content: Tallies


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An image's bytes that no other image of its platform has, and those that another one has too."""

    unique: int
    shared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageParts:
    """What the image adds to its node; None on the side where it isn't there."""

    name: str
    platform: str
    before: Part | None
    after: Part | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLayers:
    """Layers on top of each other that the same images, two or more, have after the change.

    `base` is the image whose last layer is among them, where that is known; `images` are names.
    """

    platform: str
    base: str | None
    layers: int
    content_size: int
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """All images of a run, on a node and in a registry.

    Counted are those that were compared, are new or are gone; the others failed or can't be compared.
    `registry` adds up compressed layers over all platforms, without manifests and configurations;
    `registry_estimated` says that some of these sizes are estimates.
    """

    nodes: tuple[Node, ...]
    registry: Tallies
    registry_estimated: bool
    images: tuple[ImageParts, ...]
    shared: tuple[SharedLayers, ...]


def fleet_of(images: Iterable[ImageReport]) -> Fleet:
    """The accounts of all images of a report; images without a baseline entry have nothing before."""
    diffs = [row.diff for row in images if row.diff and row.diff.change is not ImageChange.INCOMPARABLE]
    chains = _Chains()
    platforms = [diff.platform for diff in diffs]
    before = _Side.of(platforms, [diff.before for diff in diffs], chains)
    after = _Side.of(platforms, [diff.after for diff in diffs], chains)
    return Fleet(
        nodes=tuple(_node_of(platform, before, after) for platform in dict.fromkeys(platforms)),
        registry=Tallies(before=before.registry(), after=after.registry()),
        registry_estimated=before.is_estimated or after.is_estimated,
        images=tuple(
            ImageParts(
                name=diff.name, platform=diff.platform, before=before.part(number), after=after.part(number)
            )
            for number, diff in enumerate(diffs)
        ),
        shared=tuple(sorted(after.shared(), key=lambda each: -each.content_size * len(each.images))),
    )


def fleet_sentence(fleet: Fleet) -> str | None:
    """What the images take together, in one sentence; no foreign text in it but platforms.

    None for a single image, where sharing saves next to nothing, and where all is as it was.
    """
    told = [
        f"the {count(node.content.after.images, 'image')} "
        f"take {_size(node.content, by_themselves=True)} on {_node(node.platform, fleet)}"
        for node in fleet.nodes
        if node.content.after and _is_worth_telling(node.content.after)
    ]
    if not told or not any(_has_moved(node.content) for node in fleet.nodes):
        return None
    more = len(told) - _MOST_NODES
    parts = told[:_MOST_NODES] + ([count(more, "more platform")] if more > 0 else [])
    if fleet.registry.after and fleet.registry.after.together:
        about = "about " if fleet.registry_estimated else ""
        parts.append(f"{about}{_size(fleet.registry)} in a registry")
    return f"With shared layers counted once, {' and '.join(parts)}."


def _is_worth_telling(tally: Tally) -> bool:
    return tally.images > 1 and tally.saved > _LEAST_SAVED * tally.alone


def _has_moved(tallies: Tallies) -> bool:
    """Also where there was nothing before."""
    before, after = tallies.before, tallies.after
    return before is None or after is None or before.together != after.together


def _node(platform: str, fleet: Fleet) -> str:
    return "a node" if len(fleet.nodes) == 1 else f"a {platform} node"


def _size(tallies: Tallies, *, by_themselves: bool = False) -> str:
    """`1.24 GB (+12.4 MB, +1.0 %; 4.64 GB by themselves)`."""
    before, after = tallies.before, tallies.after
    if after is None:
        return ""
    told = []
    if before and before.images and after.together != before.together:
        delta = after.together - before.together
        share = f", {percent(100 * delta / before.together)}" if before.together else ""
        told.append(f"{format_delta(delta)}{share}")
    if by_themselves:
        told.append(f"{format_bytes(after.alone)} by themselves")
    return format_bytes(after.together) + (f" ({'; '.join(told)})" if told else "")


def _node_of(platform: str, before: _Side, after: _Side) -> Node:
    return Node(
        platform=platform, content=Tallies(before=before.on_node(platform), after=after.on_node(platform))
    )


# Counting --------------------------------------------------------------------------------------------------


class _Chains:
    """A number for each stack of layers, the same for the same platform and layers."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[object, str], int] = {}

    def of(self, platform: str, snapshot: ImageSnapshot) -> list[int]:
        """One number a layer, base first."""
        below: object = platform
        numbers = []
        for layer in snapshot.layers:
            below = self._numbers.setdefault((below, layer.diff_id), len(self._numbers))
            numbers.append(below)
        return numbers


_SizeOf = Callable[[LayerSnapshot], "int | None"]


def _tally(images: Sequence[tuple[ImageSnapshot, Sequence[Hashable]]], size: _SizeOf) -> Tally | None:
    """`images` with what tells their layers apart; None where the size of some layer isn't known."""
    alone = 0
    together: dict[Hashable, int] = {}
    for snapshot, keys in images:
        own: dict[Hashable, int] = {}
        for key, layer in zip(keys, snapshot.layers, strict=True):
            bytes_of_layer = size(layer)
            if bytes_of_layer is None:
                return None
            own[key] = bytes_of_layer
        alone += sum(own.values())
        together |= own
    return Tally(images=len(images), alone=alone, together=sum(together.values()))


@dataclass(frozen=True, slots=True)
class _Side:
    """All images before, or after: None where an image isn't there, and how many images have a chain."""

    platforms: Sequence[str]
    snapshots: Sequence[ImageSnapshot | None]
    chains: Sequence[Sequence[int]]
    users: Counter[int]

    @classmethod
    def of(
        cls, platforms: Sequence[str], snapshots: Sequence[ImageSnapshot | None], chains: _Chains
    ) -> _Side:
        numbers = [
            chains.of(platform, snapshot) if snapshot else []
            for platform, snapshot in zip(platforms, snapshots, strict=True)
        ]
        users = Counter(chain for each in numbers for chain in each)
        return cls(platforms, snapshots, numbers, users)

    @property
    def is_estimated(self) -> bool:
        return any(snapshot and snapshot.measure.compressor for snapshot in self.snapshots)

    def on_node(self, platform: str) -> Tally | None:
        """By chain, for one platform."""
        return _tally(
            [
                (snapshot, numbers)
                for its, snapshot, numbers in zip(self.platforms, self.snapshots, self.chains, strict=True)
                if snapshot and its == platform
            ],
            lambda layer: layer.content_size,
        )

    def registry(self) -> Tally | None:
        """By blob: a layer that two images have in different compression is two."""
        return _tally(
            [
                (snapshot, [(layer.diff_id, layer.compressed_size) for layer in snapshot.layers])
                for snapshot in self.snapshots
                if snapshot
            ],
            lambda layer: layer.compressed_size,
        )

    def part(self, number: int) -> Part | None:
        """Of the image of this number."""
        snapshot = self.snapshots[number]
        if snapshot is None:
            return None
        unique = sum(
            layer.content_size
            for layer, chain in zip(snapshot.layers, self.chains[number], strict=True)
            if self.users[chain] == 1
        )
        return Part(unique=unique, shared=snapshot.content_size - unique)

    def shared(self) -> Iterator[SharedLayers]:
        """Runs of layers that belong to the same images, each once."""
        runs: dict[int, list[int]] = {}
        for number, chains in enumerate(self.chains):
            for end in self._ends(chains):
                runs.setdefault(chains[end - 1], []).append(number)
        for end_chain, numbers in runs.items():
            first = self.snapshots[numbers[0]]
            chains = self.chains[numbers[0]]
            end = chains.index(end_chain) + 1
            start = next((at for at in reversed(self._ends(chains)) if at < end), 0)
            layers = first.layers[start:end] if first else ()
            size = sum(layer.content_size for layer in layers)
            if first and size:
                yield SharedLayers(
                    platform=self.platforms[numbers[0]],
                    base=self._base_within(numbers, start, end),
                    layers=len(layers),
                    content_size=size,
                    images=tuple(other.name for at in numbers if (other := self.snapshots[at])),
                )

    def _ends(self, chains: Sequence[int]) -> list[int]:
        """Where, counted in layers, fewer images go on; only as far as any other image goes."""
        users = [self.users[chain] for chain in chains]
        return [
            number
            for number, here in enumerate(users, start=1)
            if here > 1 and (number == len(users) or users[number] != here)
        ]

    def _base_within(self, numbers: Sequence[int], start: int, end: int) -> str | None:
        bases = (snapshot.base for at in numbers if (snapshot := self.snapshots[at]))
        return next((base.name for base in bases if base and start < base.layer_count <= end), None)
