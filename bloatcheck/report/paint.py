"""Colour, as a second voice: whatever it says, the words say too.

Renderers take a `Paint` and leave it to their caller whether there is any: only a terminal gets some.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum


class Tone(Enum):
    """What a colour means; the value is its SGR code (ECMA-48), which every theme has a readable shade of.

    `STRONG` is for what a text is about, `FAINT` for column headings.
    """

    GOOD = 32
    CAUTION = 33
    BAD = 31
    STRONG = 1
    FAINT = 2


Paint = Callable[[str, Tone], str]
"""Takes harmless text; each of its lines ends in the colour that it began in."""


def unpainted(text: str, _tone: Tone) -> str:
    """No colour."""
    return text


def painted(text: str, tone: Tone) -> str:
    """In colour."""
    return "\n".join(f"\x1b[{tone.value}m{line}\x1b[0m" if line else "" for line in text.split("\n"))
