"""Markdown as GitHub reads it: cmark-gfm, then the filters that look through the text for references.

The filters are told by https://github.com/gjtorikian/html-pipeline and GitHub's documentation of autolinked
references; they pass over what is in code or a link.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options

_LEFT_ALONE = frozenset({"code", "pre", "a"})
_BLOCKS = frozenset({"h3", "p", "li"})
_EMPTY = frozenset({"br", "hr", "img", "input"})
_REFERENCES = {
    "mention": re.compile(r"@\w"),
    "issue": re.compile(r"#\d|\bgh-\d", re.IGNORECASE),
    "ticket": re.compile(r"\b[A-Z][A-Z0-9]*-\d"),
    "commit": re.compile(r"\b[0-9a-f]{7,40}\b", re.IGNORECASE),
    "emoji": re.compile(r":[\w+-]+:"),
    "address": re.compile(r"\w://|www\.|mailto:", re.IGNORECASE),
}


def to_html(markdown: str) -> str:
    """As in a comment: GFM with its extensions, each newline a line break, raw HTML kept."""
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_HARDBREAKS
    return str(cmarkgfm.github_flavored_markdown_to_html(markdown, options))


@dataclass
class Page(HTMLParser):
    """What a reader of the rendered markdown sees."""

    tags: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    """The text of each cell, by table row."""
    code: list[str] = field(default_factory=list)
    """The text of each code span or block."""
    words: list[str] = field(default_factory=list)
    """Text that the filters look through, piece by piece."""
    _blocks: list[tuple[str, str]] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)
    _text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    @classmethod
    def of(cls, markdown: str) -> Page:
        page = cls()
        page.feed(to_html(markdown))
        page.close()
        return page

    @property
    def text(self) -> str:
        return "".join(self._text).strip("\n")

    @property
    def lines(self) -> int:
        """About so many lines of a pull request, 830 pixels wide: 78 characters of a heading fill one, 105 of
        a sentence, and each row of a table is one.
        """
        sentences = sum(-(-len(text) // (78 if tag == "h3" else 105)) for tag, text in self._blocks)
        return len(self.cells) + sentences

    @property
    def references(self) -> list[tuple[str, str]]:
        """What a filter would turn into a link, a picture, or a message to somebody."""
        return [
            (kind, words)
            for words in self.words
            for kind, pattern in _REFERENCES.items()
            if pattern.search(words)
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in _EMPTY:
            self._open.append(tag)
        if tag in _BLOCKS:
            self._blocks.append((tag, ""))
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append("")
        if tag == "code":
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        assert tag not in _EMPTY
        assert self._open.pop() == tag

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        self._text.append(data)
        if _BLOCKS & set(self._open):
            tag, text = self._blocks[-1]
            self._blocks[-1] = tag, text + data.strip("\n")
        if {"td", "th"} & set(self._open):
            self.cells[-1][-1] += data
        if "code" in self._open:
            self.code[-1] += data
        if not _LEFT_ALONE & set(self._open):
            self.words.append(data)
