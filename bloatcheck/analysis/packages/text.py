"""Words out of package databases, safe to be shown and stored."""

from __future__ import annotations

_LONGEST = 256
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def label(value: object) -> str:
    """A name or version on one line, at most 256 characters, nothing in it that can't be printed or encoded.

    Empty for what is no text at all.
    """
    if isinstance(value, bytes):
        value = value[: 4 * _LONGEST].decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    text = value[: 2 * _LONGEST].strip()[:_LONGEST]
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _REPLACEMENT for letter in text)
