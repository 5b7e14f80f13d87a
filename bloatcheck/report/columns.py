"""Aligned columns for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bloatcheck.report.paint import Paint, Tone, unpainted
from bloatcheck.report.plain import Plain, display_width, elided, harmless, shortened

_GAP = "  "
_NARROWEST = 12
"""What a shortened column keeps, however narrow the terminal is."""
_FLEXIBLE = "*~"
_TONES = {"+": Tone.BAD, "\N{MINUS SIGN}": Tone.GOOD}
"""Of figures with a sign: more is worse."""


def aligned(
    lines: Sequence[Sequence[str]],
    alignment: str,
    width: int,
    paint: Paint = unpainted,
    spare: Sequence[int] = (),
) -> Plain:
    """One line of text per line of cells.

    Args:
        lines: the heading, then equally many cells each; made harmless here. A column that is empty below
            its heading is left out.
        alignment: one character per column: `<` left, `>` right (figures of ours); left and shortened where
            the whole would be wider than `width`: `*` at the end, `~` in the middle, for names and paths.
        width: of the terminal, in columns.
        spare: numbers of columns that are left out where the terminal is too narrow, the first at first.
        paint: for the heading, and for figures with a sign.
    """
    columns = {
        number: (side, [harmless(cell) for cell in cells])
        for number, (side, cells) in enumerate(zip(alignment, zip(*lines, strict=True), strict=True))
        if any(cells[1:])
    }
    widths = _fitted(columns.values(), width)
    for number in spare:
        if sum(widths) + len(_GAP) * len(widths) <= width:
            break
        columns.pop(number, None)
        widths = _fitted(columns.values(), width)
    if sum(widths) + len(_GAP) * len(widths) > width:
        # in the end words are cut too, but no figure
        columns = {number: ("*" if side == "<" else side, cells) for number, (side, cells) in columns.items()}
        widths = _fitted(columns.values(), width)
    padded = [
        _padded(cells, side, room, paint)
        for room, (side, cells) in zip(widths, columns.values(), strict=True)
    ]
    heading, *rows = [(_GAP + _GAP.join(cells)).rstrip() for cells in zip(*padded, strict=True)]
    return Plain("\n".join((paint(heading, Tone.FAINT), *rows)))


def _fitted(columns: Iterable[tuple[str, Sequence[str]]], width: int) -> list[int]:
    return _fitting([(side, max(map(display_width, cells))) for side, cells in columns], width)


def _fitting(columns: Sequence[tuple[str, int]], width: int) -> list[int]:
    """The columns' widths, where the widest of those that may be shortened give what is too much."""
    widths = [full for _, full in columns]
    flexible = [index for index, (side, _) in enumerate(columns) if side in _FLEXIBLE]
    excess = sum(widths) + len(_GAP) * len(widths) - width
    while excess > 0 and flexible:
        widest = max(flexible, key=lambda index: widths[index])
        if widths[widest] <= _NARROWEST:
            break
        others = [widths[index] for index in flexible if index != widest]
        given = min(excess, max(1, widths[widest] - max((*others, _NARROWEST))))
        widths[widest] -= given
        excess -= given
    return widths


def _padded(cells: Sequence[str], side: str, width: int, paint: Paint) -> list[str]:
    cut = elided if side == "~" else shortened
    fitted = [cut(cell, width) for cell in cells]
    spaces = [" " * (width - display_width(cell)) for cell in fitted]
    if side == ">":
        return [space + _toned(cell, paint) for cell, space in zip(fitted, spaces, strict=True)]
    return [cell + space for cell, space in zip(fitted, spaces, strict=True)]


def _toned(figure: str, paint: Paint) -> str:
    tone = _TONES.get(figure[:1])
    return paint(figure, tone) if tone else figure
