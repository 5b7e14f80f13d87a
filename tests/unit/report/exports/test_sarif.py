"""SARIF: valid by the standard's schema, on the lines to blame, and no text of it is anything but text."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import given, settings
from support.golden import assert_golden
from support.report_cases import NAMES, case
from support.report_strategies import reports
from support.reports import report

from bloatcheck.analysis.advice import ADVISERS, Advice
from bloatcheck.config.limits import Metric
from bloatcheck.errors import Place
from bloatcheck.report.exports.rules import advice_rule, metric_rule, other_rule
from bloatcheck.report.exports.sarif import MOST_RESULTS, render
from bloatcheck.report.model import Report

ROOT = Path(__file__).parents[4]
SCHEMA = json.loads((ROOT / "tests" / "support" / "sarif" / "sarif-2.1.0.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
GROWTH = "image api\n limit layer-growth fail 1 MB\n 1 MB -> 9 MB RUN make @ Dockerfile:3-4"


def run_of(told: Report) -> dict[str, Any]:
    document = json.loads(render(told))
    VALIDATOR.validate(document)
    (run,) = document["runs"]
    return dict(run)


def results(told: Report) -> list[dict[str, Any]]:
    return list(run_of(told)["results"])


def location(result: dict[str, Any]) -> dict[str, Any]:
    (found,) = result["locations"]
    return dict(found["physicalLocation"])


@pytest.mark.parametrize("name", NAMES)
def test_the_document(name: str) -> None:
    VALIDATOR.validate(json.loads(render(case(name))))
    if name in {"explained", "hostile_names", "wont_start"}:
        assert_golden(f"exports/{name}.sarif", render(case(name)))


@settings(max_examples=50, deadline=None)
@given(reports)
def test_whatever_is_in_a_report_the_document_is_valid(told: Report) -> None:
    for result in results(told):
        place = location(result)
        uri = unquote(place["artifactLocation"]["uri"])
        assert not uri.startswith("/")
        assert ".." not in uri.split("/")
        assert "](" not in result["message"]["text"]
        assert run_of(told)["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_a_broken_limit_is_an_error_on_the_lines_to_blame() -> None:
    (result,) = results(report(GROWTH))
    assert (result["ruleId"], result["level"]) == ("layer-growth", "error")
    assert location(result)["artifactLocation"]["uri"] == "Dockerfile"
    assert location(result)["region"] == {"startLine": 3, "endLine": 4}
    assert "grew by 8.00 MB" in result["message"]["text"]


def test_what_is_only_told_is_a_warning_and_advice_a_note() -> None:
    assert results(report(GROWTH, enforced=False))[0]["level"] == "warning"
    found = case("explained")
    assert {result["level"] for result in results(found) if result["ruleId"] == "apt-recommends"} == {"note"}


def test_in_a_folder_of_the_repository_the_file_is_told_from_its_top() -> None:
    told = report(GROWTH)
    told = replace(told, origin=replace(told.origin, folder="services/a b"))
    assert location(results(told)[0])["artifactLocation"]["uri"] == "services/a%20b/Dockerfile"


def test_two_images_on_one_line_are_one_result_since_github_would_show_one_of_them_only() -> None:
    (result,) = results(report(GROWTH + "\n" + GROWTH.replace("image api", "image web")))
    assert [line.partition(",")[0] for line in result["message"]["text"].splitlines()] == ["api", "web"]


def test_the_fingerprint_stays_when_lines_and_sizes_move() -> None:
    moved = GROWTH.replace("9 MB", "12 MB").replace(":3-4", ":30")
    other = GROWTH.replace("RUN make", "RUN other")
    first, second, third = (results(report(text))[0] for text in (GROWTH, moved, other))
    assert first["partialFingerprints"] == second["partialFingerprints"]
    assert first["partialFingerprints"] != third["partialFingerprints"]


def test_what_has_no_line_stands_at_the_configuration() -> None:
    told = replace(report("image api failed build: exit code 1"), config="ci/size.yml")
    (result,) = results(told)
    assert location(result)["artifactLocation"]["uri"] == "ci/size.yml"
    assert location(result)["region"] == {"startLine": 1}


@pytest.mark.parametrize("file", ["/etc/passwd", "../other/Dockerfile", "a/../../b"])
def test_a_place_outside_the_repository_is_none(file: str) -> None:
    told = report("image api failed build: exit code 1")
    failure = told.images[0].failure
    assert failure
    image = replace(told.images[0], failure=replace(failure, place=Place(file, 3)))
    (result,) = results(replace(told, images=(image,)))
    assert location(result)["artifactLocation"]["uri"] == ".bloatcheck.yml"


@pytest.mark.parametrize(("line", "end"), [(0, 0), (-3, -1), (10**17, 10**18), (7, 2)])
def test_a_line_that_no_file_has_is_a_valid_one_all_the_same(line: int, end: int) -> None:
    told = report("image api failed build: exit code 1")
    failure = told.images[0].failure
    assert failure
    image = replace(told.images[0], failure=replace(failure, place=Place("Dockerfile", line, end)))
    (result,) = results(replace(told, images=(image,)))
    region = location(result)["region"]
    assert 1 <= region["startLine"] < 2**31
    assert "endLine" not in region


def test_the_text_of_an_image_is_no_link() -> None:
    told = report("image api failed build: see [here](https://evil.example)")
    assert "[here] (https://evil.example)" in results(told)[0]["message"]["text"]


def test_there_are_no_more_results_than_github_shows_and_errors_come_first() -> None:
    (image,) = report(GROWTH).images
    advice = tuple(
        Advice(id="caches", message="x", place=Place("Dockerfile", line))
        for line in range(1, MOST_RESULTS + 9)
    )
    told = results(replace(report(GROWTH), images=(replace(image, advice=advice),)))
    assert len(told) == MOST_RESULTS
    assert told[0]["level"] == "error"


def test_every_rule_leads_to_a_heading_of_the_documentation() -> None:
    rules = [metric_rule(metric) for metric in Metric]
    rules += [rule for name in ADVISERS if (rule := advice_rule(name))]
    rules += [other_rule(name) for name in ("not-measured", "not-comparable", "wont-start", "dive")]
    for rule in rules:
        page, _, anchor = rule.url.rpartition("/")[2].partition("#")
        text = (ROOT / "docs" / page).read_text()
        headings = [line.lstrip("# ").lower() for line in text.splitlines() if line.startswith("#")]
        assert not anchor or anchor in {
            "".join(sign for sign in heading if sign.isalnum() or sign in "- ").replace(" ", "-")
            for heading in headings
        }, rule.url


def test_legs_of_other_workflows_have_categories_of_their_own() -> None:
    told = report(GROWTH)
    one, other = (run_of(replace(told, key=key))["automationDetails"]["id"] for key in ("a", "b"))
    assert one != other
