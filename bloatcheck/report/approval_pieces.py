"""What a markdown report says about approvals and about changes of the rules."""

from __future__ import annotations

from collections.abc import Iterable

from bloatcheck.report.approving import CHANGES_TOLD, icon, use_sentence
from bloatcheck.report.escape import LONGEST_NAME, Markdown, code, compose, sentence
from bloatcheck.report.figures import count
from bloatcheck.report.fit import Piece
from bloatcheck.report.model import Report
from bloatcheck.report.view import Row

_NOTHING = Markdown("")
_LONGEST_CHANGE = 300
MOST_CHANGES = 6
"""Told before the fold."""
_MOST_APPROVALS = 5
_FIRST = 100
"""What a change does to its own rules goes last of all, however much there is to say."""
_APPROVED = 5
"""As a note."""


def changes(report: Report) -> Iterable[Piece]:
    """The heading and a line a change, those that loosen first; nothing where the rules are as they were."""
    if not report.changes:
        return
    yield Piece((_FIRST, 1), (compose("⚠️ **{}**", CHANGES_TOLD), _NOTHING))
    for index, change in enumerate(sorted(report.changes, key=lambda change: not change.looser)):
        sign = "⚠️" if change.looser else "ℹ️"  # noqa: RUF001 - the sign meant
        line = compose("- {} {}", sign, sentence(change.sentence, _LONGEST_CHANGE))
        yield Piece((_FIRST, -index), (line, _NOTHING))


def more_changes(report: Report) -> str:
    """What is behind the first of them: `24 more changes, 3 to loosen a rule`; empty for none."""
    more = len(report.changes) - MOST_CHANGES
    if more <= 0:
        return ""
    loosening = max(0, sum(change.looser for change in report.changes) - MOST_CHANGES)
    told = f", {'all' if loosening == more else f'{loosening:,}'} to loosen a rule" if loosening else ""
    return f"{count(more, 'more change')}{told}"


def approvals(shown: Row) -> Iterable[Piece]:
    """A line for each approval that is about the image."""
    for index, use in enumerate(shown.image.approvals[:_MOST_APPROVALS]):
        line = compose("- {} {} {}", icon(use), code(shown.name, LONGEST_NAME), use_sentence(use))
        yield Piece((_APPROVED, -index), (line, _NOTHING))
