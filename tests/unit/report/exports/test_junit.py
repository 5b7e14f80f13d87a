"""JUnit: one suite per image, one case per limit, and XML that any parser takes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from support.golden import assert_golden
from support.report_cases import NAMES, case
from support.report_strategies import reports
from support.reports import report
from support.xml_documents import read_xml

from bloatcheck.report.exports.junit import render
from bloatcheck.report.model import Report

LIMITS = """
    image api
        limit content fail 100 MB
        limit content-growth fail 1 MB
        limit layers warn 1
        1 MB -> 9 MB RUN make @ Dockerfile:3
        1 MB COPY . .
"""


def cases(told: Report) -> dict[str, list[str]]:
    """Case -> the tags in it."""
    root = read_xml(render(told))
    return {case.get("name", ""): [child.tag for child in case] for case in root.iter("testcase")}


def test_each_limit_is_a_case_which_fails_passes_or_warns() -> None:
    assert cases(report(LIMITS)) == {
        "measured": [],
        "content": [],
        "content-growth": ["failure"],
        "layers": ["system-out"],
    }


def test_the_numbers_add_up() -> None:
    root = read_xml(render(report(LIMITS + "image web failed build: exit code 1\n image old gone")))
    sums = [
        (each.get("tests"), each.get("failures"), each.get("errors"), each.get("skipped")) for each in root
    ]
    assert sums == [("4", "1", "0", "0"), ("1", "0", "1", "0"), ("1", "0", "0", "1")]
    assert [root.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["6", "1", "1", "1"]


def test_limits_that_are_only_told_fail_no_case() -> None:
    assert cases(report(LIMITS, enforced=False))["content-growth"] == ["system-out"]


def test_an_accepted_limit_passes_and_says_so() -> None:
    told = report(LIMITS)
    (image,) = told.images
    accepted = tuple(finding for finding in image.findings if finding.metric.value == "content-growth")
    others = tuple(finding for finding in image.findings if finding not in accepted)
    told = replace(told, images=(replace(image, findings=others, accepted=accepted),))
    assert cases(told)["content-growth"] == ["system-out"]
    assert "accepted: content-growth" in render(told)


def test_a_failed_build_is_an_error_with_its_last_lines() -> None:
    root = read_xml(render(case("build_failed")))
    (error,) = root.iter("error")
    assert "Unable to locate package libfoo2" in (error.text or "")


@pytest.mark.parametrize("name", NAMES)
def test_the_document(name: str) -> None:
    read_xml(render(case(name)))
    if name in {"growth_over_the_limit", "build_failed", "hostile_names", "wont_start"}:
        assert_golden(f"exports/{name}.junit.xml", render(case(name)))


@settings(max_examples=100, deadline=None)
@given(reports)
def test_whatever_is_in_a_report_the_document_is_xml_and_holds_nothing_but_our_elements(told: Report) -> None:
    root = read_xml(render(told))
    ours = {"testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out"}
    assert {element.tag for element in root.iter()} <= ours
    assert len(root) == len(told.images)
