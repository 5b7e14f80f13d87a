"""Badges: the size now, coloured by the verdict."""

import json
import re

import pytest
from hypothesis import given, settings
from support.golden import assert_golden
from support.report_cases import case
from support.report_strategies import reports
from support.reports import report
from support.xml_documents import read_xml

from bloatcheck.report.exports import badge_svg
from bloatcheck.report.exports.badge import render
from bloatcheck.report.model import Report

ONE = "image api\n limit content {level} 1 MB\n 1 MB -> 3 MB COPY . ."


def test_one_image_is_told_by_its_name_and_size() -> None:
    assert json.loads(render(report("image api\n 1 MB -> 3 MB COPY . ."))) == {
        "schemaVersion": 1,
        "label": "api",
        "message": "3.00 MB",
        "color": "success",
    }


def test_several_are_told_together_without_those_that_are_gone() -> None:
    told = json.loads(render(report("image a\n 1 MB X\n image b new\n 2 MB X\n image c gone\n 9 MB X")))
    assert (told["label"], told["message"]) == ("image size", "3.00 MB in 2 images")


@pytest.mark.parametrize(("level", "colour"), [("warn", "yellow"), ("fail", "critical")])
def test_the_colour_is_the_verdict(level: str, colour: str) -> None:
    assert json.loads(render(report(ONE.format(level=level))))["color"] == colour


def test_a_size_that_nobody_knows_is_unknown() -> None:
    told = json.loads(render(report("image a failed build: x\n image b\n 2 MB X")))
    assert (told["message"], told["isError"]) == ("unknown", True)
    assert json.loads(render(report("note: nothing")))["message"] == "unknown"


def test_the_picture_is_drawn_and_says_in_words_what_it_shows() -> None:
    svg = badge_svg.render(case("growth_over_the_limit"))
    root = read_xml(svg)
    assert root.get("aria-label") == "image size: 168 MB in 3 images (fail)"
    assert_golden("exports/growth_over_the_limit.svg", svg)


@settings(max_examples=50, deadline=None)
@given(reports)
def test_whatever_an_image_is_called_the_picture_holds_only_our_elements(told: Report) -> None:
    root = read_xml(badge_svg.render(told))
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "title", "rect", "path", "g", "text"}
    assert json.loads(render(told))["schemaVersion"] == 1


def test_the_words_can_be_read_on_every_colour() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)

    colours = set(re.findall(r'fill="(#[0-9a-f]{6})"', "".join(map(badge_svg.render, VERDICTS)))) - {
        "#ffffff"
    }
    assert len(colours) == 5
    assert all(1.05 / (luminance(colour) + 0.05) >= 4.5 for colour in colours)


VERDICTS = (
    report("image a\n 1 MB X"),
    report(ONE.format(level="warn")),
    report(ONE.format(level="fail")),
    report("image a failed build: x"),
)
