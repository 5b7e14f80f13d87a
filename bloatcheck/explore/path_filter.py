"""Choosing paths by what somebody types: part of a name, a pattern as in .gitignore, a regular expression."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable

import regex

from bloatcheck.analysis.advice.paths import PathPatterns

REGEX = "re:"
"""What a regular expression begins with."""
PACKAGE = "package:"
"""What the name of a package follows."""
_SECONDS = 1.0
_SOON_OVER = 1e-6
_LONGEST_EXPRESSION = 1_000
_MOST_REPEATED = 100_000
"""All numbers of times multiplied: to compile an expression takes the room of each time."""
_TIMES = re.compile(r"\{(\d+)|,(\d+)\}")
_RECURSION = re.compile(r"\(\?(?:R|[+-]?\d|&|P>)")
"""Without end it takes gigabytes a second."""
_PATTERN_CHARACTERS = "*?["


class FilterError(ValueError):
    """It can't be used; the message says why."""


def path_filter(
    text: str, *, owner: Callable[[bytes], str | None] = lambda _: None
) -> Callable[[bytes], bool] | None:
    """What chooses the paths, which have no slash in front; None for all.

    `re:` begins a regular expression, `*`, `?` or `[` make it a pattern of .gitignore; else it is a part of
    the path, in any case. A regular expression may take a second over all paths together. `package:`
    chooses the files of a package, `owner` being the name of whose a path is.

    Raises:
        FilterError: no regular expression; by the filter itself, when it takes too long.
    """
    text = text.strip()
    if not text:
        return None
    if text.startswith(REGEX):
        return _by_expression(text[len(REGEX) :])
    if text.startswith(PACKAGE):
        name = text[len(PACKAGE) :]
        return lambda path: owner(path) == name
    if any(character in text for character in _PATTERN_CHARACTERS):
        return PathPatterns([text]).__contains__
    part = text.encode("utf-8", "surrogateescape").lower()
    if part.startswith(b"/"):
        return lambda path: part in b"/" + path.lower()
    return lambda path: part in path.lower()


def _by_expression(text: str) -> Callable[[bytes], bool]:
    times = [
        int(digits) for match in _TIMES.finditer(text[:_LONGEST_EXPRESSION]) for digits in match.groups("1")
    ]
    if len(text) > _LONGEST_EXPRESSION or math.prod(number or 1 for number in times) > _MOST_REPEATED:
        raise FilterError("this expression is too large")
    if _RECURSION.search(text):
        raise FilterError("an expression can't refer to itself here")
    try:
        expression = regex.compile(text.encode("utf-8", "surrogateescape"))
    except (regex.error, RecursionError) as error:
        raise FilterError(f"no regular expression: {error}") from None
    until = time.monotonic() + _SECONDS

    def fits(path: bytes) -> bool:
        # 0 would be no bound at all
        left = max(until - time.monotonic(), _SOON_OVER)
        try:
            return expression.search(b"/" + path, timeout=left) is not None
        except (TimeoutError, MemoryError):
            raise FilterError("this expression takes too long") from None

    return fits
