"""Every adviser, by its id. Where two speak of the same bytes, they are the first one's."""

from __future__ import annotations

from collections.abc import Mapping

from bloatcheck.analysis.advice.model import Adviser

ADVISERS: Mapping[str, Adviser] = {}

IDS = tuple(ADVISERS)
"""The ids, as they are written in a configuration."""
