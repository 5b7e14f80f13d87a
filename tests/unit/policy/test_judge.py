"""Limits: what breaks them, by how much, and what they leave alone."""

import importlib
import pkgutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.reports import image_diff

from bloatcheck.config.limits import Limit, Metric, Threshold, When, largest_allowed
from bloatcheck.config.model import OnIncomparable
from bloatcheck.errors import Place
from bloatcheck.policy import rules
from bloatcheck.policy.judge import judge, judge_comparability
from bloatcheck.policy.model import Level
from bloatcheck.policy.threshold import worst_broken

GROWN = image_diff("""
    image api
        30 MB            FROM debian:bookworm-slim
        10 MB -> 22 MB   RUN apt-get install -y curl   @ Dockerfile:3
        - -> 4 MB        COPY models /models           @ Dockerfile:9
        1 MB -> -        RUN true
        1 MB ~           COPY . .                      @ Dockerfile:12
""")
NEW = image_diff("image api new\n 40 MB COPY . .")
GONE = image_diff("image api gone\n 40 MB COPY . .")
INCOMPARABLE = image_diff("image api incomparable: other measure\n 40 MB COPY . .")
EMPTY_BEFORE = image_diff("image api\n - -> 10 MB COPY . .")


def fail(
    metric: Metric, *, size: int | None = None, percent: float | None = None, when: When = When.ANY
) -> Limit:
    return Limit(metric, fail=Threshold(size, percent, when))


def test_every_rule_file_is_registered_under_its_metric() -> None:
    files = {module.name for module in pkgutil.iter_modules(rules.__path__)}
    registered = {rule.metric.value.replace("-", "_") for rule in rules.RULES}
    assert files == registered
    assert all(importlib.import_module(f"{rules.__name__}.{name}").RULE in rules.RULES for name in files)


def test_every_metric_has_exactly_one_rule() -> None:
    # `creep` has another reference than the baseline, and a function of its own.
    elsewhere = {Metric.CREEP, Metric.FORBIDDEN}
    assert sorted(rule.metric for rule in rules.RULES) == sorted(set(Metric) - elsewhere)


def test_without_limits_nothing_is_found() -> None:
    assert judge(GROWN, ()) == ()


def test_an_image_over_its_size_breaks_content_by_the_bytes_above_it() -> None:
    (finding,) = judge(GROWN, [fail(Metric.CONTENT, size=50_000_000)])
    assert (finding.actual, finding.allowed, finding.excess) == (57_000_000, 50_000_000, 7_000_000)
    assert (finding.level, finding.image, finding.before) == (Level.FAIL, "api", None)


def test_growth_is_held_against_bytes() -> None:
    (finding,) = judge(GROWN, [fail(Metric.CONTENT_GROWTH, size=14_000_000)])
    assert (finding.actual, finding.allowed, finding.before) == (15_000_000, 14_000_000, 42_000_000)


def test_growth_is_held_against_percent_of_the_image_before() -> None:
    (finding,) = judge(GROWN, [fail(Metric.CONTENT_GROWTH, percent=10)])
    assert finding.allowed == 4_200_000


@pytest.mark.parametrize(
    "metric", [Metric.CONTENT_GROWTH, Metric.CONTENT, Metric.LAYERS, Metric.LAYER_GROWTH]
)
def test_exactly_at_the_limit_is_within_it_and_one_more_is_not(metric: Metric) -> None:
    value = {
        Metric.CONTENT: 57_000_000,
        Metric.CONTENT_GROWTH: 15_000_000,
        Metric.LAYERS: 4,
        Metric.LAYER_GROWTH: 12_000_000,
    }[metric]
    assert judge(GROWN, [fail(metric, size=value)]) == ()
    assert len(judge(GROWN, [fail(metric, size=value - 1)])) == 1


def test_any_is_broken_by_the_smaller_bound_and_all_by_the_larger() -> None:
    def limit(when: When) -> Limit:
        return fail(Metric.CONTENT_GROWTH, size=20_000_000, percent=10, when=when)

    (finding,) = judge(GROWN, [limit(When.ANY)])
    assert finding.allowed == 4_200_000
    assert judge(GROWN, [limit(When.ALL)]) == ()


def test_each_grown_and_each_new_layer_is_a_finding_with_its_instruction_and_line() -> None:
    findings = judge(GROWN, [fail(Metric.LAYER_GROWTH, size=1_000_000)])
    assert [(f.instruction, f.place, f.actual) for f in findings] == [
        ("RUN apt-get install -y curl", Place("Dockerfile", 3), 12_000_000),
        ("COPY models /models", Place("Dockerfile", 9), 4_000_000),
    ]


def test_a_layer_s_percentage_is_of_the_same_layer_before_and_a_new_layer_has_none() -> None:
    (finding,) = judge(GROWN, [fail(Metric.LAYER_GROWTH, percent=5)])
    assert (finding.before, finding.allowed) == (10_000_000, 500_000)


