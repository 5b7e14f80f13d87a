"""A change that renews its own baseline entry has accepted the growth, up to that entry."""

from dataclasses import replace

from support.reports import image_diff

from bloatcheck.analysis.snapshot import Fingerprint
from bloatcheck.baseline.model import BaselineEntry, LayerNoise
from bloatcheck.config.limits import Limit, Metric, Threshold
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.acceptance import accepted_growth
from bloatcheck.policy.judge import judge
from bloatcheck.policy.model import Finding, Level

LIMITS = (
    Limit(Metric.CONTENT, fail=Threshold(bytes=50_000_000)),
    Limit(Metric.CONTENT_GROWTH, fail=Threshold(bytes=1_000_000)),
    Limit(Metric.LAYER_GROWTH, fail=Threshold(bytes=1_000_000)),
)
GROWN = image_diff("""
    image api
      40 MB -> 60 MB  RUN make
""")


def accepted(diff: ImageDiff, proposed: ImageDiff | None) -> tuple[Finding, ...]:
    entry = BaselineEntry(snapshot=proposed.after) if proposed and proposed.after else None
    return accepted_growth(diff, judge(diff, LIMITS), entry, LIMITS)


def test_growth_up_to_the_renewed_entry_is_accepted_but_no_absolute_limit_is() -> None:
    assert {finding.metric for finding in accepted(GROWN, GROWN)} == {
        Metric.CONTENT_GROWTH,
        Metric.LAYER_GROWTH,
    }


def test_an_entry_that_was_not_renewed_accepts_nothing() -> None:
    unchanged = image_diff("""
        image api
          40 MB  RUN make
    """)
    assert GROWN.before is not None
    assert accepted_growth(GROWN, judge(GROWN, LIMITS), BaselineEntry(snapshot=GROWN.before), LIMITS) == ()
    assert accepted(GROWN, None) == ()
    assert accepted(unchanged, unchanged) == ()


def test_an_entry_that_was_measured_in_another_way_accepts_nothing() -> None:
    assert GROWN.after is not None
    foreign = replace(GROWN.after, measure=Fingerprint(measure="content/9"))
    assert accepted(GROWN, replace(GROWN, after=foreign)) == ()


def test_growth_beyond_the_renewed_entry_that_is_only_warned_of_fails_nothing() -> None:
    limits = (Limit(Metric.CONTENT_GROWTH, warn=Threshold(bytes=1_000), fail=Threshold(bytes=1_000_000)),)
    nearly = image_diff("""
        image api
          40 MB -> 59.99 MB  RUN make
    """)
    assert nearly.after is not None
    findings = judge(GROWN, limits)
    assert [finding.level for finding in findings] == [Level.FAIL]
    assert accepted_growth(GROWN, findings, BaselineEntry(snapshot=nearly.after), limits) == findings


def test_a_noise_that_the_change_itself_claims_accepts_nothing() -> None:
    renewed = image_diff("""
        image api
          40 MB -> 55 MB  RUN make
    """)
    assert renewed.after is not None
    entry = BaselineEntry(snapshot=renewed.after, noise=(LayerNoise("RUN make", 1_000_000_000),))
    assert accepted_growth(GROWN, judge(GROWN, LIMITS), entry, LIMITS) == ()


def test_growth_beyond_the_renewed_entry_is_not_accepted() -> None:
    renewed = image_diff("""
        image api
          40 MB -> 55 MB  RUN make
    """)
    assert accepted(GROWN, renewed) == ()
