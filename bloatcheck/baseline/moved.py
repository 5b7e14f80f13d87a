"""Whether an entry that was measured again is worth renewing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from bloatcheck.analysis.contents import Contents
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.baseline.model import BaselineEntry
from bloatcheck.config.limits import Threshold, largest_allowed


def has_moved(old: BaselineEntry, new: BaselineEntry, tolerance: Threshold) -> bool:
    """Whether the image, a layer, a cause or the waste moved further than the tolerance of the image's size.

    Further up or further down: a limit is as wrong above an image that shrank. Another base image is a move
    however large it is, or every change after it would be told of that.
    """
    before, after = old.snapshot, new.snapshot
    if before.measure.measure != after.measure.measure or len(before.layers) != len(after.layers):
        return True
    if before.contents is None and after.contents is not None:
        # Of an older bloatcheck: what it holds was not told yet.
        return True
    if _base_name(before) != _base_name(after):
        return True
    allowed = largest_allowed(tolerance, before.content_size)
    moves = [after.content_size - before.content_size]
    moves += [b.content_size - a.content_size for a, b in zip(before.layers, after.layers, strict=True)]
    if before.contents and after.contents:
        moves += _moves_of_contents(before.contents, after.contents)
    return any(abs(move) > (allowed or 0) for move in moves)


def _base_name(snapshot: ImageSnapshot) -> str | None:
    return snapshot.base.name if snapshot.base else None


def _moves_of_contents(before: Contents, after: Contents) -> Iterator[int]:
    """By how many bytes each cause, and what is wasted, moved."""
    yield after.wasted - before.wasted
    old = {(share.cause, share.manager): share.size for share in before.shares}
    new = {(share.cause, share.manager): share.size for share in after.shares}
    for cause in old.keys() | new.keys():
        yield new.get(cause, 0) - old.get(cause, 0)


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


def days_ago(moment: datetime, now: datetime) -> str:
    """`today`, `1 day ago`, `12 days ago`."""
    days = max(0, (now - moment).days)
    return "today" if days == 0 else "1 day ago" if days == 1 else f"{days} days ago"
