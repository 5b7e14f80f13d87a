"""Layers and Dockerfile lines in markdown, leading to the line where its address is known."""

from __future__ import annotations

from bloatcheck.errors import Place
from bloatcheck.report.escape import Markdown, code, compose, link, sentence
from bloatcheck.report.links import place_url
from bloatcheck.report.model import Origin

_LONGEST_IN_SENTENCE = 60
"""Characters of an instruction that a sentence has room for."""


def place_link(place: Place, origin: Origin) -> Markdown:
    """`Dockerfile:3`, with its address."""
    return link(code(str(place)), place_url(origin, place))


def layer_link(
    instruction: str | None, place: Place | None, origin: Origin, longest: int = _LONGEST_IN_SENTENCE
) -> Markdown:
    """`Dockerfile:3` and the instruction; either may be missing."""
    what = code(instruction, longest) if instruction else sentence("a layer without history")
    return compose("{} {}", place_link(place, origin), what) if place else what
