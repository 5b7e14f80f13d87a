"""Approvals are ceilings: what is under one is accepted, what expired or is over one breaks again."""

from dataclasses import replace
from datetime import date

import pytest
from support.reports import image_diff

from bloatcheck.config.approvals import Approval, ApprovalSource
from bloatcheck.config.limits import Limit, Metric, Threshold
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.approval import ApprovalUse, Standing, approved, weigh
from bloatcheck.policy.judge import judge

TODAY = date(2026, 11, 24)
LIMITS = (
    Limit(Metric.CONTENT, fail=Threshold(bytes=50_000_000)),
    Limit(Metric.CONTENT_GROWTH, fail=Threshold(bytes=1_000_000)),
    Limit(Metric.LAYER_GROWTH, fail=Threshold(bytes=1_000_000)),
    Limit(Metric.LAYERS, fail=Threshold(bytes=0)),
)
GROWN = image_diff("""
    image api
      40 MB -> 60 MB  RUN make
""")
UP_TO_60 = Approval(
    source=ApprovalSource.CONFIGURATION, image="api", up_to=60_000_000, because="the codecs need ffmpeg"
)


def weighed(*approvals: Approval, diff: ImageDiff = GROWN) -> tuple[ApprovalUse, ...]:
    return weigh(diff, judge(diff, LIMITS), approvals, today=TODAY)


def accepted(*approvals: Approval, diff: ImageDiff = GROWN) -> set[str]:
    return {finding.metric.value for finding in approved(weighed(*approvals, diff=diff))}


def test_growth_up_to_the_ceiling_is_accepted_and_no_absolute_limit_is() -> None:
    assert accepted(UP_TO_60) == {"content-growth", "layer-growth"}


@pytest.mark.parametrize(
    "change",
    [
        {"up_to": 59_999_999},
        {"image": "web"},
        {"platform": "linux/arm64"},
        {"until": date(2026, 11, 23)},
        {"metric": Metric.LAYERS},
        {"metric": Metric.BASE_GROWTH},
    ],
)
def test_an_approval_of_something_else_accepts_nothing(change: dict[str, object]) -> None:
    assert accepted(replace(UP_TO_60, **change)) == set()  # type: ignore[arg-type]


def test_an_approval_holds_through_its_last_day() -> None:
    assert accepted(replace(UP_TO_60, until=TODAY))


def test_an_absolute_limit_is_approved_by_its_name_alone() -> None:
    assert accepted(replace(UP_TO_60, metric=Metric.CONTENT)) == {"content"}
    assert accepted(replace(UP_TO_60, metric=Metric.CONTENT, up_to=59_000_000)) == set()


def test_one_metric_can_be_approved_alone() -> None:
    assert accepted(replace(UP_TO_60, metric=Metric.LAYER_GROWTH)) == {"layer-growth"}


def test_a_label_approves_the_growth_of_every_image_as_it_was_built() -> None:
    assert accepted(Approval(source=ApprovalSource.LABEL, by="octo")) == {"content-growth", "layer-growth"}


def test_an_approval_is_moot_once_the_baseline_has_grown_to_it() -> None:
    after_merge = image_diff("""
        image api
          60 MB -> 62 MB  RUN make
    """)
    assert accepted(UP_TO_60, diff=after_merge) == set()
    unchanged = image_diff("""
        image api
          40 MB  RUN make
    """)
    assert weighed(UP_TO_60, diff=unchanged) == ()


def test_an_expired_approval_is_told_where_its_limit_breaks_again() -> None:
    expired = replace(UP_TO_60, until=date(2026, 1, 31))
    (use,) = weighed(expired)
    assert use.standing is Standing.EXPIRED
    assert {finding.metric for finding in use.findings} == {Metric.CONTENT_GROWTH, Metric.LAYER_GROWTH}


def test_a_ceiling_that_is_not_enough_is_told() -> None:
    (use,) = weighed(replace(UP_TO_60, up_to=55_000_000))
    assert use.standing is Standing.EXCEEDED


def test_what_another_approval_accepts_is_no_news_of_an_expired_one() -> None:
    expired = replace(UP_TO_60, until=date(2026, 1, 31))
    (use,) = weighed(expired, UP_TO_60)
    assert use.standing is Standing.APPLIED


def test_each_broken_limit_is_accepted_once() -> None:
    (use,) = weighed(UP_TO_60, replace(UP_TO_60, by="Ada"))
    assert use.approval == UP_TO_60
