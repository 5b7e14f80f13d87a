"""Whether an entry that was measured again is worth renewing."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from bloatcheck.baseline.model import BaselineEntry
from bloatcheck.config.limits import Threshold, largest_allowed


def has_moved(old: BaselineEntry, new: BaselineEntry, tolerance: Threshold) -> bool:
    """Whether the image, or one of its layers, moved further than the tolerance of the image's size.

    Further up or further down: a limit is as wrong above an image that shrank.
    """
    before, after = old.snapshot, new.snapshot
    if before.measure.measure != after.measure.measure or len(before.layers) != len(after.layers):
        return True
    if before.contents is None and after.contents is not None:
        # Of an older bloatcheck: what it holds was not told yet.
        return True
    allowed = largest_allowed(tolerance, before.content_size)
    moves = [after.content_size - before.content_size]
    moves += [b.content_size - a.content_size for a, b in zip(before.layers, after.layers, strict=True)]
    return any(abs(move) > (allowed or 0) for move in moves)


def is_aged(old: BaselineEntry, new: BaselineEntry, max_age: int | None) -> bool:
    """Whether half of the days are over after which the old entry is stale; never where it never is.

    An image that doesn't change would otherwise go stale one day, and no limit on growth would hold any more.
    """
    before, after = moment(old.measured_at), moment(new.measured_at)
    if max_age is None or before is None or after is None:
        return False
    return after - before > timedelta(days=max_age) / 2


def moment(text: str | None) -> datetime | None:
    """A moment as entries have it, RFC 3339; None where it is none."""
    try:
        parsed = datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)
