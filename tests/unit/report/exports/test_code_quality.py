"""GitLab's code quality report: the fields that it asks for, known again, and nothing but text in them."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from support.golden import assert_golden
from support.report_cases import NAMES, case
from support.report_strategies import reports
from support.reports import report

from bloatcheck.report.exports.code_quality import render
from bloatcheck.report.model import Report

SEVERITIES = {"info", "minor", "major", "critical", "blocker"}
GROWTH = "image api\n limit layer-growth {level} 1 MB\n {size} MB -> 9 MB RUN make @ Dockerfile:3-4"


def findings(told: Report) -> list[dict[str, Any]]:
    """As https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format has it."""
    found: list[dict[str, Any]] = json.loads(render(told))
    for finding in found:
        assert set(finding) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert finding["severity"] in SEVERITIES
        assert set(finding["location"]) == {"path", "lines"}
        assert not finding["location"]["path"].startswith(("./", "/"))
        assert finding["location"]["lines"]["begin"] >= 1
        assert "\n" not in finding["description"]
    prints = [finding["fingerprint"] for finding in found]
    assert len(set(prints)) == len(prints)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_document(name: str) -> None:
    findings(case(name))
    if name in {"explained", "hostile_names"}:
        assert_golden(f"exports/{name}.codequality.json", render(case(name)))


def test_a_broken_limit_is_critical_and_one_that_warns_minor() -> None:
    (broken,) = findings(report(GROWTH.format(level="fail", size=1)))
    (told,) = findings(report(GROWTH.format(level="warn", size=1)))
    assert (broken["severity"], told["severity"]) == ("critical", "minor")
    assert broken["location"] == {"path": "Dockerfile", "lines": {"begin": 3}}
    assert broken["check_name"] == "bloatcheck/layer-growth"


def test_another_size_is_the_same_finding() -> None:
    one, other = (findings(report(GROWTH.format(level="fail", size=size))) for size in (1, 2))
    assert one[0]["fingerprint"] == other[0]["fingerprint"]
    assert one[0]["description"] != other[0]["description"]


def test_nothing_wrong_is_an_empty_list() -> None:
    assert findings(report("image api\n 1 MB COPY . .")) == []


@settings(max_examples=50, deadline=None)
@given(reports)
def test_whatever_is_in_a_report_the_document_is_gitlabs(told: Report) -> None:
    findings(told)
