"""When a result is worth a new comment: defaults that make no noise."""

import pytest

from bloatcheck.analysis.snapshot import Fingerprint, ImageSnapshot, LayerSnapshot
from bloatcheck.config.model import CommentMode, CommentPolicy
from bloatcheck.diff.model import ImageChange, ImageDiff
from bloatcheck.oci.digest import Digest
from bloatcheck.policy.attention import deserves_comment


def snapshot(size: int) -> ImageSnapshot:
    digest = Digest("sha256:" + "0" * 64)
    return ImageSnapshot(
        name="api",
        platform="linux/amd64",
        image_id=digest,
        layers=(LayerSnapshot(diff_id=digest, instruction="COPY . .", content_size=size),),
        measure=Fingerprint(),
    )


def changed(before: int, after: int) -> ImageDiff:
    return ImageDiff(
        name="api",
        platform="linux/amd64",
        change=ImageChange.CHANGED,
        before=snapshot(before),
        after=snapshot(after),
    )


@pytest.mark.parametrize(
    ("before", "after", "worth_it"),
    [
        (10_000_000, 10_100_000, True),
        (10_000_000, 9_900_000, True),
        (10_000_000, 10_099_999, False),
        (100_000_000, 100_499_999, False),
        (100_000_000, 100_500_000, True),
        (0, 100_000, True),
        (0, 99_999, False),
    ],
)
def test_a_change_counts_from_100_kb_and_half_a_percent(before: int, after: int, *, worth_it: bool) -> None:
    assert deserves_comment([changed(before, after)], CommentPolicy(), trouble=False) is worth_it


@pytest.mark.parametrize("change", [ImageChange.NEW, ImageChange.GONE, ImageChange.INCOMPARABLE])
def test_an_image_that_comes_goes_or_cannot_be_compared_counts(change: ImageChange) -> None:
    diff = ImageDiff(
        name="api", platform="linux/amd64", change=change, incomparable_because="another measure"
    )
    assert deserves_comment([diff], CommentPolicy(), trouble=False)


def test_trouble_counts_whatever_the_sizes_are() -> None:
    assert deserves_comment([changed(5, 5)], CommentPolicy(), trouble=True)
    assert not deserves_comment([changed(5, 5)], CommentPolicy(), trouble=False)


def test_the_configured_mode_wins() -> None:
    assert deserves_comment([changed(5, 5)], CommentPolicy(mode=CommentMode.ALWAYS), trouble=False)
    assert not deserves_comment([changed(5, 10**9)], CommentPolicy(mode=CommentMode.NEVER), trouble=True)
