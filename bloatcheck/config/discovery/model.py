"""What is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DOCKERFILE = "a Dockerfile"
"""The source of what no compose or bake file builds."""


@dataclass(frozen=True, slots=True)
class Found:
    """An image that could be built. Paths are relative to the repository's root.

    `name` depends on nothing but where it was found, so that it stays when others come and go; `short_name`
    is what a person might call it, "" where that is the same. `source` says where it was found, for people:
    `service api of compose.yaml`. `file` is the file that lists it.
    """

    name: str
    dockerfile: str
    context: str = "."
    target: str | None = None
    args: Mapping[str, str | None] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    source: str = DOCKERFILE
    file: str = ""
    short_name: str = ""

    @property
    def recipe(self) -> tuple[object, ...]:
        """What it is built from, and how: two of the same for the same platforms are one image."""
        return (self.dockerfile, self.context, self.target, tuple(sorted(self.args.items(), key=str)))


@dataclass(frozen=True, slots=True)
class Discovery:
    """All that was found, in the order of its files, and what was left out and why, in sentences."""

    images: tuple[Found, ...] = ()
    notes: tuple[str, ...] = ()
