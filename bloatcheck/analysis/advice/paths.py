"""Patterns of paths within an image, as `.gitignore` writes them.

Time grows with the length of a path only: whatever a star passes over, the first fit is taken for good. That
loses nothing, for whoever fits earlier leaves more to those that follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count

_PIECE = re.compile(r"(?P<star>\*+)|(?P<one>\?)|(?P<set>\[[^\]/]+\])|(?P<plain>.)", re.DOTALL)
_SET_ITEM = re.compile(r"(?P<first>.)-(?P<last>.)|.", re.DOTALL)
_END = r"(?=/|\Z)"


class PathPatterns:
    """Chooses paths. A pattern with a slash in it begins at the root, another one is a name anywhere.

    `*` and `?` don't pass a slash; `**` between slashes stands for any number of folders. What lies below a
    folder that is chosen is chosen too.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        groups = count()
        expressions = [_expression(pattern, groups) for pattern in patterns]
        whole = "|".join(expressions).encode("utf-8", "surrogateescape")
        self._pattern = re.compile(whole, re.DOTALL) if expressions else None

    def __contains__(self, path: object) -> bool:
        """Whether the file at this clean path is chosen."""
        return bool(self._pattern and isinstance(path, bytes) and self._pattern.match(path))


def _expression(pattern: str, groups: Iterator[int]) -> str:
    parts = [part for part in pattern.split("/") if part]
    if "/" not in pattern.rstrip("/"):
        parts.insert(0, "**")
    tail = r"(?:/.*)?\Z"
    while parts and parts[-1] == "**":
        parts.pop()
        tail = r"/.+\Z" if parts else ""
    runs: list[list[str]] = [[]]
    for part in parts:
        if part == "**":
            runs.append([])
        else:
            runs[-1].append(part)
    written = []
    for number, run in enumerate(runs):
        names = "/".join(_name(part, groups) for part in run)
        if names:
            written.append(_first(f"(?:[^/]*/)*?{names}", groups) if number else names)
    return f"(?:{'/'.join(written)}{tail})"


def _first(expression: str, groups: Iterator[int]) -> str:
    """The expression's first fit, and no other if what follows doesn't fit."""
    group = f"g{next(groups)}"
    return f"(?=(?P<{group}>{expression}))(?P={group})"


def _name(part: str, groups: Iterator[int]) -> str:
    """One name of a path, whole."""
    chunks = [""]
    for piece in _PIECE.finditer(part):
        if piece["star"]:
            chunks.append("")
        else:
            chunks[-1] += _character(piece)
    first, *more = chunks
    if not more:
        return first + _END
    *middle, last = more
    between = "".join(_first(f"[^/]*?{chunk}", groups) for chunk in middle if chunk)
    return f"{first}{between}[^/]*{last}{_END}"


def _character(piece: re.Match[str]) -> str:
    if piece["one"]:
        return "[^/]"
    if piece["set"]:
        inner = piece["set"][1:-1]
        negated = inner[0] in "!^" and len(inner) > 1
        return f"[{'^/' if negated else ''}{_SET_ITEM.sub(_set_item, inner[negated:])}]"
    return re.escape(piece["plain"])


def _set_item(item: re.Match[str]) -> str:
    """A character of a set, or a range; one from a later character to an earlier is only its ends."""
    if not item["last"]:
        return re.escape(item[0])
    first, last = re.escape(item["first"]), re.escape(item["last"])
    return f"{first}-{last}" if item["first"] <= item["last"] else first + last