def test_a_new_layer_is_judged_by_bytes_even_where_both_must_be_passed() -> None:
    limit = fail(Metric.LAYER_GROWTH, size=3_000_000, percent=500, when=When.ALL)
    (finding,) = judge(GROWN, [limit])
    assert (finding.instruction, finding.before) == ("COPY models /models", None)


def test_layers_are_counted_with_those_that_hold_no_file() -> None:
    diff = image_diff("image api\n 1 MB COPY a /\n 0 B RUN true\n 0 B WORKDIR /srv")
    (finding,) = judge(diff, [fail(Metric.LAYERS, size=2)])
    assert (finding.actual, finding.excess) == (3, 1)


@pytest.mark.parametrize("diff", [NEW, INCOMPARABLE], ids=["new", "incomparable"])
def test_an_image_without_a_comparable_before_is_held_against_absolute_limits_only(diff: object) -> None:
    limits = [
        fail(Metric.CONTENT, size=1),
        fail(Metric.LAYERS, size=0),
        fail(Metric.CONTENT_GROWTH, size=1, percent=1),
        fail(Metric.LAYER_GROWTH, size=1, percent=1),
    ]
    assert isinstance(diff, type(NEW))
    assert [finding.metric for finding in judge(diff, limits)] == [Metric.CONTENT, Metric.LAYERS]


def test_a_gone_image_breaks_nothing() -> None:
    assert judge(GONE, [fail(metric, size=0) for metric in Metric]) == ()


def test_an_image_that_was_empty_before_is_judged_by_bytes_like_a_new_one() -> None:
    assert judge(EMPTY_BEFORE, [fail(Metric.CONTENT_GROWTH, percent=5)]) == ()
    (finding,) = judge(EMPTY_BEFORE, [fail(Metric.CONTENT_GROWTH, percent=5, size=1)])
    assert finding.allowed == 1


def test_a_shrunk_image_breaks_no_growth_limit() -> None:
    shrunk = image_diff("image api\n 10 MB -> 1 MB COPY . .")
    limits = [fail(Metric.CONTENT_GROWTH, size=0), fail(Metric.LAYER_GROWTH, size=0)]
    assert judge(shrunk, limits) == ()


def test_where_warn_and_fail_are_both_broken_only_the_fail_is_told() -> None:
    limit = Limit(Metric.CONTENT, warn=Threshold(bytes=1), fail=Threshold(bytes=2))
    assert [finding.level for finding in judge(GROWN, [limit])] == [Level.FAIL]


def test_a_broken_warn_below_the_fail_is_a_warning() -> None:
    limit = Limit(Metric.CONTENT, warn=Threshold(bytes=1), fail=Threshold(bytes=10**9))
    assert [finding.level for finding in judge(GROWN, [limit])] == [Level.WARN]


def test_findings_that_fail_the_job_come_first() -> None:
    limits = [Limit(Metric.CONTENT, warn=Threshold(bytes=1)), fail(Metric.LAYERS, size=1)]
    assert [finding.level for finding in judge(GROWN, limits)] == [Level.FAIL, Level.WARN]


def test_an_incomparable_image_is_as_bad_as_the_configuration_says() -> None:
    assert judge_comparability(INCOMPARABLE, OnIncomparable.WARN) is Level.WARN
    assert judge_comparability(INCOMPARABLE, OnIncomparable.FAIL) is Level.FAIL
    assert judge_comparability(GROWN, OnIncomparable.FAIL) is None


def test_a_tenth_of_a_percent_is_exactly_that() -> None:
    """As a binary float, 0.1 % of 1000 would be a hair more or less than 1."""
    assert [largest_allowed(Threshold(percent=0.1), before) for before in (999, 1000, 1001)] == [0, 1, 1]


@given(
    actual=st.integers(0, 10**12),
    before=st.integers(1, 10**12),
    size=st.integers(0, 10**12),
    percent=st.decimals(0, 1000, places=2),
    when=st.sampled_from(When),
)
def test_what_is_allowed_is_the_largest_value_that_passes(
    actual: int, before: int, size: int, percent: object, when: When
) -> None:
    limit = Limit(Metric.CONTENT_GROWTH, fail=Threshold(size, float(str(percent)), when))
    by_bytes = actual > size
    by_percent = actual * 100 * 100 > before * int(float(str(percent)) * 100 + 0.5)
    broken = worst_broken(limit, actual, before)
    expected = (by_bytes or by_percent) if when is When.ANY else (by_bytes and by_percent)
    assert (broken is not None) == expected
    if broken:
        assert worst_broken(limit, broken.allowed, before) is None
        assert worst_broken(limit, broken.allowed + 1, before) is not None
