"""The screen, driven by its keys and looked at as somebody sees it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.exploring import NEWER, USUAL, explored, folder
from support.hostile import ATTACKS
from support.image_builder import ImageUnderTest, layer, member
from textual.pilot import Pilot
from textual.widgets import Input

from bloatcheck.analysis.advice import Advice
from bloatcheck.errors import Place, ReadError
from bloatcheck.explore.explored import Explored
from bloatcheck.explore.tui.app import ExploreApp
from bloatcheck.explore.tui.details_pane import DetailsPane
from bloatcheck.explore.tui.files import FileRows
from bloatcheck.explore.tui.layers import LayerRows
from bloatcheck.explore.tui.loading import LoadingScreen
from bloatcheck.log import Log

WIDE, USUAL_SIZE, NARROW = (120, 36), (80, 24), (60, 24)


class Seen:
    """An explorer, its keys, and what is on its screen."""

    def __init__(self, app: ExploreApp, pilot: Pilot[BaseException | None]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
        await self.settle()

    async def type(self, text: str) -> None:
        self.app.query_one("#filter", Input).value = text
        await self.press("enter")

    async def resize(self, *size: int) -> None:
        """Textual waits a moment for more changes before it takes one, and lays the panes out after it."""
        await self.pilot.resize_terminal(*size)
        while self.app.screen.size != size or self.app.query_one("#right").region.right != size[0]:
            await self.pilot.pause(0.01)
        await self.settle()

    async def settle(self) -> None:
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()

    @property
    def screen(self) -> str:
        """As somebody sees it, line by line."""
        width, height = self.app.size
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.ljust(width) for strip in strips[:height])

    def lines(self, pane: str) -> list[str]:
        """What is in a pane."""
        region = self.app.query_one(pane).content_region
        rows = self.screen.split("\n")[region.y : region.bottom]
        return [row[region.x : region.right].rstrip() for row in rows if row[region.x : region.right].strip()]

    @property
    def files(self) -> list[str]:
        return [line.replace("█", "").replace("▏", "").split()[-1] for line in self.lines("#files")]

    @property
    def details(self) -> str:
        return " ".join(text for line in self.app.query_one(DetailsPane).told for text in line)

    @property
    def right_title(self) -> str:
        return str(self.app.query_one("#right").border_title)

    @property
    def right_subtitle(self) -> str:
        return str(self.app.query_one("#right").border_subtitle)


@asynccontextmanager
async def exploring(load: Callable[[Log], Explored], size: tuple[int, int] = WIDE) -> AsyncIterator[Seen]:
    app = ExploreApp(load, "usual")
    async with app.run_test(size=size) as pilot:
        while app._explored is None and app.is_running and app.return_value is None:
            await pilot.pause(0.01)
        seen = Seen(app, pilot)
        await seen.settle()
        yield seen


def run(
    drive: Callable[[Seen], Coroutine[Any, Any, None]], of: Explored, size: tuple[int, int] = WIDE
) -> None:
    async def driven() -> None:
        async with exploring(lambda _: of, size) as seen:
            await drive(seen)

    asyncio.run(driven())


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual looks 20 ms long whether its process has work left, several times for each key: 2 ms do."""
    monkeypatch.setattr("textual._wait.SLEEP_GRANULARITY", 0.002)
    monkeypatch.setattr("textual._wait.SLEEP_IDLE", 0.0002)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Explored:
    return explored(tmp_path_factory.mktemp("usual"))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Explored:
    return explored(tmp_path_factory.mktemp("both"), USUAL, NEWER)


