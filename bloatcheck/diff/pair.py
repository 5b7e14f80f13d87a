"""Which layer of the image before is which layer of the image after.

The strongest evidence goes first: the same diff_id, then the same instruction, then what is left between
two neighbours that were paired already, by how alike the instructions are. Time grows with the number of
layers, except between two neighbours, where it is bounded.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import pairwise

from bloatcheck.analysis.snapshot import LayerSnapshot

Pair = tuple[int | None, int | None]
"""Places in the layers before and after; None where there is no counterpart."""

LIKE = 0.3
"""From how alike on two instructions are taken for one that was edited, where others come into question."""

_MAX_COMPARISONS = 10_000
"""Between two neighbours. Where a hundred instructions in a row were edited, likeness says nothing."""

_MAX_WORDS = 400


def pair_layers(before: Sequence[LayerSnapshot], after: Sequence[LayerSnapshot]) -> tuple[Pair, ...]:
    """Every layer of both in exactly one pair.

    In the order of the image after; a layer without a counterpart follows the one it stood on.
    """
    found = _Pairs(before, after)
    found.match(lambda layer: (layer.diff_id, layer.instruction))
    found.match(lambda layer: layer.diff_id if layer.content_size else None)
    found.match(lambda layer: layer.instruction or None)
    found.match_between_neighbours()
    # Only empty layers are left with a diff_id in common: all empty layers are the same.
    found.match(lambda layer: layer.diff_id)
    return tuple(_ordered(found.partner_of, len(before), len(after)))


class _Pairs:
    """The pairs found so far: `partner_of[place after] = place before`."""

    def __init__(self, before: Sequence[LayerSnapshot], after: Sequence[LayerSnapshot]) -> None:
        self._before = before
        self._after = after
        self._free_before = set(range(len(before)))
        self._free_after = set(range(len(after)))
        self.partner_of: dict[int, int] = {}

    def _add(self, before: int, after: int) -> None:
        self.partner_of[after] = before
        self._free_before.remove(before)
        self._free_after.remove(after)

    def match(self, key: Callable[[LayerSnapshot], Hashable]) -> None:
        """Pairs the free layers of equal keys: those between the same neighbours first, then in order.

        A layer whose key is None is left alone.
        """
        for where in (self._gaps(), None):
            waiting: dict[Hashable, deque[int]] = defaultdict(deque)
            for place in sorted(self._free_before):
                waiting[key(self._before[place]), where[0][place] if where else 0].append(place)
            for place in sorted(self._free_after):
                value = key(self._after[place])
                same = waiting[value, where[1][place] if where else 0]
                if value is not None and same:
                    self._add(same.popleft(), place)

    def match_between_neighbours(self) -> None:
        """Pairs what is left between two neighbours in order, by likeness."""
        gap_before, gap_after = self._gaps()
        gaps: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for place in sorted(self._free_before):
            gaps[gap_before[place]][0].append(place)
        for place in sorted(self._free_after):
            gaps[gap_after[place]][1].append(place)
        for old, new in gaps.values():
            for before, after in _alike(
                [self._before[place] for place in old], [self._after[place] for place in new]
            ):
                self._add(old[before], new[after])

    def _gaps(self) -> tuple[list[int], list[int]]:
        """For each place before and after, how many neighbours lie below it.

        Neighbours are the longest chain of pairs that keep their order; pairs that crossed are none.
        """
        chain = _longest_chain(sorted((after, before) for after, before in self.partner_of.items()))
        return (
            _counts_below([before for _, before in chain], len(self._before)),
            _counts_below([after for after, _ in chain], len(self._after)),
        )


def _counts_below(places: Sequence[int], length: int) -> list[int]:
    counts = [0] * length
    for number, (start, end) in enumerate(pairwise([*places, length]), start=1):
        counts[start:end] = [number] * (end - start)
    return counts


def _longest_chain(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest subsequence whose second numbers rise (patience sorting)."""
    tops: list[int] = []
    top_index: list[int] = []
    previous: list[int | None] = []
    for index, (_, value) in enumerate(pairs):
        pile = bisect_left(tops, value)
        previous.append(top_index[pile - 1] if pile else None)
        tops[pile : pile + 1] = [value]
        top_index[pile : pile + 1] = [index]
    chain: list[tuple[int, int]] = []
    at = top_index[-1] if top_index else None
    while at is not None:
        chain.append(pairs[at])
        at = previous[at]
    return chain[::-1]


def _alike(before: Sequence[LayerSnapshot], after: Sequence[LayerSnapshot]) -> list[tuple[int, int]]:
    """The pairs in order whose likenesses have the largest sum."""
    if len(before) * len(after) > _MAX_COMPARISONS:
        return []
    alone = len(before) == len(after) == 1
    least = 0.0 if alone else LIKE
    likeness = [[_likeness(old, new, least) for new in after] for old in before]
    best = [[0.0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for old in reversed(range(len(before))):
        for new in reversed(range(len(after))):
            paired = best[old + 1][new + 1] + likeness[old][new]
            best[old][new] = max(best[old + 1][new], best[old][new + 1], paired)
    pairs: list[tuple[int, int]] = []
    old = new = 0
    while old < len(before) and new < len(after):
        value = likeness[old][new]
        if value and best[old][new] == best[old + 1][new + 1] + value:
            pairs.append((old, new))
            old, new = old + 1, new + 1
        elif best[old][new] == best[old + 1][new]:
            old += 1
        else:
            new += 1
    return pairs


def _likeness(before: LayerSnapshot, after: LayerSnapshot, least: float) -> float:
    """The share of words that both have, up to 1; 0 for different keywords, and where it is below `least`."""
    old, new = before.instruction.split(" ")[:_MAX_WORDS], after.instruction.split(" ")[:_MAX_WORDS]
    if old[0] != new[0]:
        return 0.0
    common = (Counter(old) & Counter(new)).total()
    likeness = 2 * common / (len(old) + len(new))
    return likeness if likeness >= least else 0.0


def _ordered(partner_of: dict[int, int], before: int, after: int) -> Iterator[Pair]:
    paired = {old: new for new, old in partner_of.items()}
    removed_after: dict[int | None, list[int]] = defaultdict(list)
    stood_on: int | None = None
    for old in range(before):
        if old in paired:
            stood_on = paired[old]
        else:
            removed_after[stood_on].append(old)
    for new in (None, *range(after)):
        if new is not None:
            yield partner_of.get(new), new
        for old in removed_after[new]:
            yield old, None
