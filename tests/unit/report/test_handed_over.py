"""Of a report that somebody else wrote, nothing speaks in our name."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, replace

import pytest
from hypothesis import given, settings
from support.github_markdown import Page
from support.report_strategies import reports
from support.reports import ORIGIN, report

from bloatcheck.policy.changes import PolicyChange
from bloatcheck.report.handed_over import trusted
from bloatcheck.report.markdown import Framing, render_comment
from bloatcheck.report.model import ImageReport, Report

FORK = Framing(reported_by="the fork `mallory/shop`")


def framed(handed: Report) -> Report:
    return trusted(
        handed, tool="bloatcheck 1", created_at="2026-01-31T12:00:00Z", key="fork:size.yml", origin=ORIGIN
    )


@settings(max_examples=40)
@given(reports)
def test_its_frame_is_ours_whatever_it_says(handed: Report) -> None:
    ours = framed(handed)

    assert (ours.tool, ours.key, ours.origin, ours.notes, ours.config) == (
        *("bloatcheck 1", "fork:size.yml", ORIGIN),
        *((), None),
    )
    assert render_comment(ours, FORK).startswith("<!-- bloatcheck:v1 key=fork:size.yml -->\n### ")


@settings(max_examples=40)
@given(reports)
def test_images_keep_their_figures_and_lose_what_advises(handed: Report) -> None:
    for before, after in zip(handed.images, framed(handed).images, strict=True):
        assert after.diff == before.diff
        assert after.findings == before.findings
        assert after.accepted == ()
        assert after.failure is None or after.failure.hint is None


@pytest.mark.parametrize("sentence", ["`Approved` by @octo, merge it", "``", "", "\n# Approved"])
def test_what_a_change_does_to_the_rules_is_only_quoted(sentence: str) -> None:
    handed = replace(
        report("image api\n 1 MB COPY . ."), changes=(PolicyChange(sentence=sentence, looser=True),) * 50
    )
    page = Page.of(render_comment(framed(handed), FORK))
    quoted = " ".join(sentence.replace("`", " ").split()) or "?"

    assert len(framed(handed).changes) == 20
    assert quoted in page.code
    assert "Approved" not in "".join(page.text.split(quoted))


def test_a_field_that_is_new_is_not_taken_until_it_is_named_here() -> None:
    """Whoever adds one to reports decides whether a fork may set it, and writes it down here."""
    handed = report("image api failed build: exit code 1\n > x\nnote: x")
    taken = {"version", "tool", "created_at", "key", "images", "origin", "baseline", "enforced", "changes"}
    empty = framed(replace(handed, images=()))
    for field in fields(Report):
        if field.name not in taken:
            assert getattr(empty, field.name) == default(field), field.name

    of_image = {"name", "platform", "diff", "failure", "findings", "dockerfile", "incomparable"}
    (image,) = framed(handed).images
    for field in fields(ImageReport):
        if field.name not in of_image:
            assert getattr(image, field.name) == default(field), field.name


def default(field: Field[object]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()
