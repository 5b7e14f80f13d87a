"""CSV as RFC 4180 has it, which a spreadsheet opens without running anything in it.

https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

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
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
