"""Aligned columns for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from bloatcheck.report.plain import Plain, display_width, harmless, shorten

_GAP = "  "
_NARROWEST = 12
"""What a shortened column keeps, however narrow the terminal is."""


def aligned(lines: Sequence[Sequence[str]], alignment: str, width: int) -> Plain:
    """One line of text per line of cells.

    Args:
        lines: the heading, then equally many cells each; made harmless here. A column that is empty below
            its heading is left out.
        alignment: one character per column: `<` left, `>` right, `*` left and shortened where the whole
            would be wider than `width`.
        width: of the terminal, in columns.
    """
    columns = [
        (side, [harmless(cell) for cell in cells])
        for side, cells in zip(alignment, zip(*lines, strict=True), strict=True)
        if any(cells[1:])
    ]
    widths = [max(map(display_width, cells)) for _, cells in columns]
    excess = sum(widths) + len(_GAP) * len(widths) - width
    padded = [
        _padded(cells, side, max(min(full, _NARROWEST), full - max(0, excess)) if side == "*" else full)
        for full, (side, cells) in zip(widths, columns, strict=True)
    ]
    return Plain("\n".join((_GAP + _GAP.join(cells)).rstrip() for cells in zip(*padded, strict=True)))


def _padded(cells: Sequence[str], side: str, width: int) -> list[str]:
    fitted = [_fitted(cell, width) for cell in cells]
    spaces = [" " * (width - display_width(cell)) for cell in fitted]
    return [space + cell if side == ">" else cell + space for cell, space in zip(fitted, spaces, strict=True)]


def _fitted(text: str, width: int) -> str:
    """Shortened by columns of the terminal, of which a character may take two."""
    longest = len(text)
    while display_width(text) > width:
        longest = min(longest - 1, width)
        text = shorten(text, longest)
    return text
