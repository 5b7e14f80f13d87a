"""What the reader is told to do names the files that are really used."""

from dataclasses import replace

import pytest
from support.report_cases import case
from support.reports import report

from bloatcheck.config.limits import Metric, Threshold
from bloatcheck.policy.acceptance import GROWTH
from bloatcheck.policy.model import Finding, Level
from bloatcheck.report.markdown import render_comment
from bloatcheck.report.model import Report
from bloatcheck.report.text import render_text


@pytest.mark.parametrize("render", [render_comment, render_text])
def test_another_configuration_is_named_in_the_commands_and_files_to_edit(render: object) -> None:
    assert callable(render)
    text = " ".join(render(replace(case("growth_over_the_limit"), config="ci/images.yml")).split())
    assert "bloatcheck baseline update --config ci/images.yml --image" in text
    assert "raise" in text.partition("ci/images.yml --image")[2].rpartition("ci/images.yml")[0]


@pytest.mark.parametrize("render", [render_comment, render_text])
def test_a_baseline_is_not_offered_where_an_absolute_limit_fails_too(render: object) -> None:
    assert callable(render)
    text = render(
        report("""
            image api
                limit content fail 50 MB
                limit content-growth fail 1 MB
                40 MB -> 60 MB   RUN make   @ Dockerfile:3
        """)
    )
    assert "baseline update" not in text
    assert "raise" in text


@pytest.mark.parametrize("render", [render_comment, render_text])
def test_a_command_to_copy_holds_no_name_that_no_configuration_can_have(render: object) -> None:
    """A report from a fork has any names, and people paste what is told to them into a shell."""
    assert callable(render)
    grown = case("growth_over_the_limit")
    (image, *_) = grown.images
    assert image.diff is not None
    name = "$(touch x)"
    hostile = replace(grown, images=(replace(image, name=name, diff=replace(image.diff, name=name)),))
    text = " ".join(render(hostile).split())
    assert "bloatcheck baseline update --image '*'" in text


@pytest.mark.parametrize("render", [render_comment, render_text])
def test_the_usual_configuration_needs_no_option(render: object) -> None:
    assert callable(render)
    text = " ".join(render(case("growth_over_the_limit")).split())
    assert "bloatcheck baseline update --image" in text
    assert ".bloatcheck.yml" in text


def forbidding(*more: Finding) -> Report:
    told = report("image api\n 1 MB -> 2 MB RUN make @ Dockerfile:3")
    [image] = told.images
    forbidden = Finding(
        metric=Metric.FORBIDDEN,
        level=Level.FAIL,
        image="api",
        platform="linux/amd64",
        threshold=Threshold(bytes=0),
        actual=3,
        allowed=0,
        subject="/x/.git",
    )
    return replace(told, images=(replace(image, findings=(forbidden, *more)),))


@pytest.mark.parametrize("render", [render_comment, render_text])
def test_what_is_forbidden_is_not_to_be_made_smaller_nor_its_limit_raised(render: object) -> None:
    assert callable(render)
    text = render(forbidding()).replace("`", "")
    assert "keep what is forbidden out of the image" in text
    assert "allow it under forbidden in .bloatcheck.yml" in text
    assert "raise" not in text
    assert "smaller" not in text


@pytest.mark.parametrize("render", [render_comment, render_text])
def test_beside_it_other_limits_are_raised_as_ever(render: object) -> None:
    assert callable(render)
    wasted = Finding(
        metric=Metric.WASTED,
        level=Level.FAIL,
        image="api",
        platform="linux/amd64",
        threshold=Threshold(bytes=1),
        actual=3,
        allowed=1,
    )
    text = render(forbidding(wasted)).replace("`", "")
    assert "allow it under forbidden in" in text
    assert "raise wasted in .bloatcheck.yml" in text


@pytest.mark.parametrize("metric", sorted(GROWTH))
@pytest.mark.parametrize("render", [render_comment, render_text])
def test_every_growth_that_a_baseline_accepts_can_be_accepted(render: object, metric: Metric) -> None:
    assert callable(render)
    told = report("image api\n 1 MB -> 2 MB RUN make @ Dockerfile:3")
    [image] = told.images
    grown = Finding(
        metric=metric,
        level=Level.FAIL,
        image="api",
        platform="linux/amd64",
        threshold=Threshold(bytes=1),
        actual=3,
        allowed=1,
        before=1,
    )
    text = render(replace(told, images=(replace(image, findings=(grown,)),)))
    assert "bloatcheck baseline update --image api" in " ".join(text.replace("`", "").split())
