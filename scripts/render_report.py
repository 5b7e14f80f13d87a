"""Takes pictures of HTML reports in a real browser.

    python scripts/render_report.py OUT REPORT.html ...

For each, the whole page in the width of a desk and of a phone, light and dark, and as it is printed, are
written to OUT. The browser is the system's Chromium.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

WIDTHS = {"desk": 1280, "phone": 390}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def pictures(browser: Browser, report: Path, out: Path) -> None:
    """All of one report."""
    for place, width in WIDTHS.items():
        for theme in THEMES:
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
            page.goto(report.resolve().as_uri())
            page.wait_for_selector("html.ready", state="attached")
            picture = out / f"{report.stem}-{place}-{theme}.png"
            page.screenshot(path=picture, full_page=True)
            print(picture)
            if (place, theme) == ("desk", "light"):
                printed = out / f"{report.stem}.pdf"
                page.pdf(path=printed, format="A4", print_background=True)
                print(printed)
            page.close()


def main() -> None:
    """Takes the pictures."""
    parser = argparse.ArgumentParser(description="Take pictures of HTML reports.")
    parser.add_argument("out", type=Path, help="the folder for the pictures")
    parser.add_argument("reports", type=Path, nargs="+", help="report.html files")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for report in args.reports:
            pictures(browser, report, args.out)
        browser.close()


if __name__ == "__main__":
    main()
