"""An image of several platforms: a row for each, or one for the worst of them."""

from __future__ import annotations

from dataclasses import replace

from support.reports import report

from bloatcheck.config.model import PlatformRows
from bloatcheck.errors import ExitCode
from bloatcheck.report.document import from_json, to_json
from bloatcheck.report.markdown import render_comment, render_summary
from bloatcheck.report.model import Report
from bloatcheck.report.text import render_text

TEXT = """\
image api linux/amd64
    limit content-growth fail 1 MB
    10 MB COPY . .
image api linux/arm64
    limit content-growth fail 1 MB
    10 MB -> 13 MB COPY . .
image api linux/s390x
    limit content-growth fail 1 MB
    10 MB -> 12 MB COPY . .
image web linux/amd64
    5 MB COPY . .
"""


def shown(rows: PlatformRows) -> Report:
    return replace(report(TEXT), platform_rows=rows)


def test_each_platform_has_a_row() -> None:
    text = render_text(shown(PlatformRows.ALL))
    for platform in ("linux/amd64", "linux/arm64", "linux/s390x"):
        assert f"api ({platform})" in text
    assert "2 of 4 images break a limit" in text


def test_the_worst_platform_stands_for_the_others() -> None:
    whole = shown(PlatformRows.WORST)
    for told in (render_text(whole), render_comment(whole)):
        assert "api (linux/arm64, worst of 3 platforms)" in told
        assert "linux/s390x" not in told
        assert "web" in told
        assert "worst of 1" not in told
    # It is one image that breaks a limit, of the two that there are.
    assert render_text(whole).startswith("api grew by 3.00 MB")


def test_a_failure_is_worse_than_any_size() -> None:
    whole = replace(
        report(TEXT + "image api linux/riscv64 failed build: exit code 1\n"), platform_rows=PlatformRows.WORST
    )
    assert "api (linux/riscv64, worst of 4 platforms)" in render_text(whole)
    assert whole.exit_code is ExitCode.UNREADABLE


def test_nothing_is_left_out_of_what_is_kept_or_judged() -> None:
    whole = shown(PlatformRows.WORST)
    assert from_json(to_json(whole)) == whole
    assert "linux/s390x" in render_summary(whole)
    assert whole.exit_code is ExitCode.LIMIT_BROKEN
