"""Patterns of paths within an image, as `.gitignore` writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PIECE = re.compile(
    r"(?P<any>\*\*/)|(?P<rest>/\*\*\Z)|(?P<star>\*+)|(?P<one>\?)|(?P<set>\[[^\]/]+\])|(?P<plain>.)", re.DOTALL
)


class PathPatterns:
    """Chooses paths. A pattern with a slash in it begins at the root, another one is a name anywhere.

    `*` and `?` don't pass a slash, `**` does. What lies below a folder that is chosen is chosen too.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        expressions = [_expression(pattern) for pattern in patterns]
        self._pattern = re.compile(b"|".join(expressions), re.DOTALL) if expressions else None

    def __contains__(self, path: object) -> bool:
        """Whether the file at this clean path is chosen."""
        return bool(self._pattern and isinstance(path, bytes) and self._pattern.match(path))


def _expression(pattern: str) -> bytes:
    anywhere = "/" not in pattern.rstrip("/")
    expression = "".join(_translated(match) for match in _PIECE.finditer(pattern.strip("/")))
    whole = rf"{'(?:.*/)?' if anywhere else ''}{expression}(?:/.*)?\Z"
    return f"(?:{whole})".encode("utf-8", "surrogateescape")


def _translated(match: re.Match[str]) -> str:
    if match["any"]:
        return "(?:.*/)?"
    if match["rest"]:
        return "/.*"
    if match["star"]:
        return ".*" if len(match["star"]) > 1 else "[^/]*"
    if match["one"]:
        return "[^/]"
    if match["set"]:
        inner = match["set"][1:-1]
        negated = inner[0] in "!^" and len(inner) > 1
        inner = re.escape(inner[1:] if negated else inner).replace("\\-", "-")
        return f"[{'^/' if negated else ''}{inner}]"
    return re.escape(match["plain"])
