"""The keys, on a page of its own."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

KEYS = (
    ("Tab", "to the next pane: layers, files, details"),
    ("↑ ↓ or k j, PageUp PageDown, Home End", "move"),
    ("→ ← or l h, Space, Enter", "open and close a folder"),
    ("-, Ctrl+Space", "close all folders"),
    ("/, Ctrl+F", "filter: part of a path, *.pyc, or re:EXPRESSION; Esc ends it"),
    ("b", "to the biggest file (of two images: the largest growth); again: the next"),
    ("s, Ctrl+O", "sort by size, by name (of two images: by growth, too)"),
    ("c", "this layer's changes, this layer alone, all changes since the base"),
    ("Ctrl+L, Ctrl+A in the layers", "this layer's changes; all since the base"),
    ("a m r u", "show or hide what is added, modified, removed, unmodified"),
    ("Ctrl+A Ctrl+R Ctrl+U in the files", "the same, for whoever is used to it"),
    ("p, Ctrl+B", "modes and owners"),
    ("1 2 3 4", "files, packages, waste, advice"),
    ("Enter in packages, waste, advice", "the package's files; the file in its layer; the layer"),
    ("t", "light or dark"),
    ("?", "this page"),
    ("q, Ctrl+C", "quit"),
)
LETTERS = (
    ("A", "added"),
    ("M", "modified"),
    ("G S", "grown, shrunk (two images)"),
    ("R", "removed; its size is what it had"),
    ("−12 MB", "beside a layer: bytes of it that later layers hide"),
)


class HelpScreen(ModalScreen[None]):
    """All keys and letters."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter,space", "app.pop_screen", "Back")
    ]

    def compose(self) -> ComposeResult:
        """Two lists."""
        with VerticalScroll(id="help"):
            yield Static(_table("Keys", KEYS))
            yield Static(_table("Letters", LETTERS))


def _table(title: str, rows: tuple[tuple[str, str], ...]) -> Content:
    parts = [Content.styled(title, "bold underline")]
    for keys, text in rows:
        parts.append(Content.assemble((f"{keys}  ", "bold"), text))
    return Content("\n").join(parts)
