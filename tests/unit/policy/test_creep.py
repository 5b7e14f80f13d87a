"""Slow growth is measured from a reference that stays while the baseline moves along."""

from dataclasses import replace

from support.reports import image_diff

from bloatcheck.analysis.snapshot import Fingerprint
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.config.limits import Limit, Metric, Threshold
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.creep import judge_creep
from bloatcheck.report.figures import broken_limit

LIMIT = Limit(Metric.CREEP, fail=Threshold(percent=10))


def image(before: str, after: str) -> ImageDiff:
    return image_diff(f"image api\n  {before} -> {after}  COPY . .")


def reference(size: str) -> Baseline:
    after = image_diff(f"image api\n  {size}  COPY . .").after
    assert after is not None
    return Baseline(
        entries=(BaselineEntry(snapshot=after),), origin="the release v1.4 (9c0d1e2f3a4b, 40 days ago)"
    )


def test_a_percent_a_week_breaks_the_limit_in_the_end_and_names_its_reference() -> None:
    assert judge_creep(image("108 MB", "109 MB"), reference("100 MB"), LIMIT) == ()
    (finding,) = judge_creep(image("110 MB", "111 MB"), reference("100 MB"), LIMIT)
    assert (finding.metric, finding.actual, finding.before) == (Metric.CREEP, 11_000_000, 100_000_000)
    assert broken_limit(finding) == (
        "grew by 11.0 MB (+11.0 %) since the release v1.4 (9c0d1e2f3a4b, 40 days ago), "
        "1.00 MB over the limit of 10 % (10.0 MB)"
    )


def test_a_change_that_adds_nothing_is_not_blamed_for_what_came_before() -> None:
    assert judge_creep(image("120 MB", "120 MB"), reference("100 MB"), LIMIT) == ()
    assert judge_creep(image("121 MB", "120 MB"), reference("100 MB"), LIMIT) == ()


def test_an_image_that_the_reference_lacks_or_that_can_not_be_compared_with_it_has_not_crept() -> None:
    assert judge_creep(image("120 MB", "121 MB"), Baseline(), LIMIT) == ()
    (entry,) = reference("100 MB").entries
    foreign = replace(entry, snapshot=replace(entry.snapshot, measure=Fingerprint(measure="content/9")))
    assert judge_creep(image("120 MB", "121 MB"), Baseline(entries=(foreign,)), LIMIT) == ()
