"""Foreign text made fit to be looked at: nothing that moves the cursor, hides, or turns text around."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_NEVER_SHOWN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Letters and marks that are drawn as nothing: grapheme joiner, Hangul and Khmer fillers, Braille blank,
# variation selectors beyond the sixteen that emoji use.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_MOST_MARKS = 3
"""How many combining marks one letter may carry; more only serves to paint over the neighbours."""
_AS_EMOJI = "\N{VARIATION SELECTOR-16}"
_JAMO = frozenset(map(chr, range(0x1160, 0x1200)))
"""Korean vowels and finals, drawn into the letter before them."""
_JOINED_ON = "".join(map(chr, range(0x300, 0x370))) + _AS_EMOJI
"""Marks that would join the `…` before them."""
_WORD = re.compile(r"\S*\d (?:[kMGTP]?B|%)(?!\w)\S*|\S+")
"""A word, or a figure with its unit."""
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=[kMGTP]?B\b|%)")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")


class Plain(str):
    """Text for a terminal that is ours, or went through this module: may have several lines."""

    __slots__ = ()


def printed(value: object) -> Plain:
    """What a text template prints for a value: `Plain` as it is, anything else on one harmless line."""
    if isinstance(value, Plain):
        return value
    if isinstance(value, (str, int)):
        return Plain(harmless(str(value)))
    raise TypeError(f"a template prints a {type(value).__name__}")


def harmless(text: str) -> str:
    """One line without control, bidi or invisible characters.

    White space of any kind becomes one space; a character that can't be shown becomes U+FFFD.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return _visible(" ".join(text.split()))


def harmless_line(text: str) -> str:
    """The same for a line that is laid out: its white space stays, but that line ends become one space."""
    if text.isascii() and text.isprintable():
        return text
    return _visible(" ".join(text.expandtabs(4).splitlines()))


def harmless_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """The same for a program's output.

    Indentation stays, colours go, and of a line that is drawn over itself only the last state stays.
    """
    return tuple(
        _visible(_ANSI.sub("", piece).rstrip().rpartition("\r")[2].expandtabs(4))
        for line in lines
        for piece in line.split("\n")
    )


def together(text: str) -> str:
    """The same, each figure on one line with its unit."""
    return _BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", text)


def closed(text: str, shown: str = "") -> str:
    """`shown`, or the text itself; where the text runs from right to left, what follows it does not."""
    turns = not text.isascii() and any(unicodedata.bidirectional(each) in ("R", "AL", "AN") for each in text)
    return (shown or text) + ("\N{LEFT-TO-RIGHT MARK}" if turns else "")


def shorten(text: str, longest: int) -> str:
    """At most so many characters, the last being `…` where something was cut."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def shortened(text: str, columns: int) -> str:
    """At most so many columns of a terminal, the last being `…` where something was cut."""
    return text if display_width(text) <= columns else _leading(text, columns - 1).rstrip() + "…"


def elided(text: str, columns: int) -> str:
    """The same with the `…` in the middle: of a name or path, both ends tell."""
    if display_width(text) <= columns:
        return text
    head = _leading(text, (columns - 1) // 2)
    tail = _leading(text[::-1], columns - 1 - display_width(head))[::-1]
    return f"{head}…{tail.lstrip(_JOINED_ON)}"


def wrapped(text: str, columns: int, *, first: str = "", indent: str = "  ", end: str = "") -> str:
    """The words on lines of at most so many columns of a terminal; a longer word is broken, no figure is.

    `first` and `indent` stand before the first line and the others, `end` at the end of all but the last.
    """
    lines, line, room = [], first, max(1, columns - display_width(end))
    for word in _WORD.findall(text):
        rest = word
        if line.strip() and line != first and display_width(f"{line} {rest}") > room:
            lines.append(line)
            line = indent
        separator = "" if line in (first, indent) else " "
        while rest and not end and not _fits(line + separator + rest, room):
            piece = _leading(rest, room - display_width(line + separator)) or rest[:1]
            lines.append(line + separator + piece)
            line, separator, rest = indent, "", rest[len(piece) :]
        line += separator + rest
    return f"{end}\n".join((*lines, line))


def _leading(text: str, columns: int) -> str:
    """As much of the beginning as takes at most so many columns, each letter with its marks."""
    if text.isascii():
        return text[: max(0, columns)]
    taken = before = 0
    for at, character in enumerate(text):
        width = _character_width(character)
        taken += width + (character == _AS_EMOJI and before == 1)
        if taken > columns:
            return text[:at]
        before = width
    return text


def _fits(text: str, columns: int) -> bool:
    """Whether it takes at most so many columns; of a long text only its beginning is looked at."""
    return len(_leading(text, columns)) == len(text)


def display_width(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    widths = [_character_width(character) for character in text]
    # An emoji by its variation selector is drawn like the others.
    emoji = (index for index, character in enumerate(text) if character == _AS_EMOJI and index)
    return sum(widths) + sum(widths[index - 1] == 1 for index in emoji)


def _character_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me") or character in _JAMO:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _visible(text: str) -> str:
    shown = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > _MOST_MARKS:
            continue
        shown.append(_REPLACEMENT if _is_hidden(character, category) else character)
    return "".join(shown)


def _is_hidden(character: str, category: str) -> bool:
    point = ord(character)
    return (
        category in _NEVER_SHOWN
        or character in _BLANK
        or 0xE0100 <= point <= 0xE01EF  # noqa: PLR2004 - variation selectors supplement
        or point & 0xFFFE == 0xFFFE  # noqa: PLR2004 - noncharacters, the last two of each plane
    )
