"""Entries that nothing should be compared with any more, because they are too old."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.baseline.moved import days_ago, moment


def judged_by_age(baseline: Baseline, *, max_age: int | None, now: datetime) -> Baseline:
    """The baseline, its entries that are older than `max_age`, in days, marked stale."""
    if max_age is None:
        return baseline
    oldest = now - timedelta(days=max_age)
    return replace(baseline, entries=tuple(_judged(entry, oldest, now) for entry in baseline.entries))


def _judged(entry: BaselineEntry, oldest: datetime, now: datetime) -> BaselineEntry:
    measured = moment(entry.measured_at)
    if measured is None or measured >= oldest:
        return entry
    because = (
        f"the baseline is stale: it was measured {measured:%Y-%m-%d}, {days_ago(measured, now)}, and "
        f"`max-age` is {(now - oldest).days} days"
    )
    return replace(entry, stale_because=because)
