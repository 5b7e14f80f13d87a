"""Renders markdown as GitHub shows it in a pull request, and takes pictures of it.

    python scripts/render_comment.py OUT [FILE.md ...]

Without files, the golden files of the comment are rendered. For each, four pictures are written to OUT: in
the width of a pull request and of a phone, light and dark. GitHub's style and the program that draws its
charts come from the npm packages `github-markdown-css` and `mermaid`, fetched once into the user's cache; the
browser is the system's Chromium, and the icons want a font such as Debian's fonts-noto-color-emoji.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cmarkgfm
from cmarkgfm.cmark import Options
from npm_package import package_file
from playwright.sync_api import Browser, sync_playwright

GOLDEN = Path(__file__).parent.parent / "tests" / "golden" / "comment"
STYLE = "github-markdown-css@5.9.0"
MERMAID = "mermaid@11.12.0"
WIDTHS = {"pull-request": 830, "phone": 390}
PAGE = """<!doctype html>
<meta charset="utf-8">
<style>{style}</style>
<style>
  body {{ margin: 0; background: {background}; }}
  .comment {{ margin: 12px; border: 1px solid {border}; border-radius: 6px; padding: 16px; }}
  .markdown-body {{ font-size: 14px; }}
</style>
<div class="comment"><article class="markdown-body">{body}</article></div>
"""
COLOURS = {"light": ("#ffffff", "#d1d9e0"), "dark": ("#0d1117", "#3d444d")}
DRAW = """
async theme => {
  mermaid.initialize({ startOnLoad: false, theme: theme === "dark" ? "dark" : "default" });
  const sources = document.querySelectorAll("pre[lang=mermaid] > code");
  for (const [number, source] of sources.entries()) {
    const { svg } = await mermaid.render(`chart-${number}`, source.textContent);
    const drawn = document.createElement("div");
    drawn.innerHTML = svg;
    source.parentElement.replaceWith(drawn);
  }
}
"""


def take_picture(browser: Browser, body: str, picture: Path, *, theme: str, width: int) -> None:
    """One picture of rendered markdown, charts drawn."""
    background, border = COLOURS[theme]
    style = package_file(STYLE, f"github-markdown-{theme}.css").read_text()
    page = browser.new_page(viewport={"width": width, "height": 200})
    page.set_content(PAGE.format(style=style, background=background, border=border, body=body))
    if 'lang="mermaid"' in body:
        page.add_script_tag(path=package_file(MERMAID, "dist/mermaid.min.js"))
        page.evaluate(DRAW, theme)
    page.screenshot(path=picture, full_page=True)
    page.close()


def to_html(markdown: str) -> str:
    """As GitHub renders a comment: GFM with its extensions, each newline a line break, raw HTML kept."""
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_HARDBREAKS
    return str(cmarkgfm.github_flavored_markdown_to_html(markdown, options))


def main() -> None:
    """Takes the pictures."""
    parser = argparse.ArgumentParser(description="Take pictures of markdown as GitHub shows it.")
    parser.add_argument("out", type=Path, help="the folder for the pictures")
    parser.add_argument("files", type=Path, nargs="*", help="markdown files (default: the golden files)")
    parser.add_argument("--unfold", action="store_true", help="open every folded part")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for file in args.files or sorted(GOLDEN.glob("*.md")):
            body = to_html(file.read_text())
            if args.unfold:
                body = body.replace("<details>", "<details open>")
            for theme in COLOURS:
                for place, width in WIDTHS.items():
                    picture = args.out / f"{file.stem}-{place}-{theme}.png"
                    take_picture(browser, body, picture, theme=theme, width=width)
                    print(picture)
        browser.close()


if __name__ == "__main__":
    main()
