"""Takes pictures of everything that people look at: the comment, the terminal, the HTML report.

    python scripts/screenshots.py OUT           all of it, of the reports that the golden files are made of
    python scripts/screenshots.py --docs OUT    and renews those of the comment and terminal in docs/images

The comment in the width of a pull request and of a phone, light and dark; the HTML report in that of a desk
and of a phone, light and dark, and as it is printed. Look at each: what you would not show is to be mended.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.terminal_theme import MONOKAI, TerminalTheme
from rich.text import Text

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "scripts")]

from render_comment import COLOURS, GOLDEN, WIDTHS, take_picture, to_html  # noqa: E402 - beside this one
from render_report import pictures  # noqa: E402 - beside this one
from support.report_cases import NAMES, case  # noqa: E402 - of the tests

from bloatcheck.report.html import render_html  # noqa: E402
from bloatcheck.report.inspection import render_inspect  # noqa: E402
from bloatcheck.report.paint import painted  # noqa: E402
from bloatcheck.report.text import render_diff, render_text  # noqa: E402

COLUMNS = 100
DOCS = {
    "comment/trend-pull-request-light.png": "comment-light.png",
    "comment/trend-pull-request-dark.png": "comment-dark.png",
    "terminal/run.png": "terminal.png",
}
"""Picture -> its name in docs/images."""
PAGE = """<!doctype html>
<meta charset="utf-8">
<style>
  body {{ margin: 0; padding: 16px 20px; width: max-content; background: {background}; }}
  pre {{ margin: 0; font: 13px/1.35 "DejaVu Sans Mono", monospace; color: {foreground}; }}
</style>
{code}
"""


def comments(browser: Browser, out: Path) -> None:
    """The golden files, as GitHub shows them."""
    for file in sorted(GOLDEN.glob("*.md")):
        for theme in COLOURS:
            for place, width in WIDTHS.items():
                picture = out / f"{file.stem}-{place}-{theme}.png"
                take_picture(browser, to_html(file.read_text()), picture, theme=theme, width=width)


def terminals(browser: Browser, out: Path, theme: TerminalTheme = MONOKAI) -> None:
    """What `run`, `diff` and `inspect` print."""
    report = case("explained")
    diff = report.images[0].diff
    if diff is None or diff.after is None:
        raise SystemExit("the case `explained` has nothing to compare")
    texts = {
        "run": ("bloatcheck run", render_text(report, width=COLUMNS, paint=painted)),
        "diff": (
            "bloatcheck diff api:1 api:2",
            render_diff(diff, packages=5, files=5, width=COLUMNS, paint=painted),
        ),
        "inspect": (
            "bloatcheck inspect --sizes api:2",
            render_inspect(diff.after, width=COLUMNS, paint=painted),
        ),
    }
    for name, (command, text) in texts.items():
        console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
        console.print(Text.from_ansi(f"$ {command}\n\n{text}"), soft_wrap=True)
        code = console.export_html(theme=theme, inline_styles=True, code_format="<pre>{code}</pre>")
        page = browser.new_page(viewport={"width": 400, "height": 100})
        page.set_content(
            PAGE.format(
                background=theme.background_color.hex, foreground=theme.foreground_color.hex, code=code
            )
        )
        page.locator("body").screenshot(path=out / f"{name}.png")
        page.close()


def html_reports(browser: Browser, out: Path) -> None:
    """The HTML report of every case."""
    for name in NAMES:
        file = out / f"{name}.html"
        file.write_text(render_html(case(name)), encoding="utf-8")
        pictures(browser, file, out)


def main() -> None:
    """Takes the pictures."""
    parser = argparse.ArgumentParser(description="Take pictures of everything that people look at.")
    parser.add_argument("out", type=Path, help="the folder for the pictures")
    parser.add_argument("--docs", action="store_true", help="renew those in docs/images too")
    args = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for folder, take in (("comment", comments), ("terminal", terminals), ("html", html_reports)):
            (args.out / folder).mkdir(parents=True, exist_ok=True)
            take(browser, args.out / folder)
        browser.close()
    if args.docs:
        for picture, name in DOCS.items():
            shutil.copyfile(args.out / picture, ROOT / "docs" / "images" / name)


if __name__ == "__main__":
    main()
