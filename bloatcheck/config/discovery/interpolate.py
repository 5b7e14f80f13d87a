"""Variables in compose files, filled in as compose does it."""

from __future__ import annotations

import re
from collections.abc import Mapping

_DEEPEST = 5
_LONGEST = 100_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_OPERATORS = (":-", ":+", ":?", "-", "+", "?")


def interpolate(text: str, variables: Mapping[str, str], *, depth: int = 0) -> str:
    """`$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:+other}`, `${NAME:?message}`, `$$`.

    A variable that isn't set is empty.

    Raises:
        ValueError: a form that compose doesn't take, or a variable that the file insists on.
    """
    if depth > _DEEPEST or len(text) > _LONGEST:
        raise ValueError("its variables are nested too deep")
    pieces: list[str] = []
    length = position = 0
    while (dollar := text.find("$", position)) >= 0:
        pieces.append(text[position:dollar])
        value, position = _value(text, dollar + 1, variables, depth)
        pieces.append(value)
        length += len(value)
        if length > _LONGEST:
            raise ValueError("its variables hold too much")
    return "".join([*pieces, text[position:]])


def _value(text: str, start: int, variables: Mapping[str, str], depth: int) -> tuple[str, int]:
    """What stands for the variable behind a `$`, and where the text goes on."""
    if text.startswith("$", start):
        return "$", start + 1
    if not text.startswith("{", start):
        match = _NAME.match(text, start)
        if match is None:
            raise ValueError("a `$` in it begins no variable")
        return variables.get(match[0], ""), match.end()
    match, end = _NAME.match(text, start + 1), _closing(text, start + 1)
    if match is None or end is None:
        raise ValueError("a `${` in it begins no variable")
    rest = text[match.end() : end]
    operator = next((each for each in _OPERATORS if rest.startswith(each)), "")
    if rest and not operator:
        raise ValueError(f"compose has no {rest[:20]!r} behind a variable")
    given, word = variables.get(match[0]), rest[len(operator) :]
    there = bool(given) if operator.startswith(":") else given is not None
    if not operator or (there and "+" not in operator):
        return given or "", end + 1
    if "?" in operator:
        raise ValueError(f"the variable {match[0][:100]} isn't set, and the file insists on it")
    wanted = there if "+" in operator else not there
    return (interpolate(word, variables, depth=depth + 1) if wanted else ""), end + 1


def _closing(text: str, start: int) -> int | None:
    """Where the `}` is that closes a `${` before `start`."""
    depth = 1
    for position in range(start, len(text)):
        if text.startswith("${", position):
            depth += 1
        elif text[position] == "}":
            depth -= 1
            if not depth:
                return position
    return None
