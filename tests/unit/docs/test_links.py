"""Links of the documentation, and those that the product gives to it, lead to a page and a heading."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bloatcheck.errors import DOCUMENTATION

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    page.relative_to(ROOT)
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md"))
)
_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
_OURS = re.compile(r"(?:\{DOCUMENTATION\}/|documentation_url\(\s*f?\"|\bdocs/)([a-z-]+\.md(?:#[a-z0-9-]+)?)")
_SHOWN = re.compile(re.escape(DOCUMENTATION) + r"/([a-z-]+\.md(?:#[a-z0-9-]+)?)")


@cache
def headings(page: Path) -> frozenset[str]:
    """The anchors that a forge makes of a page's headings."""
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"^#+ (.+)$", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in found)


def is_there(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = (page.parent / path) if path else page
    return file.exists() and (not anchor or file.suffix != ".md" or anchor in headings(file))


def tracked(*patterns: str) -> Iterator[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return (path for name in listed.stdout.decode().splitlines() if (path := ROOT / name).is_file())


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_pages_links_lead_somewhere(page: Path) -> None:
    links = ["".join(link) for link in _LINK.findall((ROOT / page).read_text())]
    ours = [link for link in links if not link.startswith("https://")]
    assert [link for link in ours if not is_there(ROOT / page, link)] == []


def test_what_messages_and_templates_name_is_there() -> None:
    files = tracked(
        "bloatcheck/*.py", "bloatcheck/*.j2", "action*", "templates/*", ".github/*", "docs/examples/*"
    )
    named = {target for file in files for target in _OURS.findall(file.read_text())}
    assert "forks.md" in named
    assert {target for target in named if not is_there(ROOT / "docs" / "x", target)} == set()


def test_what_comments_link_is_there() -> None:
    linked = {link for file in tracked("tests/golden/*.md") for link in _SHOWN.findall(file.read_text())}
    assert {"comment.md", "configuration.md#limits"} <= linked
    assert {target for target in linked if not is_there(ROOT / "docs" / "x", target)} == set()


def test_a_message_names_a_page_by_its_whole_address() -> None:
    """Its reader has a repository of their own before them, with other docs or none."""
    texts = re.compile(r"(?<!\")\"[^\"\n]*\bdocs/[a-z-]+\.md")
    told = {
        str(file.relative_to(ROOT)) for file in tracked("bloatcheck/*.py") if texts.search(file.read_text())
    }
    assert told == set()
