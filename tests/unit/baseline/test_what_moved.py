"""Which entries a renewal touches: those that moved further than the tolerance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.snapshots import entry, layer, snapshot

from bloatcheck.analysis.contents import Cause, Contents, Share
from bloatcheck.analysis.snapshot import Base, Fingerprint
from bloatcheck.baseline.git import Git
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.baseline.moved import has_moved
from bloatcheck.baseline.order import Order
from bloatcheck.baseline.renew import dropped_keys, renewed
from bloatcheck.baseline.store import updated
from bloatcheck.config.limits import Threshold, When
from bloatcheck.config.model import TOLERANCE, BaselineSettings
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.named_platforms import NamedPlatforms
from bloatcheck.oci.platform import Platform

MB = 1_000_000


def of(*sizes: int) -> BaselineEntry:
    return entry(snapshot("api", *(layer(number, size) for number, size in enumerate(sizes))))


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ((100 * MB,), (100 * MB,), False),
        ((100 * MB,), (100 * MB + 500_000,), False),
        ((100 * MB,), (100 * MB + 500_001,), True),
        ((100 * MB,), (100 * MB - 500_001,), True),
        ((1 * MB,), (1 * MB + 100_000,), False),
        ((1 * MB,), (1 * MB + 100_001,), True),
        ((50 * MB, 50 * MB), (51 * MB, 49 * MB), True),
        ((50 * MB, 50 * MB), (50 * MB + 400_000, 50 * MB - 400_000), False),
        ((50 * MB, 50 * MB), (100 * MB,), True),
        ((0,), (100_001,), True),
        ((0,), (100_000,), False),
    ],
)
def test_the_default_is_100_kb_and_half_a_percent_of_the_image_either_way(
    before: tuple[int, ...], after: tuple[int, ...], *, moved: bool
) -> None:
    assert has_moved(of(*before), of(*after), TOLERANCE) is moved


def test_any_is_the_smaller_of_the_two() -> None:
    tolerance = Threshold(bytes=100, percent=50.0, when=When.ANY)
    assert has_moved(of(1000), of(1101), tolerance)
    assert not has_moved(of(1000), of(1100), tolerance)


def held(one: BaselineEntry, *, wasted: int = 0, **shares: int) -> BaselineEntry:
    """The entry, with what the image holds by cause."""
    contents = Contents(
        shares=tuple(Share(cause=Cause(cause), size=size) for cause, size in shares.items()), wasted=wasted
    )
    return replace(one, snapshot=replace(one.snapshot, contents=contents))


def test_bytes_that_went_from_one_cause_to_another_have_moved() -> None:
    old = held(of(100 * MB), base=90 * MB, own=10 * MB)
    assert has_moved(old, held(of(100 * MB), base=80 * MB, own=20 * MB), TOLERANCE)
    assert has_moved(old, held(of(100 * MB), wasted=MB, base=90 * MB, own=10 * MB), TOLERANCE)
    assert not has_moved(old, held(of(100 * MB), base=90 * MB - 9, own=10 * MB + 9), TOLERANCE)


def test_another_base_image_has_moved_however_large_it_is() -> None:
    old = of(100 * MB)
    on = [replace(old, snapshot=replace(old.snapshot, base=Base(name=name, layer_count=1))) for name in "ab"]
    assert has_moved(on[0], on[1], TOLERANCE)
    assert not has_moved(on[0], on[0], TOLERANCE)


def test_another_measure_has_always_moved() -> None:
    old = of(5)
    other = replace(old, snapshot=replace(old.snapshot, measure=Fingerprint(measure="content/2")))
    assert has_moved(old, other, TOLERANCE)


def test_only_what_moved_is_replaced_and_new_images_are_added(tmp_path: Path) -> None:
    kept, grown = of(10 * MB), entry(snapshot("web", layer(1, 20 * MB)))
    before = Baseline(entries=(kept, grown))
    noise, larger = of(10 * MB + 1), entry(snapshot("web", layer(1, 30 * MB)))
    new = entry(snapshot("new"))
    after = renewed(before, [noise, larger, new], order=Order(Git(tmp_path)), settings=BaselineSettings())
    assert after.entries == (kept, new, larger)


@pytest.mark.parametrize(
    ("max_age", "measured_at", "is_renewed"),
    [
        (None, "2036-01-31T00:00:00Z", False),
        (90, "2026-03-17T00:00:00Z", False),
        (90, "2026-03-18T00:00:00Z", True),
        (90, None, False),
    ],
)
def test_what_does_not_move_is_renewed_before_it_is_stale(
    tmp_path: Path, max_age: int | None, measured_at: str | None, *, is_renewed: bool
) -> None:
    old = of(10 * MB)
    again = replace(old, measured_at=measured_at)
    settings = BaselineSettings(max_age=max_age)
    before = Baseline(entries=(old,))
    (by_a_run,) = renewed(before, [again], order=Order(Git(tmp_path)), settings=settings).entries
    (by_hand,) = updated(before, [again], tolerance=TOLERANCE, max_age=max_age).entries
    assert by_a_run == by_hand == (again if is_renewed else old)


def test_by_hand_too_only_what_moved_is_replaced_where_nothing_is_named() -> None:
    old, noise, larger = of(10 * MB), of(10 * MB + 1), of(30 * MB)
    assert updated(Baseline(entries=(old,)), [noise], tolerance=TOLERANCE).entries == (old,)
    assert updated(Baseline(entries=(old,)), [larger], tolerance=TOLERANCE).entries == (larger,)
    assert updated(Baseline(entries=(old,)), [noise]).entries == (noise,)


def test_what_is_no_longer_listed_is_dropped_only_where_all_is_known() -> None:
    elsewhere = entry(snapshot("api", platform="linux/arm64"))
    before = Baseline(entries=(of(1), elsewhere, entry(snapshot("gone"))))
    here, anywhere = (
        NamedPlatforms.of([("api", platforms)]) for platforms in ([Platform("linux", "amd64")], [])
    )
    gone = ("gone", "linux/amd64")
    assert dropped_keys(before, here, partial=False) == {gone, ("api", "linux/arm64")}
    assert dropped_keys(before, anywhere, partial=False) == {gone}
    assert dropped_keys(before, here, partial=True) == set()


def test_other_inputs_of_about_the_same_size_keep_the_accepted_sizes() -> None:
    old, new = of(1_000_000), of(1_000_100)
    inputs = Digest("sha256:" + "1" * 64)
    new = replace(
        new,
        snapshot=replace(new.snapshot, inputs_digest=inputs),
        commit="2" * 40,
        measured_at="2026-06-01T00:00:00Z",
    )
    (kept,) = updated(Baseline(entries=(old,)), [new], tolerance=TOLERANCE).entries
    assert kept.snapshot == replace(old.snapshot, inputs_digest=inputs)
    assert (kept.commit, kept.measured_at) == (new.commit, new.measured_at)
    (unknown,) = updated(Baseline(entries=(kept,)), [of(1_000_000)], tolerance=TOLERANCE).entries
    assert unknown == kept
