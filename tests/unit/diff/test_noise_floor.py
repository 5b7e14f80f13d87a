"""What two builds of the same files differ by is no change."""

from dataclasses import replace

import pytest
from support.reports import image_diff, report
from support.snapshots import entry, layer, snapshot

from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.baseline.document import from_json, to_json
from bloatcheck.baseline.model import Baseline, BaselineEntry, LayerNoise
from bloatcheck.baseline.store import updated
from bloatcheck.config.limits import Limit, Metric, Threshold
from bloatcheck.config.model import CommentPolicy
from bloatcheck.diff.compare import compare
from bloatcheck.diff.model import ImageDiff
from bloatcheck.diff.noise_floor import noise_floor, rebuilt_layers
from bloatcheck.policy.attention import deserves_comment
from bloatcheck.policy.judge import judge
from bloatcheck.report.headline import headline
from bloatcheck.report.view import is_quiet, rows

LIMITS = tuple(
    Limit(metric, fail=Threshold(bytes=0)) for metric in (Metric.CONTENT_GROWTH, Metric.LAYER_GROWTH)
)
FLOOR = (LayerNoise("RUN apt-get update", 200_000),)


def built(first: int, second: int, *, base: int = 1) -> ImageSnapshot:
    return snapshot(
        "api", layer(base, 30_000_000, "FROM x"), layer(first, first, "RUN apt-get update"),
        layer(second, second, "COPY . ."),
    )  # fmt: skip


def against(after: ImageSnapshot, floor: tuple[LayerNoise, ...] | None = FLOOR) -> ImageDiff:
    return compare(replace(entry(built(1_000_000, 5_000)), noise=floor), after)


def test_the_floor_is_the_largest_difference_of_each_layer() -> None:
    builds = [built(1_000_000, 5_000), built(1_150_000, 5_000), built(990_000, 5_000)]
    assert noise_floor(builds) == (LayerNoise("RUN apt-get update", 160_000),)
    assert rebuilt_layers(builds) == 1
    assert noise_floor(builds[:1] * 2) == ()


@pytest.mark.parametrize("size", [800_000, 1_000_001, 1_200_000])
def test_what_differs_by_no_more_is_silent(size: int) -> None:
    diff = against(built(size, 5_000))
    assert diff.is_noise
    assert judge(diff, LIMITS) == ()
    assert not deserves_comment(
        [diff], CommentPolicy(min_change_bytes=1, min_change_percent=0), trouble=False
    )


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(built(1_200_001, 5_000), id="more than the noise"),
        pytest.param(built(1_000_001, 5_001), id="another layer too"),
        pytest.param(built(1_000_000, 5_001), id="a layer that never varied"),
    ],
)
def test_anything_beyond_it_is_judged_whole(after: ImageSnapshot) -> None:
    diff = against(after)
    assert not diff.is_noise
    assert {finding.metric for finding in judge(diff, LIMITS)} == {Metric.CONTENT_GROWTH, Metric.LAYER_GROWTH}


def test_without_a_floor_every_byte_counts() -> None:
    assert judge(against(built(1_000_001, 5_000), None), LIMITS)


def test_absolute_limits_know_no_noise() -> None:
    limit = Limit(Metric.CONTENT, fail=Threshold(bytes=1))
    assert judge(against(built(1_000_001, 5_000)), (limit,))


def test_an_instruction_that_was_edited_is_no_noise() -> None:
    after = snapshot(
        "api", layer(1, 30_000_000, "FROM x"), layer(9, 1_000_001, "RUN apt-get update -y"),
        layer(5_000, 5_000, "COPY . ."),
    )  # fmt: skip
    assert not against(after).is_noise


def test_the_report_calls_it_by_its_name() -> None:
    text = report("image api\n  10 MB -> 10.1 MB  RUN apt-get update")
    (image,) = text.images
    assert image.diff
    noisy = replace(image.diff, layers=tuple(replace(each, noise=200_000) for each in image.diff.layers))
    told = replace(text, images=(replace(image, diff=noisy),))
    (row,) = rows(told)
    assert (row.verdict, is_quiet(row.image)) == ("within its noise", True)
    assert headline(told).pattern == "{} did not change in size"
    assert not image_diff("image api\n  10 MB  RUN x").is_noise


def test_the_baseline_keeps_it_and_an_entry_that_is_renewed_too() -> None:
    measured = replace(entry(built(1_000_000, 5_000)), noise=FLOOR)
    assert from_json(to_json([measured]).encode(), "f") == (measured,)
    calm = replace(measured, noise=())
    assert from_json(to_json([calm]).encode(), "f") == (calm,)
    after = updated(Baseline(entries=(measured,)), [BaselineEntry(snapshot=built(2_000_000, 5_000))])
    assert after.entries[0].noise == FLOOR
