"""The explorer: layers on the left, files (or packages, waste, advice) on the right, details below."""

from __future__ import annotations

import gc
import threading
from contextlib import suppress
from typing import Any, ClassVar

from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.markup import escape
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import ContentSwitcher, Footer, Input, Static

from bloatcheck.explore import details
from bloatcheck.explore.explored import Explored
from bloatcheck.explore.listing import MODIFICATIONS, Change, Order
from bloatcheck.explore.path_filter import PACKAGE, FilterError, path_filter
from bloatcheck.explore.scopes import Scope
from bloatcheck.explore.titles import changes_told, list_told, names_told, scope_told, totals_told
from bloatcheck.explore.tui.details_pane import DetailsPane
from bloatcheck.explore.tui.files import FileRows
from bloatcheck.explore.tui.help import HelpScreen
from bloatcheck.explore.tui.layers import LayerRows
from bloatcheck.explore.tui.loading import GivenUpError, Load, LoadingLog, LoadingScreen
from bloatcheck.explore.tui.rows import Rows
from bloatcheck.explore.tui.tables import AdviceRows, PackageRows, WasteRows

VIEWS = ("files", "packages", "waste", "advice")
_TYPING = 0.15
"""Seconds without a letter, after which a filter is tried."""
_PATIENCE = 3.0
"""Seconds for what was given up to clean up after itself."""
_ROOMY = 60
"""Columns in which the lists' names have room for numbers."""
_DARK, _LIGHT = "textual-dark", "textual-light"


