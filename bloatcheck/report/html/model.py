"""What the HTML report shows beside the report itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bloatcheck.analysis.folders import Folders


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One image's files, before and after, and the text of its Dockerfile; None for what isn't known."""

    before: Folders | None = None
    after: Folders | None = None
    dockerfile: str | None = None


NOTHING_SEEN = Sight()

Sights = Mapping[tuple[str, str], Sight]
"""By name and platform. Too large for the JSON report, so a report that was read back has none."""
