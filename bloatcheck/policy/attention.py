"""Whether a result is worth a new comment. An existing comment is edited whatever this says."""

from __future__ import annotations

from collections.abc import Iterable

from bloatcheck.config.model import CommentMode, CommentPolicy
from bloatcheck.diff.model import ImageChange, ImageDiff


def deserves_comment(diffs: Iterable[ImageDiff], policy: CommentPolicy, *, trouble: bool) -> bool:
    """True when a pull request without our comment should get one.

    Args:
        diffs: what was compared.
        policy: the configured mode and the smallest change worth a comment.
        trouble: a limit is broken, or an image could not be built or read.
    """
    if policy.mode is not CommentMode.AUTO:
        return policy.mode is CommentMode.ALWAYS
    return trouble or any(_is_news(diff, policy) for diff in diffs)


def _is_news(diff: ImageDiff, policy: CommentPolicy) -> bool:
    if diff.change in (ImageChange.NEW, ImageChange.GONE):
        return True
    if diff.delta is None:
        return diff.change is ImageChange.INCOMPARABLE
    if diff.is_noise:
        return False
    # An image that was empty before has no percentage; any bytes are all of the change then.
    percent = abs(diff.percent) if diff.percent is not None else float("inf")
    return abs(diff.delta) >= policy.min_change_bytes and percent >= policy.min_change_percent
