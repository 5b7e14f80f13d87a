"""`bloatcheck explore` in a real terminal, and with a real image of the engine."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from support.engines import usual_engine
from support.exploring import NEWER, USUAL, references

from bloatcheck.analysis.read import read_explained
from bloatcheck.explore.explored import Explored
from bloatcheck.explore.tui.app import ExploreApp
from bloatcheck.explore.tui.details_pane import DetailsPane
from bloatcheck.log import Log

PROGRAM = Path(sys.prefix) / "bin" / "bloatcheck"


class Terminal:
    """A tmux session of our own server."""

    def __init__(self, socket: Path, size: tuple[int, int] = (100, 30)) -> None:
        self._tmux = ["tmux", "-S", str(socket), "-f", os.devnull]
        columns, lines = map(str, size)
        self._run("new-session", "-d", "-x", columns, "-y", lines, "bash --norc")
        self._run("set-option", "-g", "remain-on-exit", "on")

    def _run(self, *words: str) -> str:
        return subprocess.run([*self._tmux, *words], check=True, capture_output=True, text=True).stdout

    def press(self, *keys: str) -> None:
        self._run("send-keys", *keys)

    def resize(self, columns: int, lines: int) -> None:
        self._run("resize-window", "-x", str(columns), "-y", str(lines))

    @property
    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def see(self, *texts: str, seconds: float = 30) -> str:
        """Waits for all of them to be there."""
        until = time.monotonic() + seconds
        screen = ""
        while time.monotonic() < until:
            screen = self.screen
            if all(text in screen for text in texts):
                return screen
            time.sleep(0.1)
        raise AssertionError(f"{texts} can't be seen in:\n{screen}")

    def close(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self._run("kill-server")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    if not shutil.which("tmux"):
        pytest.skip("tmux isn't installed")
    made = Terminal(tmp_path / "socket")
    yield made
    made.close()


@pytest.mark.slow
def test_somebody_looks_through_an_image_in_a_terminal(terminal: Terminal, tmp_path: Path) -> None:
    older, newer = references(tmp_path, [USUAL, NEWER])
    terminal.press(f"{PROGRAM} explore {older}", "Enter")
    terminal.see("all layers", "srv/", "165 kB, 3 layers")
    terminal.press("End")
    terminal.see("up to layer 3, its changes marked")
    terminal.press("Tab", "Right")
    terminal.see("▾ srv/", "app/")
    terminal.press("/", "*.py", "Enter")
    terminal.see("main.py", "by size · *.py")
    terminal.press("Escape")
    terminal.see("by size ─")
    terminal.press("b")
    terminal.see("pkgcache.bin")
    terminal.resize(60, 24)
    terminal.see("pkgcache.bin", "3 Waste")
    terminal.press("q")
    terminal.see("bash-")
    terminal.press("echo exit=$?; stty -a | grep -o ' echo '", "Enter")
    terminal.see("exit=0", " echo")
    terminal.press(f"clear; {PROGRAM} explore {older} {newer}", "Enter")
    terminal.see("both images, what differs marked", "+")
    terminal.press("C-c")
    terminal.see("bash-")
    terminal.press("clear; echo left", "Enter")
    terminal.see("left\n")


@pytest.mark.slow
def test_an_image_that_is_not_there_is_told_on_a_terminal_that_is_as_it_was(terminal: Terminal) -> None:
    terminal.press(f"{PROGRAM} explore oci:/nowhere; echo exit=$?", "Enter")
    terminal.see("bloatcheck:", "/nowhere", "exit=3")


@pytest.mark.engine
def test_an_image_of_the_engine_is_looked_through(tmp_path: Path) -> None:
    engine = usual_engine()
    name = f"bloatcheck-test/explore:{uuid.uuid4().hex}"
    (tmp_path / "data.bin").write_bytes(os.urandom(300_000))
    (tmp_path / "Dockerfile").write_text(
        "FROM scratch\nCOPY data.bin /srv/data.bin\nCOPY data.bin /srv/more.bin\n"
    )
    engine.build(tmp_path, name)

    def load(log: Log) -> Explored:
        return Explored(read_explained(name, platform=None, log=log, environment=os.environ))

    async def drive() -> str:
        app = ExploreApp(load, name)
        async with app.run_test(size=(100, 30)) as pilot:
            while app._explored is None and app.return_value is None:
                await pilot.pause(0.01)
            await pilot.press("down", "b")
            await app.workers.wait_for_complete()
            await pilot.pause()
            return " ".join(text for line in app.query_one(DetailsPane).told for text in line)

    try:
        told = asyncio.run(drive())
    finally:
        engine.docker("image", "rm", "--force", name)
    assert "300 kB" in told
    assert "COPY" in told
