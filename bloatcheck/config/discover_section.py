"""Which images are looked for."""

from __future__ import annotations

from pydantic import Field

from bloatcheck.config.fields import PathPattern
from bloatcheck.config.section import Section

_MOST_PATTERNS = 200


class DiscoverSection(Section):
    """Which images are taken of those that are found."""

    include: list[PathPattern] = Field(
        default_factory=list,
        max_length=_MOST_PATTERNS,
        description="Patterns of names, of Dockerfiles and of the compose and bake files that list them; `*` "
        "matches slashes, too. Default: all.",
        examples=[["services/*"]],
    )
    exclude: list[PathPattern] = Field(
        default_factory=list,
        max_length=_MOST_PATTERNS,
        description="Patterns of those that are left out.",
        examples=[["*.dev", "legacy-*"]],
    )