class ExploreApp(App[BaseException | None]):
    """Ends with what went wrong when the image was read, or None.

    Args:
        load: reads the image, or two.
        title: what is told while it is read; harmless.
    """

    TITLE = "bloatcheck explore"
    CSS_PATH = "style.tcss"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-normal")]  # noqa: RUF012 - as Textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-low"), (32, "-high")]  # noqa: RUF012 - as above
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", key_display="?"),
        # before whatever has the focus, so that what is typed on at once goes into the filter
        Binding("slash,ctrl+f", "filter", "Filter", key_display="/", priority=True),
        Binding("c", "next_scope", "Scope"),
        Binding("s,ctrl+o", "sort", "Sort"),
        Binding("b", "biggest", "Biggest"),
        Binding("1", "view('files')", "Files", show=False),
        Binding("2", "view('packages')", "Packages", show=False),
        Binding("3", "view('waste')", "Waste", show=False),
        Binding("4", "view('advice')", "Advice", show=False),
        Binding("a", "toggle_changes('A')", "Added", show=False),
        Binding("m", "toggle_changes('M')", "Modified", show=False),
        Binding("r", "toggle_changes('R')", "Removed", show=False),
        Binding("u", "toggle_changes(' ')", "Unmodified", show=False),
        Binding("t", "light", "Light", show=False),
        Binding("escape", "no_filter", "No filter", show=False),
        Binding("q", "quit", "Quit"),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
    ]

    def __init__(self, load: Load, title: str) -> None:
        super().__init__()
        self._load = load
        self._loading = LoadingScreen(title)
        self._loading_log = LoadingLog(self._tell_from_thread)
        self._reader = threading.Thread(target=self._read, name="reader", daemon=True)
        self._explored: Explored | None = None
        self._scope = Scope.CHANGES
        self._changes = frozenset(Change)
        self._filter_text = ""
        self._typing: Timer | None = None
        self._building: tuple[int | None, Scope] | None = None
        self._shown: tuple[int | None, Scope] | None = None
        self._to_reveal: bytes | None = None

    @property
    def explored(self) -> Explored:
        """What was read.

        Raises:
            RuntimeError: nothing yet.
        """
        if self._explored is None:
            raise RuntimeError("nothing was read yet")
        return self._explored

    @property
    def _panes(self) -> Screen[Any]:
        """The screen below all others: the help may lie on it."""
        return self.screen_stack[0]

    # --- reading ---

    def on_ready(self) -> None:
        """Begins to read."""
        self.push_screen(self._loading)
        self._reader.start()

    def _read(self) -> None:
        """In a thread of its own: reads, and makes ready what is shown first."""
        # a hundred thousand rows that stay to the end: looking through them for garbage takes longer than
        # opening a folder, over and over
        gc.disable()
        try:
            explored = self._load(self._loading_log)
            self._loading_log.status("taking it apart")
            explored.prepare()
            gc.freeze()
        except GivenUpError:
            return
        except BaseException as error:  # noqa: BLE001 - told by who started it, once the screen is back
            with suppress(RuntimeError):
                self.call_from_thread(self.exit, error)
            return
        finally:
            gc.enable()
        with suppress(RuntimeError):
            self.call_from_thread(self._loaded, explored)

    def _tell_from_thread(self, message: str) -> None:
        with suppress(RuntimeError):
            self.call_from_thread(self._loading.tell, message)

    def _loaded(self, explored: Explored) -> None:
        self._explored = explored
        self.pop_screen()
        self._panes.query_one("#name", Static).update(Content(names_told(explored)))
        self._panes.query_one("#totals", Static).update(Content(totals_told(explored)))
        files = self._panes.query_one(FileRows)
        files.outline.order = Order.GROWTH if explored.compares else Order.SIZE
        self._panes.query_one(PackageRows).fill(explored)
        self._panes.query_one(WasteRows).fill(explored)
        self._panes.query_one(AdviceRows).fill(explored)
        layers = self._panes.query_one(LayerRows)
        layers.border_title = "Layers"
        layers.fill(explored)
        layers.focus()
        self._tell_views()
        for warning in self._loading_log.warnings:
            self.notify(warning, severity="warning", markup=False, timeout=10)

    async def action_quit(self) -> None:
        """Ends, also while something is read."""
        self._loading_log.given_up.set()
        self.exit()

    def wait_for_reader(self) -> None:
        """Lets what was given up clean up after itself, for a moment."""
        self._loading_log.given_up.set()
        if self._reader.is_alive():
            self._reader.join(_PATIENCE)

    # --- the screen ---

    def compose(self) -> ComposeResult:
        """All panes."""
        with Horizontal(id="title"):
            yield Static(id="name")
            yield Static(id="totals")
        with Horizontal(id="main"):
            yield LayerRows()
            with Vertical(id="right"):
                yield Static(id="views")
                with ContentSwitcher(initial="files", id="switcher"):
                    yield FileRows()
                    yield PackageRows()
                    yield WasteRows()
                    yield AdviceRows()
        yield DetailsPane()
        yield Input(id="filter", placeholder="part of a path, *.pyc, re:EXPRESSION or package:NAME")
        yield Footer()

    def on_rows_moved(self, message: Rows.Moved) -> None:
        """Another layer means other files; whatever has the focus is told of."""
        if isinstance(message.rows, LayerRows):
            self._show_files()
        self._tell_details()

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        """Goes from a package, or a wasted file, to the files."""
        if isinstance(message.rows, PackageRows) and message.rows.current:
            self._set_filter(f"{PACKAGE}{message.rows.current.name}")
            self._panes.query_one(LayerRows).put_cursor(0)
            self.action_view("files")
        elif isinstance(message.rows, WasteRows) and message.rows.current:
            self._go_to(message.rows.current.layer, message.rows.current.path)
        elif isinstance(message.rows, AdviceRows) and message.rows.current:
            advice = message.rows.current
            if advice.layer is not None:
                self._go_to(advice.layer, None)
        elif isinstance(message.rows, LayerRows):
            self.action_view("files")

    def on_descendant_focus(self) -> None:
        """Another pane is told of."""
        if self._explored:
            self._tell_details()

    def _go_to(self, layer: int, path: bytes | None) -> None:
        """To a file in its layer."""
        place = next(at for at, each in enumerate(self.explored.layers) if each.number == layer)
        self._set_filter("")
        self._changes = frozenset(Change)
        if self._scope is Scope.SINCE_BASE:
            self._scope = Scope.CHANGES
        self._to_reveal = path
        self._shown = None
        self._panes.query_one(LayerRows).put_cursor(place + 1)
        self.action_view("files")

    # --- what is shown ---

    def _show_files(self) -> None:
        """The files of where the cursor stands among the layers; made in a thread if they must be made."""
        wanted = (self._panes.query_one(LayerRows).place, self._scope)
        if self.explored.has(*wanted):
            self._show_view(wanted)
        elif self._building is None:
            self._building = wanted
            self._panes.query_one("#right").border_title = "reading…"
            self._build(wanted)

    @work(thread=True, group="views")
    def _build(self, wanted: tuple[int | None, Scope]) -> None:
        self.explored.view(*wanted)
        with suppress(RuntimeError):
            self.call_from_thread(self._built)

    def _built(self) -> None:
        """The cursor may have moved on meanwhile."""
        self._building = None
        self._show_files()

    def _show_view(self, wanted: tuple[int | None, Scope]) -> None:
        view = self.explored.view(*wanted)
        files = self._panes.query_one(FileRows)
        entry = self._panes.query_one("#filter", Input)
        try:
            fits = path_filter(self._filter_text, owner=self._owner_of)
            listing = view.listing.chosen(self._changes, fits)
        except FilterError as error:
            entry.add_class("wrong")
            entry.border_subtitle = escape(details.text_of(str(error).encode(), 60))
            return
        entry.remove_class("wrong")
        entry.border_subtitle = f"{len(listing):,} paths"
        self._shown = wanted
        files.show_view(view, listing, filtered=fits is not None)
        if self._to_reveal is not None:
            if not files.reveal(self._to_reveal):
                self.notify("this file isn't to be seen here", severity="warning")
            self._to_reveal = None
        self._tell_border()
        self._tell_details()

    def _owner_of(self, path: bytes) -> str | None:
        for image in (self.explored.after, self.explored.before):
            owner = image.inventory.owners.get(path) if image else None
            if owner:
                return owner.name
        return None

    def _tell_border(self) -> None:
        """What the list on the right shows, on its border."""
        right, files = self._panes.query_one("#right"), self._panes.query_one(FileRows)
        shown = self._panes.query_one("#switcher", ContentSwitcher).current or "files"
        if shown != "files" or files.view is None:
            right.border_title, right.border_subtitle = list_told(self.explored, shown), ""
            return
        place = self._panes.query_one(LayerRows).place
        right.border_title = scope_told(self.explored, place, self._scope)
        told = f"{changes_told(files.view.listing, self._changes)} · by {files.outline.order.value}"
        chosen = f" · {details.text_of(self._filter_text.encode(), 30)}" if self._filter_text else ""
        right.border_subtitle = escape(told + chosen)

    def _tell_views(self) -> None:
        """Which lists there are, with how much is in each where there is room."""
        shown = self._panes.query_one("#switcher", ContentSwitcher).current
        explored = self.explored
        counts = {"packages": explored.packages, "waste": explored.hidden, "advice": explored.advice}
        roomy = self._panes.query_one("#right").size.width >= _ROOMY
        parts = []
        for number, view in enumerate(VIEWS, 1):
            many = f" {len(counts[view]):,}" if roomy and view in counts else ""
            title = f" {number} {view.capitalize()}{many} "
            parts.append(
                f"[@click=app.view('{view}')]{f'[reverse]{title}[/]' if view == shown else title}[/]"
            )
        self._panes.query_one("#views", Static).update(" ".join(parts))

    def on_resize(self) -> None:
        """What fits changes."""
        if self._explored:
            self.call_after_refresh(self._tell_views)

    def _tell_details(self) -> None:
        pane = self._panes.query_one(DetailsPane)
        if self.focused is pane:
            return
        explored = self.explored
        layers = self._panes.query_one(LayerRows)
        if self.focused is layers:
            layer = layers.current
            pane.tell(details.of_layer(explored, layer) if layer else details.of_image(explored))
            return
        shown = self._panes.query_one("#switcher", ContentSwitcher).current
        files, packages = self._panes.query_one(FileRows), self._panes.query_one(PackageRows)
        waste, advice = self._panes.query_one(WasteRows), self._panes.query_one(AdviceRows)
        if shown == "packages" and packages.current:
            pane.tell(details.of_package(explored, packages.current))
        elif shown == "waste" and waste.current:
            pane.tell(details.of_hidden(explored, waste.current))
        elif shown == "advice" and advice.current:
            pane.tell(details.of_advice(advice.current))
        elif shown == "files" and files.item and files.view:
            pane.tell(details.of_item(explored, files.view, files.item))
        else:
            pane.tell(details.of_image(explored))

    # --- keys ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the filter, a slash is a letter; before there are files, and in the help, there is no filter."""
        if action == "filter" and self.is_running:
            return self._explored is not None and self.screen is self._panes and not self._is_typing
        return super().check_action(action, parameters)

    @property
    def _is_typing(self) -> bool:
        return isinstance(self.focused, Input)

    def action_help(self) -> None:
        """All keys."""
        self.push_screen(HelpScreen())

    def action_view(self, name: str) -> None:
        """Files, packages, waste or advice."""
        self._panes.query_one("#switcher", ContentSwitcher).current = name
        self._panes.set_focus(self._panes.query_one(f"#{name}"))
        self._tell_views()
        self._tell_border()
        self._tell_details()

    def action_next_scope(self) -> None:
        """What is shown of a layer: its changes, itself alone, all since the base."""
        scopes = list(Scope)
        self.action_scope(scopes[(scopes.index(self._scope) + 1) % len(scopes)].value)

    def action_scope(self, scope: str) -> None:
        """One of them; of two images, and of the whole, there is one only."""
        if self.explored.compares:
            self.notify("of two images everything that differs is marked")
            return
        self._scope = Scope(scope)
        if self._panes.query_one(LayerRows).place is None:
            self.notify(f"for a layer: {scope_told(self.explored, 0, self._scope)}", markup=False)
        self._show_files()

    def action_sort(self) -> None:
        """By size, by name; of two images by growth, too."""
        files = self._panes.query_one(FileRows)
        orders = [Order.GROWTH] if self.explored.compares else []
        orders += [Order.SIZE, Order.NAME]
        files.sort(orders[(orders.index(files.outline.order) + 1) % len(orders)])
        if files.view:
            self._tell_border()

    def action_biggest(self) -> None:
        """To the biggest file, and then to the next."""
        self.action_view("files")
        if not self._panes.query_one(FileRows).next_biggest():
            self.notify("there is none here")

    def action_toggle_changes(self, letter: str) -> None:
        """Shows or hides what changed so; modified are grown and shrunk ones, too."""
        change = Change(letter)
        these = frozenset(MODIFICATIONS if change is Change.MODIFIED else (change,))
        self._changes ^= these
        self._show_files()

    def action_light(self) -> None:
        """Light or dark."""
        self.theme = _LIGHT if self.theme == _DARK else _DARK

    def action_filter(self) -> None:
        """Somebody types which paths."""
        self.action_view("files")
        entry = self._panes.query_one("#filter", Input)
        entry.border_title = "Filter"
        entry.display = True
        # at once: who types fast has typed on
        self._panes.set_focus(entry)

    def action_no_filter(self) -> None:
        """All paths again."""
        was_typed = self._is_typing
        self._set_filter("")
        self._show_files()
        if was_typed:
            self._panes.set_focus(self._panes.query_one(FileRows))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Waits for a moment, so that not each letter is tried."""
        if self._typing:
            self._typing.stop()
        if event.value != self._filter_text:
            self._typing = self.set_timer(_TYPING, self._apply_filter)

    def on_input_submitted(self) -> None:
        """Back to the files that were chosen."""
        self._apply_filter()
        entry = self._panes.query_one("#filter", Input)
        if not entry.has_class("wrong"):
            entry.display = False
            self._panes.set_focus(self._panes.query_one(FileRows))

    def _apply_filter(self) -> None:
        if self._typing:
            self._typing.stop()
        if not self.screen_stack:
            # Somebody left while the filter waited for a moment.
            return
        self._filter_text = self._panes.query_one("#filter", Input).value
        self._show_files()

    def _set_filter(self, text: str) -> None:
        self._filter_text = text
        entry = self._panes.query_one("#filter", Input)
        entry.value = text
        entry.remove_class("wrong")
        entry.display = False
