"""The same content under several names."""

from __future__ import annotations

from collections.abc import Iterator

from bloatcheck.analysis.advice.edit import quoted
from bloatcheck.analysis.advice.model import Facts, File, Proposal, Record
from bloatcheck.analysis.advice.shown import named, shown

_SMALLEST = 64 * 1024
"""Bytes of a file from which on its copies are looked for."""
_FLOOR = 1_000_000


def duplicates(facts: Facts) -> Iterator[Proposal]:
    """One proposal for each layer that has copies, unless the system's packages have them.

    What stands lowest is the original.
    """
    copies: dict[int, list[tuple[File, File]]] = {}
    originals: dict[tuple[bytes, int], File] = {}
    candidates = [file for file in facts.files if file[2] >= _SMALLEST and not facts.is_systems(file[0])]
    for file in sorted(candidates, key=lambda file: (file[1], file[0])):
        digest = facts.tree.digest(file[0])
        if digest is None:
            continue
        original = originals.setdefault((digest, file[2]), file)
        if original is not file:
            copies.setdefault(file[1], []).append((file, original))
    for layer, pairs in sorted(copies.items()):
        freed = facts.freed(file for file, _ in pairs)
        if sum(freed.values()) < _FLOOR:
            continue
        pairs.sort(key=lambda pair: -pair[0][2])
        yield Proposal(
            message="The same content is in the image under several names: "
            f"{named(f'{shown(file[0])} is {shown(original[0])}' for file, original in pairs)}.",
            freed=freed,
            layer=layer,
            instructions=facts.instructions_of(layer),
            replacement=_link(facts, layer, freed, pairs),
        )


def _link(facts: Facts, layer: int, freed: dict[Record, int], pairs: list[tuple[File, File]]) -> str | None:
    """A symbolic link in the place of a COPY of this one file, to one that is there by then."""
    (file, original), *more = pairs
    filled_by = facts.instructions_of(layer)
    sizes = facts.tree.layers[layer].records.sizes
    alone = not more and sum(1 for size in sizes if size) == 1 and len(freed) == 1
    if not alone or original[1] >= layer or len(filled_by) != 1 or filled_by[0].keyword != "COPY":
        return None
    ends = [quoted(path) for path in (original[0], file[0])]
    return None if None in ends else f"RUN ln -s {ends[0]} {ends[1]}"
