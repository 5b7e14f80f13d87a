"""The files, on the right: folders that open, sizes, shares, and what changed."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from bloatcheck.explore.details import mode_of, text_of
from bloatcheck.explore.listing import Change, Item, Listing, Order
from bloatcheck.explore.outline import Line, Outline
from bloatcheck.explore.scopes import View
from bloatcheck.explore.tui.rows import Piece, Rows, bar
from bloatcheck.image.layer_index import Kind
from bloatcheck.units import format_bytes, format_delta

STYLE_OF = {
    Change.ADDED: "row--added",
    Change.MODIFIED: "row--modified",
    Change.GROWN: "row--grown",
    Change.SHRUNK: "row--shrunk",
    Change.REMOVED: "row--removed",
    Change.UNMODIFIED: "",
}
_BAR = 6
_FEW = 300
_LONGEST_NAME = 400
_DEEPEST = 12
"""Indents; whoever is deeper is told by a number."""
_BIGGEST = 200
_WITH_BAR = 40
_WITH_BOTH = 62
_WITH_MODE = 72


class FileRows(Rows[Line]):
    """The tree. Its rows are those of an `Outline`, which it opens and closes."""

    nothing = "No file: nothing here is shown, or chosen by the filter."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "open_or_close", "Open or close", show=False),
        Binding("enter", "open_or_close", "Open or close", show=False),
        Binding("right,l", "open", "Open", show=False),
        Binding("left,h", "close", "Close", show=False),
        Binding("ctrl+@,ctrl+space,minus", "close_all", "Close all", show=False),
        Binding("ctrl+a", "app.toggle_changes('A')", "Added", show=False),
        Binding("ctrl+r", "app.toggle_changes('R')", "Removed", show=False),
        Binding("ctrl+u", "app.toggle_changes(' ')", "Unmodified", show=False),
        Binding("ctrl+b,p", "modes", "Modes and owners", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="files")
        self.outline = Outline()
        self.view: View | None = None
        self._modes = False
        self._biggest: list[bytes] | None = None
        self._next = 0

    @property
    def item(self) -> Item | None:
        """What the cursor stands on."""
        return self.current.item if self.current else None

    def show_view(self, view: View, listing: Listing, *, filtered: bool) -> None:
        """Another view, of which the listing's rows are shown. The cursor stays at its path."""
        path = self.item.path if self.item else b""
        self.view = view
        self.outline.show(listing)
        self._biggest = None
        if filtered:
            self.outline.open_while_few(_FEW)
        self.show(self.outline.lines, self.outline.find(path) or 0)

    def sort(self, order: Order) -> None:
        """Sorts; the cursor stays at its path."""
        path = self.item.path if self.item else b""
        self.outline.sort(order)
        self.show(self.outline.lines, self.outline.find(path) or 0)

    def reveal(self, path: bytes) -> bool:
        """Opens what leads to a path and goes there."""
        at = self.outline.reveal(path)
        if at is None:
            return False
        self.show(self.outline.lines, at)
        return True

    def next_biggest(self) -> bool:
        """To the largest file, or what has grown most; then to the next one."""
        listing = self.outline.listing
        if self._biggest is None:
            order = Order.GROWTH if listing.compares else Order.SIZE
            self._biggest = listing.biggest(_BIGGEST, order=order)
            self._next = 0
        if not self._biggest:
            return False
        path = self._biggest[self._next % len(self._biggest)]
        self._next += 1
        return self.reveal(path)

    def action_open_or_close(self) -> None:
        """Opens or closes the folder."""
        if not self.outline.open(self.cursor):
            self.outline.close(self.cursor)
        self.show(self.outline.lines, self.cursor)

    def action_open(self) -> None:
        """Opens the folder; goes into one that is open."""
        if self.outline.open(self.cursor):
            self.show(self.outline.lines, self.cursor)
        elif self.current and self.outline.is_open(self.current.item):
            self.put_cursor(self.cursor + 1)

    def action_close(self) -> None:
        """Closes the folder; from what can't be closed goes to the folder that it is in."""
        if self.outline.close(self.cursor):
            self.show(self.outline.lines, self.cursor)
        elif (above := self.outline.parent(self.cursor)) is not None:
            self.put_cursor(above)

    def action_close_all(self) -> None:
        """Closes every folder."""
        self.outline.close_all()
        self.show(self.outline.lines)

    def action_modes(self) -> None:
        """Shows modes and owners, or no more."""
        self._modes = not self._modes
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click on a folder's arrow opens it at once; anywhere else the cursor goes there first."""
        offset = event.get_content_offset(self)
        number = offset.y + self.scroll_offset.y if offset else -1
        if offset is None or not 0 <= number < len(self.rows):
            return
        on_arrow = offset.x < self._name_at(number) + 2
        was_here = number == self.cursor
        self.put_cursor(number)
        line = self.rows[number]
        if (line.item.is_folder or line.more) and (was_here or on_arrow):
            self.action_open_or_close()

    def draw(self, row: Line, width: int) -> list[Piece]:
        """One line."""
        item, root = row.item, self.outline.listing.root
        pieces = self._columns(row, width, root)
        deeper = f"{row.depth}> " if row.depth > _DEEPEST else ""
        indent = "  " * min(row.depth, _DEEPEST) + deeper
        if row.more:
            return [*pieces, (f"{indent}… {row.more:,} more in this folder: Enter shows them", "row--dim")]
        style = STYLE_OF[item.change]
        arrow = ("▾ " if self.outline.is_open(item) else "▸ ") if item.is_folder else "  "
        name = text_of(item.name, _LONGEST_NAME) + ("/" if item.is_folder else "")
        pieces += [(indent + arrow, "row--dim"), (name, style)]
        target = self._target(item)
        return [*pieces, (f" → {target}", "row--dim")] if target else pieces

    def _columns(self, row: Line, width: int, root: Item) -> list[Piece]:
        """What stands before the name."""
        item = row.item
        if row.more:
            return [(" " * self._columns_width(width), "")]
        style = STYLE_OF[item.change]
        pieces: list[Piece] = [(f"{item.change.value} ", style)]
        listing = self.outline.listing
        if listing.compares:
            if width >= _WITH_BOTH:
                pieces.append((f"{format_bytes(item.before) if item.before else '–':>8} ", "row--dim"))
            pieces.append((f"{format_bytes(item.size) if item.size else '–':>8} ", ""))
            delta = format_delta(item.delta) if item.delta else ""
            pieces.append((f"{delta:>9} ", style))
        else:
            gone = "−" if item.before and not item.size else ""
            size = f"{gone}{format_bytes(item.told_size)}"
            pieces.append((f"{size:>8} ", "row--removed" if gone else ""))
            if width >= _WITH_BAR:
                pieces.append((f"{bar(item.size, root.size, _BAR)} ", "row--bar"))
        if self._modes and width >= _WITH_MODE:
            pieces.append((f"{self._mode(item):<22} ", "row--dim"))
        return pieces

    def _columns_width(self, width: int) -> int:
        columns = 2 + 9
        if self.outline.listing.compares:
            columns += 10 + (9 if width >= _WITH_BOTH else 0)
        elif width >= _WITH_BAR:
            columns += _BAR + 1
        return columns + (23 if self._modes and width >= _WITH_MODE else 0)

    def _name_at(self, number: int) -> int:
        return self._columns_width(self.size.width) + 2 * min(self.rows[number].depth, _DEEPEST)

    def _mode(self, item: Item) -> str:
        if self.view is None:
            return ""
        tree = self.view.before if item.change is Change.REMOVED else self.view.after
        node = tree.get(item.path)
        return f"{mode_of(node)} {node.uid}:{node.gid}" if node else ""

    def _target(self, item: Item) -> str:
        if item.kind not in (Kind.SYMLINK, Kind.HARD_LINK) or self.view is None:
            return ""
        tree = self.view.before if item.change is Change.REMOVED else self.view.after
        node = tree.get(item.path)
        if node is None:
            return ""
        return text_of(node.link_target, _LONGEST_NAME)
