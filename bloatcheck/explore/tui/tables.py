"""Packages, waste and advice, each as a list."""

from __future__ import annotations

from bloatcheck.analysis.advice import Advice
from bloatcheck.analysis.tree import Hidden, Hiding
from bloatcheck.explore.details import text_of, why
from bloatcheck.explore.explored import MOST_HIDDEN, Explored, Package
from bloatcheck.explore.tui.rows import Piece, Rows, bar, fitted
from bloatcheck.report.plain import harmless
from bloatcheck.units import format_bytes, format_delta

_BAR = 6
_WIDE = 62
_LONGEST = 300
_HOW = {Hiding.OVERWRITTEN: "overwritten", Hiding.DELETED: "deleted", Hiding.METADATA: "same again"}


class PackageRows(Rows[Package]):
    """By size, with who needs them; of two images by growth."""

    nothing = "No package manager's database was found."

    def __init__(self) -> None:
        super().__init__(id="packages")
        self._whole = 0
        self._compares = False

    def fill(self, explored: Explored) -> None:
        """Shows the packages of what was read."""
        self._whole = explored.after.snapshot.content_size
        self._compares = explored.compares
        if explored.compares:
            self.nothing = "No package differs."
        self.show(explored.packages)

    def draw(self, row: Package, width: int) -> list[Piece]:
        """One line."""
        known = row.after or row.before
        if known is None:
            return []
        style = ""
        pieces: list[Piece] = []
        if self._compares:
            letter, style = _package_change(row)
            pieces.append((f"{letter} {format_bytes(row.size) if row.after else '–':>8} ", ""))
            pieces.append((f"{format_delta(row.delta) if row.delta else '':>9} ", style))
        else:
            pieces.append((f"{format_bytes(row.size):>8} ", ""))
            if width >= _WIDE:
                pieces.append((f"{bar(row.size, self._whole, _BAR)} ", "row--bar"))
        pieces.append((fitted(row.manager, 6) + " ", "row--dim"))
        name = f"{harmless(row.name)} "
        version = harmless(known.version)
        if self._compares and row.before and row.after and row.before.version != row.after.version:
            version = harmless(f"{row.before.version} → {row.after.version}")
        wanted = why(row, 3)
        if width >= _WIDE:
            rest = max(20, width - sum(len(text) for text, _ in pieces))
            pieces += [(fitted(name, rest // 3), style), (fitted(version, rest // 3 - 1) + " ", "row--dim")]
        else:
            pieces += [(name, style), (f"{version} ", "row--dim")]
        return [*pieces, (harmless(wanted), "row--dim")]


class WasteRows(Rows[Hidden]):
    """Files whose bytes are in a layer and can't be seen, the largest first."""

    nothing = "Nothing is wasted: every byte of every layer can be seen."

    def __init__(self) -> None:
        super().__init__(id="waste")
        self._whole = 0

    def fill(self, explored: Explored) -> None:
        """Shows what of the image can't be seen."""
        self._whole = explored.wasted
        self.show(explored.hidden[:MOST_HIDDEN])

    def draw(self, row: Hidden, width: int) -> list[Piece]:
        """One line."""
        pieces: list[Piece] = [(f"{format_bytes(row.size):>8} ", "")]
        if width >= _WIDE:
            pieces.append((f"{bar(row.size, self._whole, _BAR)} ", "row--bar"))
        layers = f"{row.layer + 1}→{row.by + 1}"
        return [
            *pieces,
            (f"{layers:>6} {_HOW[row.how]:<11} ", "row--removed"),
            (f"/{text_of(row.path, _LONGEST)}", ""),
        ]


class AdviceRows(Rows[Advice]):
    """What would make the image smaller, as `inspect` tells it."""

    nothing = "No advice: nothing was found that would make it smaller."

    def __init__(self) -> None:
        super().__init__(id="advice")

    def fill(self, explored: Explored) -> None:
        """Shows the advice on the image."""
        self.show(explored.advice)

    def draw(self, row: Advice, width: int) -> list[Piece]:
        """One line; all of it is told below."""
        del width
        about = "~" if row.about else ""
        saves = f"{about}{format_bytes(row.saves)}" if row.saves else ""
        place = f"{harmless(str(row.place))} " if row.place else ""
        return [(f"{saves:>9} ", "row--added"), (place, "row--dim"), (harmless(row.message), "")]


def _package_change(package: Package) -> Piece:
    if package.before is None:
        return "A", "row--added"
    if package.after is None:
        return "R", "row--removed"
    if package.delta:
        return ("G", "row--grown") if package.delta > 0 else ("S", "row--shrunk")
    return "M", "row--modified"
