"""What a repository begins with on one CI."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

TAG = "v1"
MANY = 12
"""As many images one job builds in a time that people wait for, when a change touches all of them."""
_IMAGES_OF_A_LEG = 5
_MOST_LEGS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Of the repository. `commit` is our own release's, 40 hex digits; None where it isn't known."""

    branch: str = "main"
    images: int = 1
    commit: str | None = None
    tag: str = TAG

    @property
    def many(self) -> bool:
        """Whether the images are worth a matrix."""
        return self.images > MANY

    @property
    def legs(self) -> int:
        """Of a matrix, at most."""
        return min(_MOST_LEGS, -(-self.images // _IMAGES_OF_A_LEG))

    @property
    def quoted_branch(self) -> str:
        """JSON's strings are YAML's: no name of a branch can be anything else there."""
        return json.dumps(self.branch, ensure_ascii=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """One CI's pipeline.

    `signs` are paths whose being there says that the repository uses it; `hosts` are the names of code hosts
    that bring it along, and `*.` stands for any. `files` makes the texts by the path that the CI reads them
    from; `owns_files` says whether these are ours alone, or parts of what the repository has for other jobs.
    `next_steps` are sentences, without an end mark.
    """

    name: str
    title: str
    signs: tuple[str, ...]
    hosts: tuple[str, ...] = ()
    owns_files: bool = False
    files: Callable[[Facts], Mapping[str, str]]
    next_steps: tuple[str, ...] = ()
