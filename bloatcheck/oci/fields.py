"""Fields of the specification's JSON documents: of the right type, or absent, or a clear error."""

from __future__ import annotations

import json
from typing import cast


def parse_object(document: bytes, what: str) -> dict[str, object]:
    """A document as a JSON object.

    Raises:
        ValueError: it is none; `what` names it.
    """
    try:
        data = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{what} is not JSON: {error}") from error
    return as_object(data, what)


def as_object(value: object, what: str) -> dict[str, object]:
    """The value, if it is a JSON object.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not a JSON object")  # noqa: TRY004 - one error type for a malformed document
    return cast("dict[str, object]", value)


def array(data: dict[str, object], key: str) -> list[object]:
    """The array under a key; empty where there is none.

    Raises:
        ValueError: something else is there.
    """
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{key} is not a JSON array")  # noqa: TRY004 - one error type for a malformed document
    return value


def text(data: dict[str, object], key: str) -> str:
    """The string under a key; empty where there is none.

    Raises:
        ValueError: something else is there.
    """
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{key} is not a JSON string")  # noqa: TRY004 - one error type for a malformed document
    return value


def texts(data: dict[str, object], key: str) -> tuple[str, ...]:
    """The strings of the array under a key; what is no string is left out."""
    return tuple(item for item in array(data, key) if isinstance(item, str))
