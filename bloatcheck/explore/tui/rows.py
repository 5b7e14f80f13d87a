"""A list that draws only the lines that are seen, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

Piece = tuple[str, str]
"""A text, and the name of the style it is drawn in: one of `STYLES`, or none for the usual one."""
T = TypeVar("T")

STYLES = frozenset(
    {"row--added", "row--modified", "row--grown", "row--shrunk", "row--removed", "row--dim", "row--bar"}
)
_BLOCKS = " ▏▎▍▌▋▊▉█"


class Rows(ScrollView, Generic[T], can_focus=True):
    """Lines with a cursor. A subclass fills `rows`, and draws one.

    What is drawn is text and never markup; who makes it takes care that it moves no cursor.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row--cursor", *STYLES}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "first", "First", show=False),
        Binding("end,G", "last", "Last", show=False),
        Binding("enter", "choose", "Choose", show=False),
    ]
    nothing = "Nothing to show."

    class Moved(Message):
        """The cursor stands on another row, or the rows are others."""

        def __init__(self, rows: Rows[Any]) -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> Rows[Any]:
            """Which list."""
            return self.rows

    class Chosen(Moved):
        """Enter was pressed on a row, or it was clicked once more."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.rows: Sequence[T] = ()
        self.cursor = 0

    def draw(self, row: T, width: int) -> list[Piece]:
        """A row in so many columns; what is too wide is cut."""
        raise NotImplementedError

    @property
    def current(self) -> T | None:
        """What the cursor stands on."""
        return self.rows[self.cursor] if 0 <= self.cursor < len(self.rows) else None

    def show(self, rows: Sequence[T], cursor: int = 0) -> None:
        """Other rows."""
        self.rows = rows
        self.put_cursor(cursor)

    def put_cursor(self, cursor: int) -> None:
        """Moves it, as near as there are rows."""
        self.cursor = max(0, min(cursor, len(self.rows) - 1))
        self.virtual_size = Size(self.scrollable_content_region.width, max(1, len(self.rows)))
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)
        self.refresh()
        self.post_message(self.Moved(self))

    def render_line(self, y: int) -> Strip:
        """What Textual asks for, line by line."""
        width = self.scrollable_content_region.width
        number = y + self.scroll_offset.y
        base = self.rich_style
        if number >= len(self.rows):
            text = f" {self.nothing}" if not self.rows and not y else ""
            return Strip([Segment(set_cell_size(text, width), base)], width)
        style = base
        if number == self.cursor:
            style = base + self.get_component_rich_style("row--cursor", partial=True)
        segments = []
        left = width
        for text, name in self.draw(self.rows[number], width):
            piece = text if cell_len(text) <= left else cut(text, left)
            left -= cell_len(piece)
            segments.append(Segment(piece, style + self._named(name, selected=number == self.cursor)))
        segments.append(Segment(" " * left, style))
        return Strip(segments, width)

    def action_move(self, by: int) -> None:
        """Up or down."""
        self.put_cursor(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Up or down by what is seen."""
        self.put_cursor(self.cursor + by * max(1, self.size.height - 1))

    def action_first(self) -> None:
        """To the first row."""
        self.put_cursor(0)

    def action_last(self) -> None:
        """To the last row."""
        self.put_cursor(len(self.rows) - 1)

    def action_choose(self) -> None:
        """What a second click does, too."""
        if self.current is not None:
            self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        """To the row that was clicked; once more chooses it."""
        offset = event.get_content_offset(self)
        number = offset.y + self.scroll_offset.y if offset else -1
        if not 0 <= number < len(self.rows):
            return
        if number == self.cursor and event.chain > 1:
            self.action_choose()
        else:
            self.put_cursor(number)

    def on_resize(self) -> None:
        """The cursor stays in sight."""
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)

    def _named(self, name: str, *, selected: bool) -> Style:
        # on the cursor's ground other colours can't be read
        if not name or selected:
            return Style.null()
        found = self.get_component_rich_style(name)
        return Style(color=found.color, bold=found.bold)


def cut(text: str, width: int) -> str:
    """At most so many columns, the last being `…` where something was cut."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)).rstrip() + "…" if width > 0 else ""


def fitted(text: str, width: int) -> str:
    """Just so many columns."""
    return set_cell_size(cut(text, width), width)


def bar(part: int, whole: int, width: int) -> str:
    """A bar of eighths; whatever is more than nothing is seen."""
    eighths = min(8 * width, round(8 * width * part / whole)) if whole > 0 and part > 0 else 0
    if part > 0 and whole > 0:
        eighths = max(1, eighths)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_BLOCKS[rest] if rest else "")).ljust(width)
