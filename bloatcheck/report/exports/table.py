"""CSV as RFC 4180 has it, which a spreadsheet opens without running anything in it.

https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from unicodedata import normalize

from bloatcheck.report.plain import harmless

_FORMULA = ("=", "+", "-", "@")


def table(head: Sequence[str], lines: Iterable[Sequence[str | float | None]]) -> str:
    """The table. None is an empty field; foreign text is harmless, and never the start of a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_cell(cell) for cell in line] for line in lines)
    return text.getvalue()


def _cell(cell: str | float | None) -> str | float:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return cell
    shown = harmless(cell)
    # Some spreadsheets take a full-width sign for the sign itself.
    return f"'{shown}" if normalize("NFKC", shown[:1]).startswith(_FORMULA) else shown
