"""A report of five hundred images is readable, and within what GitHub takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from support.reports import report

from bloatcheck.report.html import render_html
from bloatcheck.report.markdown import LONGEST_SUMMARY, render_comment, render_summary
from bloatcheck.report.merge import Expected, Leg, merge_reports
from bloatcheck.report.model import ImageReport, Report
from bloatcheck.report.text import render_text

GITHUB_TAKES = 65_536
BROKEN = [f"service-{number:03}" for number in range(0, 500, 50)]


def image(number: int) -> str:
    lines = [f"image service-{number:03}", " limit content-growth fail 1 MB", " 30 MB FROM debian"]
    if number % 50 == 0:
        return "\n".join(
            [*lines, f" 1 MB -> {3 + number / 1000} MB COPY big /srv @ services/{number}/Dockerfile:3"]
        )
    if number % 3 == 0:
        return "\n".join([*lines, " 2 MB -> 2.5 MB RUN make @ services/Dockerfile:9", " - -> 1 kB COPY x /"])
    return "\n".join([*lines, " 2 MB COPY app /srv"])


@pytest.fixture(scope="module")
def five_hundred() -> Report:
    return report("\n".join(map(image, range(500))))


def test_the_comment_fits_and_keeps_every_broken_limit(five_hundred: Report) -> None:
    comment = render_comment(five_hundred)
    assert len(comment) < GITHUB_TAKES
    assert "10 of 500 images break a limit" in comment
    rows = [line for line in comment.splitlines() if line.startswith("| ❌")]
    assert [row.split("`")[1] for row in rows] == BROKEN[::-1]


def test_the_job_summary_and_the_page_fit(five_hundred: Report) -> None:
    summary = render_summary(five_hundred)
    assert len(summary.encode()) < LONGEST_SUMMARY
    assert all(f"`{name}`" in summary for name in BROKEN)
    assert len(render_html(five_hundred)) < 1_000_000


def test_the_terminal_lists_the_broken_ones_first(five_hundred: Report) -> None:
    text = render_text(five_hundred)
    assert text.index("service-450") < text.index("service-003")


def test_five_hundred_legs_make_the_report_that_one_run_makes(five_hundred: Report) -> None:
    legs = [Leg(each.name, replace(five_hundred, images=(each,))) for each in five_hundred.images]
    expected = [Expected(each.name) for each in five_hundred.images]
    assert merge_reports(legs, expected=expected, enforced=True).images == five_hundred.images


def test_verdicts_are_asked_for_a_few_times_an_image(
    five_hundred: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many images there are: once for each pair of images would be a quarter of a million times."""
    asked: Counter[str] = Counter()
    own: Callable[[ImageReport], object] = ImageReport.outcome.fget  # type: ignore[attr-defined]

    def counted(shown: ImageReport) -> object:
        asked[shown.name] += 1
        return own(shown)

    monkeypatch.setattr(ImageReport, "outcome", property(counted))
    render_comment(five_hundred)
    assert max(asked.values()) < 50
