"""A real browser for tests of the HTML report: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from npm_package import package_file
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

AXE = "axe-core@4.14.1"


@dataclass
class Visit:
    """A page, with everything that went wrong or left it."""

    page: Page
    troubles: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def dismiss(self, dialog: Dialog) -> None:
        """A page of ours asks nothing; one that a file name opened would."""
        self.troubles.append(dialog.message)
        dialog.dismiss()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; the test is skipped where there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def visit(browser: Browser, file: Path, *, width: int = 1280, dark: bool = False, at: str = "") -> Visit:
    """Opens a file from disk and waits until its script has drawn it."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    context.set_default_timeout(10_000)
    found = Visit(context.new_page())
    found.page.on("console", lambda message: found.troubles.append(message.text))
    found.page.on("pageerror", lambda error: found.troubles.append(str(error)))
    found.page.on("dialog", found.dismiss)
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.goto(file.as_uri() + at)
    found.page.wait_for_selector("html.ready", state="attached")
    return found


def violations(page: Page) -> list[str]:
    """What axe-core finds, by WCAG 2.2 AA and its best practices."""
    page.evaluate(from_npm(AXE, "axe.min.js").read_text(encoding="utf-8"))
    result: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
        for each in result["violations"]
        for node in each["nodes"]
    ]


def from_npm(package: str, file: str) -> Path:
    """A file of `NAME@VERSION`; the test is skipped where there is no npm."""
    if shutil.which("npm") is None:
        pytest.skip(f"npm is not installed, so {package} can't be had")
    return package_file(package, file)
