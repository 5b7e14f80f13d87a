"""What is below: everything about what the cursor stands on."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from bloatcheck.explore.details import Told


class DetailsPane(VerticalScroll, can_focus=True):
    """Labels and texts; scrolls where there is more than fits."""

    def __init__(self) -> None:
        super().__init__(id="details")
        self.border_title = "Details"
        self.told: tuple[Told, ...] = ()

    def compose(self) -> ComposeResult:
        """One text."""
        yield Static(id="told")

    def tell(self, told: Iterable[Told]) -> None:
        """Something else."""
        self.told = tuple(told)
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(justify="right", style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for line in self.told:
            table.add_row(Text(line.label), Text(line.text))
        self.query_one("#told", Static).update(table)
        self.scroll_home(animate=False)
