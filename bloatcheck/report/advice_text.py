"""What would make an image smaller, for a terminal. Imports little, as `inspect` tells it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bloatcheck.units import format_bytes

if TYPE_CHECKING:
    from bloatcheck.analysis.advice import Advice


def advised(advice: Advice) -> str:
    """`171 MB: apt's package lists stay in the image. (Dockerfile:5) [apt-lists]`; it holds foreign text."""
    saves = f"{'about ' if advice.about else ''}{format_bytes(advice.saves)}: " if advice.saves else ""
    place = f" ({advice.place})" if advice.place else ""
    return f"{saves}{advice.message}{place} [{advice.id}]"