def test_at_first_the_layers_have_the_focus_and_the_whole_image_is_shown(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        assert seen.screen.startswith(" oci:")
        assert "165 kB, 3 layers, 110 kB wasted" in seen.screen
        assert [line.split() for line in seen.lines("#layers")] == [
            ["165", "kB", "−110", "kB", "all", "layers"],
            ["1", "84.3", "kB", "−70.0", "kB", "ADD", "rootfs", "/"],
            ["2", "40.0", "kB", "−40.0", "kB", "COPY", "app", "/srv/app"],
            ["3", "41.0", "kB", "RUN", "make", "clean"],
        ]
        assert seen.files == ["srv/", "usr/", "var/", "etc/"]
        assert "Wasted 110 kB can't be seen" in seen.details

    run(drive, usual)


def test_another_layer_shows_its_changes_with_letters(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press("end")
        assert seen.right_title == "up to layer 3, its changes marked"
        assert "RUN make clean" in seen.details
        marks = {line.split()[-1]: line[0] for line in seen.lines("#files")}
        assert marks == {"srv/": "M", "usr/": " ", "var/": "M", "etc/": " "}
        assert seen.right_subtitle == "A 0 · M 1 · R 1 · 8 same · by size"

    run(drive, usual)


def test_c_goes_through_what_is_shown_of_a_layer_and_dives_keys_choose_it(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press("end", "c")
        assert seen.right_title == "layer 3 alone"
        assert seen.files == ["var/", "srv/"]
        await seen.press("c")
        assert seen.right_title == "up to layer 3, changes since the base marked"
        await seen.press("ctrl+l")
        assert seen.right_title == "up to layer 3, its changes marked"
        await seen.press("ctrl+a")
        assert seen.right_title == "up to layer 3, changes since the base marked"

    run(drive, usual)


def test_folders_open_and_close_by_keys(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press("tab", "right", "down", "space")
        assert seen.files[:5] == ["srv/", "app/", "model.bin", "main.py", "main.py"]
        assert "latest → main.py" in seen.screen
        await seen.press("left")
        assert seen.files[:3] == ["srv/", "app/", "usr/"]
        await seen.press("l", "l")
        assert "/srv/app/model.bin" in seen.details
        await seen.press("h", "h", "h", "h")
        assert seen.files == ["srv/", "usr/", "var/", "etc/"]
        await seen.press("enter", "minus")
        assert seen.files == ["srv/", "usr/", "var/", "etc/"]

    run(drive, usual)


def test_the_cursor_moves_by_vis_keys_and_to_both_ends(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        files = seen.app.query_one(FileRows)
        await seen.press("tab", "j", "j", "k")
        assert files.cursor == 1
        await seen.press("G")
        assert files.cursor == 3
        await seen.press("down", "pagedown")
        assert files.cursor == 3
        await seen.press("g", "up", "pageup")
        assert files.cursor == 0

    run(drive, usual)


def test_s_sorts_by_name_and_by_size_and_the_cursor_stays_at_its_path(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press("tab", "down", "s")
        assert seen.files == ["etc/", "srv/", "usr/", "var/"]
        assert "/usr" in seen.details
        assert seen.right_subtitle.endswith("by name")
        await seen.press("ctrl+o")
        assert seen.files == ["srv/", "usr/", "var/", "etc/"]

    run(drive, usual)


def test_b_jumps_to_the_biggest_file_and_then_to_the_next(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press("b")
        assert "/var/cache/apt/pkgcache.bin  (removed)" in seen.details
        await seen.press("b")
        assert "/srv/app/model.bin" in seen.details

    run(drive, usual)


def test_letters_show_and_hide_what_changed_so(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press("end", "u")
        assert seen.right_subtitle == "A 0 · M 1 · R 1 · (8 same) · by size"
        assert sorted(seen.files) == ["srv/", "var/"]
        await seen.press("r")
        assert seen.files == ["srv/"]
        await seen.press("m")
        assert "No file" in seen.screen
        await seen.press("m", "r", "u", "tab", "ctrl+u", "ctrl+a", "ctrl+r")
        assert seen.right_subtitle.startswith("(A 0) · M 1 · (R 1) · (8 same)")
        await seen.press("a")
        assert seen.right_subtitle.startswith("A 0")

    run(drive, usual)


def test_a_filter_chooses_opens_what_it_found_and_goes_away(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press("slash")
        assert "Filter" in seen.screen
        await seen.press("asterisk", "full_stop", "p", "y", "enter")
        assert seen.files == ["srv/", "app/", "main.py"]
        assert seen.right_subtitle.endswith("by size · *.py")
        await seen.press("escape")
        assert seen.files[-1] == "etc/"
        assert "*.py" not in seen.right_subtitle

    run(drive, usual)


def test_a_filter_that_is_wrong_says_so_and_waits(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press("ctrl+f")
        await seen.type("re:([")
        assert "no regular expression" in seen.screen
        assert seen.app.focused is seen.app.query_one("#filter")
        await seen.type("re:/usr/.*curl$")
        assert seen.files == ["usr/", "bin/", "curl"]
        await seen.press("slash")
        await seen.press("escape")
        assert len(seen.files) > 3

    run(drive, usual)


def test_packages_are_listed_and_lead_to_their_files(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press("2")
        assert "packages by size" in seen.screen
        assert "for curl" in seen.lines("#packages")[0]
        assert "libcurl4 7.88.0" in seen.details
        await seen.press("enter")
        assert [name for name in seen.files if not name.endswith("/")] == ["libcurl.so", "libcurl4.list"]
        assert seen.right_subtitle.endswith("package:libcurl4")

    run(drive, usual)


def test_waste_is_listed_and_leads_to_the_file_in_its_layer(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press("3")
        assert "1→3 deleted" in seen.lines("#waste")[0]
        await seen.press("down", "enter")
        assert seen.right_title == "up to layer 2, its changes marked"
        assert seen.details.startswith("Path /srv/app/model.bin  (added)")

    run(drive, usual)


def test_advice_is_listed_told_in_full_and_leads_to_its_layer(usual: Explored) -> None:
    advice = Advice(
        id="x",
        message="[b]Write[/b] it once.",
        saves=41_000,
        layer=1,
        place=Place("Dockerfile", 3),
        replacement="COPY a b\n  c",
        paths=("/srv/app/model.bin",),
    )
    advised = Explored(replace(usual.after, advice=(advice,)))

    async def drive(seen: Seen) -> None:
        await seen.press("4")
        assert "41.0 kB Dockerfile:3 [b]Write[/b] it once." in seen.lines("#advice")[0]
        assert "[b]Write[/b] it once. (Dockerfile:3) [x] Write COPY a b" in seen.details
        await seen.press("enter")
        assert seen.right_title == "up to layer 2, its changes marked"

    run(drive, advised)


def test_of_two_images_growth_comes_first_with_letters_and_both_sizes(both: Explored) -> None:
    async def drive(seen: Seen) -> None:
        assert "165 kB → 147 kB, −18.0 kB (−10.9 %)" in seen.screen
        assert seen.right_subtitle == "A 1 · M 2 · R 2 · 5 same · by growth"
        await seen.press("b")
        [model] = [line for line in seen.lines("#files") if "model.bin" in line]
        assert model.split() == ["G", "41.0", "kB", "60.0", "kB", "+19.0", "kB", "model.bin"]
        await seen.press("c")
        await seen.press("s")
        assert seen.right_subtitle.endswith("by size")
        await seen.press("2")
        assert "No package differs" in seen.screen
        await seen.press("1", "shift+tab", "end")
        assert seen.right_title == "of layer 3, what differs marked"
        assert [line[0] for line in seen.lines("#layers")] == [" ", " ", "G", "S"]

    run(drive, both)


def test_modes_and_owners_are_shown_when_asked_for(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press("b", "b", "p")
        assert "-rw-r--r-- 1000:0" in seen.screen
        await seen.press("ctrl+b")
        assert "-rw-r--r-- 1000:0" not in "\n".join(seen.lines("#files"))

    run(drive, usual, (160, 36))


def test_help_tells_the_keys_and_goes_away(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press("question_mark")
        assert "to the biggest file" in seen.screen
        await seen.press("escape")
        assert "to the biggest file" not in seen.screen

    run(drive, usual, (100, 40))


def test_t_makes_it_light_and_dark(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press("t")
        assert seen.app.theme == "textual-light"
        await seen.press("t")
        assert seen.app.theme == "textual-dark"

    run(drive, usual)


def test_the_mouse_chooses_opens_and_switches(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.pilot.click(LayerRows, offset=(5, 3))
        await seen.settle()
        assert seen.right_title == "up to layer 2, its changes marked"
        files = seen.app.query_one(FileRows)
        await seen.pilot.click(FileRows, offset=(40, 2))
        await seen.settle()
        assert files.cursor == 2
        assert len(files.rows) == 4
        await seen.pilot.click(FileRows, offset=(18, 0))
        await seen.settle()
        assert len(files.rows) > 4
        await seen.pilot.click("#views", offset=(14, 0))
        await seen.settle()
        assert "packages by size" in seen.screen

    run(drive, usual)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_it_quits(usual: Explored, key: str) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press(key)
        assert not seen.app.is_running or seen.app._exit

    run(drive, usual)


@pytest.mark.parametrize("size", [USUAL_SIZE, NARROW, (40, 12), (20, 6), (200, 60)])
def test_it_fits_every_terminal(usual: Explored, both: Explored, size: tuple[int, int]) -> None:
    async def drive(seen: Seen) -> None:
        for key in ("end", "tab", "b", "2", "3", "4", "1", "slash", "escape", "question_mark", "escape"):
            await seen.press(key)
            assert all(len(line) <= size[0] for line in seen.screen.split("\n"))
        if size[0] >= NARROW[0]:
            assert "4 Advice" in seen.screen
            assert "RUN make" in seen.screen or seen.app.explored.compares

    run(drive, usual, size)
    run(drive, both, size)


def test_it_follows_the_terminal_to_another_size(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press("b")
        await seen.resize(*NARROW)
        layers, files = (seen.app.query_one(each).region for each in ("#layers", "#right"))
        assert layers.bottom <= files.y
        assert "pkgcache.bin" in seen.screen
        await seen.resize(*WIDE)
        layers, files = (seen.app.query_one(each).region for each in ("#layers", "#right"))
        assert layers.right <= files.x

    run(drive, usual)


def hostile_names() -> list[str]:
    cut = (attack.strip("/.").replace("/", "-").replace("\0", "") for attack in ATTACKS)
    return [*{name.encode("utf-8", "replace").decode()[:4000] for name in cut if name}]


def test_hostile_names_are_text_and_never_markup(tmp_path: Path) -> None:
    names = [*hostile_names(), "[bold red]x", "[@click=app.quit]x[]", "\x1b[31mred", "é" * 2000]
    image = ImageUnderTest(
        layers=[layer(folder("d"), *(member(f"d/{name}", b"1") for name in names))],
        instructions=["RUN echo [@click=app.quit]x[/] \x1b[2J \u202e"],
        names=["[reverse]x[/]:latest"],
    )

    async def drive(seen: Seen) -> None:
        await seen.press("down", "tab", "right")
        text = ""
        for _ in range(0, len(names), 20):
            text += seen.screen
            await seen.press("pagedown")
        assert "[bold red]x" in text
        assert "[@click=app.quit]x[]" in text
        assert not {"\x1b", "\u202e", "\0", "\r"} & set(text)
        assert seen.app.is_running

    run(drive, explored(tmp_path, image))


def test_a_filter_of_markup_is_text_too(usual: Explored) -> None:
    async def drive(seen: Seen) -> None:
        await seen.press("slash")
        await seen.type("re:[/")
        await seen.type("[/x] [bold")
        await seen.press("slash")
        await seen.type("model")
        assert "model.bin" in seen.screen

    run(drive, usual)


@pytest.mark.parametrize("layers", [[], [layer()]])
def test_an_image_of_nothing_is_looked_through_like_any(tmp_path: Path, layers: list[bytes]) -> None:
    async def drive(seen: Seen) -> None:
        for key in ("tab", "right", "left", "space", "b", "s", "c", "u", "2", "enter", "3", "enter", "4"):
            await seen.press(key)
        assert "No advice" in seen.screen
        await seen.press("1", "end", "home", "slash")
        await seen.type("x")
        assert "No file" in seen.screen

    run(drive, explored(tmp_path, ImageUnderTest(layers=layers)))


def test_while_it_reads_it_says_how_far_it_is(usual: Explored) -> None:
    go_on = threading.Event()

    def load(log: Log) -> Explored:
        log.warning("[bold]careful[/bold]")
        log.status("reading: 1 of 3 layers, [b]12 MB")
        go_on.wait(20)
        log.status(None)
        return usual

    async def driven() -> None:
        app = ExploreApp(load, "usual")
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            seen = Seen(app, pilot)
            while "1 of 3" not in seen.screen:
                await pilot.pause(0.01)
            assert "[b]12 MB" in seen.screen
            assert "Esc gives up" in seen.screen
            go_on.set()
            while app._explored is None:
                await pilot.pause(0.01)
            while "[bold]careful[/bold]" not in seen.screen:
                await pilot.pause(0.01)

    asyncio.run(driven())


def test_reading_is_given_up_by_escape_and_ends() -> None:
    ended = threading.Event()

    def load(log: Log) -> Explored:
        try:
            while True:
                log.status("reading: 1 of 3 layers")
                ended.wait(0.01)
        finally:
            log.status(None)
            ended.set()

    async def driven() -> BaseException | None:
        app = ExploreApp(load, "usual")
        async with app.run_test(size=WIDE) as pilot:
            while not isinstance(app.screen, LoadingScreen):
                await pilot.pause(0.01)
            await pilot.press("escape")
        app.wait_for_reader()
        return app.return_value

    assert asyncio.run(driven()) is None
    assert ended.is_set()


def test_what_went_wrong_is_given_back() -> None:
    def load(_: Log) -> Explored:
        raise ReadError("there is no such image")

    async def driven() -> BaseException | None:
        async with exploring(load) as seen:
            return seen.app.return_value

    error = asyncio.run(driven())
    assert isinstance(error, ReadError)


def test_without_colour_letters_still_tell_what_changed(
    usual: Explored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "NO_COLOR", "1")

    async def drive(seen: Seen) -> None:
        await seen.press("end")
        assert {line[0] for line in seen.lines("#files")} == {"M", " "}
        colours = {
            segment.style.color.get_truecolor()
            for strip in seen.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style and segment.style.color
        }
        assert seen.app.no_color
        assert colours

    run(drive, usual)


def test_a_hundred_thousand_files_are_opened_folder_by_folder(tmp_path: Path) -> None:
    """Not a measurement: that only what is seen is drawn, and only what is open made into lines."""
    many = layer(*(member(f"many/{number % 7}/{number:06}", b"") for number in range(20_000)))

    async def drive(seen: Seen) -> None:
        files = seen.app.query_one(FileRows)
        assert len(files.rows) == 1
        await seen.press("tab", "right", "down", "right", "end")
        assert len(files.rows) == 1 + 7 + 1000 + 1
        await seen.press("up", "up")
        assert len(seen.lines("#files")) <= WIDE[1]

    run(drive, explored(tmp_path, ImageUnderTest(layers=[many])))


def test_who_leaves_while_a_filter_waits_sees_no_fault(usual: Explored) -> None:
    async def driven() -> None:
        async with exploring(lambda _: usual) as seen:
            seen.app.query_one("#filter", Input).value = "curl"
            await seen.pilot.pause()
            waiting = seen.app._apply_filter
        waiting()

    asyncio.run(driven())
