"""What a run left behind, on any host."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """Its number, the run that left it, the commit that the run was for, and its archive's size in bytes."""

    number: int
    run: int
    commit: str
    size: int
