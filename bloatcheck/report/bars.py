"""How much each image changed, and by what, as a bar of a few coloured squares.

The longest bar is the largest change; any change has a square. Squares read on light and dark, their colours
with any colour blindness.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bloatcheck.analysis.contents import Cause
from bloatcheck.diff.contents import contents_diff
from bloatcheck.diff.model import ImageDiff

CELLS = 5
BLOCKS = {Cause.BASE: "🟫", Cause.PACKAGE: "🟨", Cause.OWN: "🟦"}
_NAMES = {"🟫": "base", "🟨": "packages", "🟦": "own"}


def bars(diffs: Sequence[ImageDiff | None]) -> tuple[str, ...]:
    """One for each, of at most `CELLS` characters; empty where nothing changed, or nobody knows by what."""
    causes = [_causes(diff) for diff in diffs]
    longest = max((sum(each) for each in causes), default=0)
    return tuple(_bar(each, longest) for each in causes)


def legend(drawn: Iterable[str]) -> str:
    """What the colours in these bars say: `🟫 base 🟦 own`."""
    used = set("".join(drawn))
    return " ".join(f"{block} {name}" for block, name in _NAMES.items() if block in used)


def _causes(diff: ImageDiff | None) -> tuple[int, ...]:
    """Bytes by which each cause changed, however it did."""
    changed = contents_diff(diff) if diff else None
    if changed is None:
        return ()
    return tuple(abs(changed.delta_of(cause)) for cause in BLOCKS)


def _bar(sizes: Sequence[int], longest: int) -> str:
    total = sum(sizes)
    if not total:
        return ""
    cells = max(1, round(CELLS * total / longest))
    counts = _apportioned(sizes, cells)
    return "".join(block * number for block, number in zip(BLOCKS.values(), counts, strict=True))


def _apportioned(sizes: Sequence[int], cells: int) -> Iterable[int]:
    """So many cells in proportion to the sizes, by the largest remainders."""
    total = sum(sizes)
    counts = [cells * size // total for size in sizes]
    remainders = sorted(range(len(sizes)), key=lambda index: -(cells * sizes[index] % total))
    for index in remainders[: cells - sum(counts)]:
        counts[index] += 1
    return counts
