"""Texts of advice: short and printable, whatever an image calls its files."""

from __future__ import annotations

from collections.abc import Iterable

from bloatcheck.analysis.instruction import one_line
from bloatcheck.image.layer_index import unicode_text

MAX_MESSAGE = 600
MAX_REPLACEMENT = 8_000
_LONGEST_PATH = 200
_MOST_NAMED = 4


def shown(path: bytes) -> str:
    """A path with a slash before it."""
    return cut("/" + unicode_text(path), _LONGEST_PATH)


def cut(words: str, longest: int) -> str:
    """One printable line, at most so many characters."""
    line = one_line(words[: 4 * longest])
    return line if len(line) <= longest else line[: longest - 1] + "…"


def named(names: Iterable[str]) -> str:
    """`a, b and c`; of many the first four, and how many more."""
    listed = [cut(name, _LONGEST_PATH) for name in names]
    if len(listed) > _MOST_NAMED:
        return f"{', '.join(listed[:_MOST_NAMED])} and {len(listed) - _MOST_NAMED} more"
    *first, last = listed or [""]
    return f"{', '.join(first)} and {last}" if first else last
