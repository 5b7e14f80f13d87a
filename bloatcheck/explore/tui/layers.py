"""The layers, on the left: the whole image first, then from base to top."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from bloatcheck.analysis.snapshot import LayerSnapshot
from bloatcheck.diff.model import LayerChange
from bloatcheck.explore.explored import Explored, Layer
from bloatcheck.explore.scopes import Scope
from bloatcheck.explore.tui.rows import Piece, Rows, bar
from bloatcheck.report.plain import harmless, shorten
from bloatcheck.units import format_bytes, format_delta

_BAR = 6
_WIDE = 50
_WITH_WASTE = 36
_LONGEST = 300
_LETTERS = {
    LayerChange.ADDED: ("A", "row--added"),
    LayerChange.GROWN: ("G", "row--grown"),
    LayerChange.SHRUNK: ("S", "row--shrunk"),
    LayerChange.REMOVED: ("R", "row--removed"),
    LayerChange.REBUILT: ("=", "row--dim"),
    LayerChange.UNCHANGED: (" ", "row--dim"),
}


class LayerRows(Rows["Layer | None"]):
    """Each layer with size, share, waste, line and instruction; None stands for the whole image."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+l", f"app.scope('{Scope.CHANGES.value}')", "Its changes", show=False),
        Binding("ctrl+a", f"app.scope('{Scope.SINCE_BASE.value}')", "Since the base", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="layers")
        self._explored: Explored | None = None

    def fill(self, explored: Explored) -> None:
        """Shows the layers of what was read."""
        self._explored = explored
        self.show((None, *explored.layers))

    @property
    def place(self) -> int | None:
        """Which of the layers the cursor stands on; None for the whole."""
        return self.cursor - 1 if self.cursor > 0 else None

    def draw(self, row: Layer | None, width: int) -> list[Piece]:
        """One line."""
        explored = self._explored
        if explored is None:
            return []
        if row is None:
            return self._whole(explored, width)
        whole = explored.after.snapshot.content_size
        pieces: list[Piece] = []
        if explored.compares:
            letter, style = _LETTERS[row.change or LayerChange.UNCHANGED]
            pieces += [
                (f"{letter} ", style),
                (f"{_delta(row.delta):>9} ", style if row.delta else "row--dim"),
            ]
        number = row.number if row.number is not None else row.old
        pieces.append((f"{(number or 0) + 1:>2} ", "row--dim"))
        pieces.append((f"{format_bytes(row.size):>8} ", ""))
        if width >= _WIDE:
            pieces.append((f"{bar(row.size, whole, _BAR)} ", "row--bar"))
        if width >= _WITH_WASTE:
            pieces.append((_waste(row.wasted), "row--removed"))
        pieces.append((_instruction(row.snapshot), "row--dim" if row.of_base else ""))
        return pieces

    def _whole(self, explored: Explored, width: int) -> list[Piece]:
        snapshot = explored.after.snapshot
        pieces: list[Piece] = []
        if explored.before:
            delta = snapshot.content_size - explored.before.snapshot.content_size
            style = "row--grown" if delta > 0 else "row--shrunk" if delta else "row--dim"
            pieces.append((f"  {_delta(delta):>9} ", style))
        pieces += [("   ", ""), (f"{format_bytes(snapshot.content_size):>8} ", "")]
        if width >= _WIDE:
            share = bar(snapshot.content_size, snapshot.content_size, _BAR)
            pieces.append((f"{share} ", "row--bar"))
        if width >= _WITH_WASTE:
            pieces.append((_waste(explored.wasted), "row--removed"))
        pieces.append(("all layers", ""))
        return pieces


def _delta(delta: int) -> str:
    return format_delta(delta) if delta else "="


def _waste(size: int) -> str:
    return f"{f'−{format_bytes(size)}' if size else '':>9} "


def _instruction(snapshot: LayerSnapshot) -> str:
    line = f":{snapshot.place.line} " if snapshot.place and snapshot.place.line else ""
    return line + (harmless(shorten(snapshot.instruction, _LONGEST)) or "(no history)")
