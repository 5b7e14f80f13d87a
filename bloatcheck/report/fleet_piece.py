"""What the images take together, as a part of a markdown report."""

from __future__ import annotations

from collections.abc import Iterable

from bloatcheck.report.escape import Markdown, compose
from bloatcheck.report.fit import Piece
from bloatcheck.report.fleet import fleet_of, fleet_sentence
from bloatcheck.report.model import Report

_NOTED = 5
"""As a note, and before all others."""


def fleet(report: Report) -> Iterable[Piece]:
    """One list item; nothing where the images share next to nothing."""
    if told := fleet_sentence(fleet_of(report.images)):
        yield Piece((_NOTED, 1), (compose("- 📦 {}", told), Markdown("")))
