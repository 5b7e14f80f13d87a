"""CSV: what was measured, in fields that stay fields."""

import csv
import io

import pytest
from hypothesis import given, settings
from support.golden import assert_golden
from support.report_cases import case
from support.report_strategies import reports
from support.reports import report

from bloatcheck.report.exports.image_table import render as render_images
from bloatcheck.report.exports.layer_table import render as render_layers
from bloatcheck.report.model import Report


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_an_image_is_a_row_with_its_bytes() -> None:
    (row,) = rows(render_images(report("image api\n limit content warn 1 MB\n 1 MB -> 3 MB COPY . .")))
    assert (row["image"], row["before"], row["after"], row["delta"], row["percent"]) == (
        *("api", "1000000", "3000000", "2000000", "200.0"),
    )
    assert (row["verdict"], row["layers"], row["broken_limits"]) == ("warn", "1", "content")


def test_what_is_not_known_is_empty() -> None:
    (row,) = rows(render_images(report("image api failed build: exit code 1")))
    assert (row["verdict"], row["after"], row["delta"], row["failure"]) == ("error", "", "", "exit code 1")


def test_a_layer_is_a_row_and_a_removed_one_has_no_number() -> None:
    told = report(
        "image api\n 1 MB FROM x\n 2 MB -> - RUN old @ Dockerfile:2\n - -> 3 MB RUN new @ Dockerfile:2"
    )
    assert [
        (row["layer"], row["change"], row["delta"], row["line"]) for row in rows(render_layers(told))
    ] == [
        ("1", "unchanged", "0", ""),
        ("", "removed", "-2000000", "2"),
        ("2", "added", "3000000", "2"),
    ]


def test_a_new_image_has_only_what_is_there_now() -> None:
    (row,) = rows(render_layers(report("image api new\n 1 MB COPY . .")))
    assert (row["before"], row["after"], row["delta"]) == ("", "1000000", "")


@pytest.mark.parametrize("formula", ["=cmd|' /C calc'!A0", "+1+2", "-2+3", "@SUM(A1)", "\uff1dA1", "\u207a1"])
def test_a_name_is_no_formula(formula: str) -> None:
    (row,) = rows(render_images(report(f'image "{formula}" failed build: x')))
    assert row["image"] == f"'{formula}"


def test_the_tables() -> None:
    for name in ("growth_over_the_limit", "hostile_names"):
        assert_golden(f"exports/{name}.images.csv", render_images(case(name)).replace("\r\n", "\n"))
        assert_golden(f"exports/{name}.layers.csv", render_layers(case(name)).replace("\r\n", "\n"))


@settings(max_examples=100, deadline=None)
@given(reports)
def test_whatever_is_in_a_report_no_field_runs_over(told: Report) -> None:
    images = rows(render_images(told))
    assert len(images) == len(told.images)
    assert all(None not in row and None not in row.values() for row in images + rows(render_layers(told)))
    assert not any(row["image"].startswith(("=", "+", "-", "@")) for row in images)
