"""Foreign text made safe for GitHub's markdown, where it may stand in a table, a heading or a list.

GitHub reads markdown twice: cmark-gfm turns it into HTML, then filters look through the text of that HTML
for `@mentions`, `#123`, commit hashes, `:emoji:` and the repository's own autolinks. The filters leave code
alone, and nothing but a backtick ends a code span, so that is where foreign text goes. What stands in a
sentence is escaped, and its words that a filter or an autolink would take become code.

https://github.github.com/gfm/
https://docs.github.com/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Literal

from bloatcheck.ci.commands import disarm
from bloatcheck.report.plain import closed, harmless, harmless_lines, shorten, together

LONGEST_CODE = 200
"""Characters of foreign text in one code span: an instruction is still recognised by them."""
LONGEST_NAME = 60
LONGEST_SENTENCE = 1000
LONGEST_OUTPUT_LINE = 300
_LONGEST_PASTED_LINE = 4_000

_WORDS = re.compile(r"(?P<before>\(?)`(?P<code>[^`]+)`(?P<after>[.,;:!?)]*)(?= |$)|[^ ]+")
_PUNCTUATION = ".,;!?"
"""What ends a sentence or a part of it, and means nothing to markdown behind a word."""
_CHART = re.compile(r"[\w \n\[\]{}\",.:%#>-]+", re.ASCII)
_BACKTICKS = re.compile(r"`+")
_SYNTAX = re.compile(r"([\\`*_\[\]~$^])")
_TEMPTING = re.compile(
    r"""
      @                              # mentions, e-mail addresses
    | \#\d                           # issues
    | \b[0-9a-f]{7,40}\b             # commits
    | \b[a-z][a-z0-9]*-\d            # GH-1, and autolinks as a repository sets them up: TICKET-1
    | :[\w+-]+:                      # emoji
    | \w:\S | www\.                  # URLs
    | (?:^|[^\w]|/[\w.-]+)[!$&%~][\w"]  # GitLab's merge requests, snippets, epics, milestones, labels
    | ^/[a-z]                        # GitLab's quick actions
    """,
    re.IGNORECASE | re.VERBOSE,
)
_QUICK_ACTION = re.compile(r"^/[a-z_]+(?=\s|$)", re.IGNORECASE)
"""A line that GitLab may obey in the name of the token's user: its older versions find out what is code by
patterns that pair backticks over many lines, so that no fence keeps such a line from it. A space before does.
"""


class Markdown(str):
    """Markdown that is ours, or foreign text that went through this module. Rendered as it is.

    Joining or formatting one gives a plain `str`, which is escaped again: a mistake is ugly, not dangerous.
    """

    __slots__ = ()


def code(text: str, longest: int = LONGEST_CODE) -> Markdown:
    """A code span, on one line."""
    shown = shorten(_without_comments(harmless(text)), longest)
    if not shown:
        return Markdown("")
    runs = {len(run) for run in _BACKTICKS.findall(shown)}
    fence = "`" * next(length for length in range(1, len(runs) + 2) if length not in runs)
    padding = " " if shown.startswith("`") or shown.endswith("`") else ""
    return Markdown(closed(shown, f"{fence}{padding}{shown}{padding}{fence}"))


def sentence(text: str, longest: int = LONGEST_SENTENCE) -> Markdown:
    """Running text that renders as it reads, with links, mentions and the like as code, and what stands
    between backticks too. Not for the start of a line, where `1.` or `+` would begin a list.
    """
    words = _WORDS.finditer(shorten(harmless(text), longest))
    return Markdown(together(" ".join(map(_word, words))))


def unbroken(text: str) -> Markdown:
    """A sentence that does not wrap."""
    return Markdown(sentence(text).replace(" ", "\N{NO-BREAK SPACE}"))


def row(*cells: str | int) -> Markdown:
    """One line of a table. A cell that isn't markdown yet becomes a sentence; no cell can end another.

    A pipe splits cells wherever it stands, in code too, unless a backslash is before it, which the table
    takes away again before the cell is read.
    """
    read = (rendered(cell).replace("\n", " ").replace("|", "\\|") for cell in cells)
    return Markdown(f"| {' | '.join(read)} |")


def rendered(value: object) -> Markdown:
    """What a template prints for a value: markdown as it is, anything else as a sentence."""
    if isinstance(value, Markdown):
        return value
    if isinstance(value, (str, int)):
        return sentence(str(value))
    raise TypeError(f"a template prints a {type(value).__name__}")


def compose(pattern: str, *parts: object) -> Markdown:
    """Markdown of ours with `{}` where the parts go, each as a template would print it."""
    return Markdown(together(pattern).format(*map(rendered, parts)))


def html_code(text: str, longest: int = LONGEST_CODE) -> Markdown:
    """The code element, for where markdown is not read: between HTML tags such as `<summary>`."""
    shown = shorten(_without_comments(harmless(text)), longest)
    return Markdown(closed(shown, f"<code>{html.escape(shown)}</code>"))


def name(text: str) -> Markdown:
    """An image's name, as code."""
    return code(text, LONGEST_NAME)


def html_name(text: str) -> Markdown:
    """An image's name, where markdown is not read."""
    return html_code(text, LONGEST_NAME)


def indented(text: Markdown) -> Markdown:
    """Two columns to the right, as what belongs to a list item stands."""
    return Markdown("\n".join(f"  {line}".rstrip() for line in text.split("\n")))


def fenced(lines: Iterable[str], language: Literal["text", "dockerfile"] = "text") -> Markdown:
    """A program's output, or text to paste, as a code block. Begins and ends on lines of its own."""
    # half of an instruction is no text to paste
    most = LONGEST_OUTPUT_LINE if language == "text" else _LONGEST_PASTED_LINE
    shown = [
        _QUICK_ACTION.sub(r" \g<0>", disarm(shorten(_without_comments(line), most)))
        for line in harmless_lines(lines)
    ]
    longest = max((len(run) for line in shown for run in _BACKTICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markdown("\n".join((f"{fence}{language}", *shown, fence)))


def drawing(blocks: str) -> Markdown:
    """Blocks on one line, which programs that read aloud skip: they would name each."""
    unbroken_line = "\N{WORD JOINER}".join(html.escape(harmless(blocks)))
    return Markdown(f'<span aria-hidden="true">{unbroken_line}</span>')


def chart(lines: Iterable[str]) -> Markdown:
    """A block that mermaid draws. There is no escape in its language, so nothing foreign can be in it.

    Raises:
        ValueError: a character that no chart of ours has.
    """
    text = "\n".join(lines)
    if not _CHART.fullmatch(text):
        raise ValueError("not the text of a chart")
    return Markdown(f"```mermaid\n{text}\n```")


def link(label: Markdown, url: str | None) -> Markdown:
    """A link, or only the label where there is no URL. Takes URLs of `bloatcheck.report.links` only."""
    return Markdown(f"[{label}]({url})") if url else label


def _word(match: re.Match[str]) -> str:
    quoted, after = match["code"], match["after"]
    if quoted:
        return f"{match['before']}{code(quoted, LONGEST_SENTENCE)}{after}"
    word = match[0]
    if not _TEMPTING.search(word):
        return _escaped(word)
    bare = word.rstrip(_PUNCTUATION)
    if bare and _TEMPTING.search(bare):
        return code(bare, LONGEST_SENTENCE) + word[len(bare) :]
    return code(word, LONGEST_SENTENCE)


def _escaped(word: str) -> str:
    return _SYNTAX.sub(r"\\\1", html.escape(_without_comments(word), quote=False))


def _without_comments(text: str) -> str:
    return disarm(text.replace("<!--", "<!- -").replace("-->", "- ->"))
