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


def text_heading(advice: Advice) -> str:
    """What stands before the text to paste, `write instead (does apt-lists too)`; holds foreign text."""
    heading = f"add to {advice.append_to}" if advice.append_to else "write instead"
    if advice.together_with:
        heading += f" (does {', '.join(advice.together_with)} too)"
    if advice.conflicts_with:
        heading += f" (of the same lines as {', '.join(advice.conflicts_with)}: do one by hand)"
    return heading


def text_elsewhere(advice: Advice) -> str:
    """Where the text to paste is that this advice has no own one of; empty where there is none."""
    if advice.replacement or not advice.together_with:
        return ""
    return f"in one text with {', '.join(advice.together_with)}"
