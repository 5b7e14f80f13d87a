"""What the HTML report shows beside the report itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bloatcheck.analysis.folders import Folders


class Moment(NamedTuple):
    """An image's size in bytes at a commit before; the date is RFC 3339."""

    commit: str
    date: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One image's files, before and after, and the text of its Dockerfile; None for what isn't known.

    `history` has its sizes before, oldest first; `limit` is the largest size in bytes that doesn't fail.
    """

    before: Folders | None = None
    after: Folders | None = None
    dockerfile: str | None = None
    history: tuple[Moment, ...] = ()
    limit: int | None = None


NOTHING_SEEN = Sight()

Sights = Mapping[tuple[str, str], Sight]
"""By name and platform. Too large for the JSON report, so a report that was read back has none."""
