"""The JSON report: lossless, readable by every 1.x, and suspicious of what it reads."""

import json
from codecs import BOM_UTF8
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.golden import assert_golden
from support.report_cases import NAMES, case

from bloatcheck.errors import ExitCode, ReadError
from bloatcheck.report import document
from bloatcheck.report.document import from_json, json_schema, to_json
from bloatcheck.report.markdown import render_comment
from bloatcheck.report.text import render_text

SCHEMA = Path(__file__).parents[3] / "docs" / "report.schema.json"
GROWTH = to_json(case("growth_over_the_limit"))


def changed(change: Callable[[Any], object]) -> str:
    """The report as JSON with something done to it."""
    data = json.loads(GROWTH)
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize("name", NAMES)
def test_a_report_survives_json(name: str) -> None:
    report = case(name)
    assert from_json(to_json(report)) == report
    assert from_json(to_json(report).encode()) == report


def test_the_figures_are_there_for_scripts() -> None:
    summary = json.loads(GROWTH)["summary"]
    assert summary["verdict"] == "fail"
    assert summary["exit_code"] == 1
    assert summary["total_delta"] == summary["total_after"] - summary["total_before"] == 13_190_000
    assert summary["images"][0] == {
        "name": "api",
        "platform": "linux/amd64",
        "verdict": "fail",
        "change": "changed",
        "before": 73_422_000,
        "after": 85_812_000,
        "delta": 12_390_000,
        "percent": 16.875,
    }


def test_a_later_1_x_is_read_and_its_new_fields_are_ignored() -> None:
    def later(data: Any) -> None:
        data["version"] = "1.7"
        data["novelty"] = {"deep": [1]}
        data["images"][0]["diff"]["after"]["layers"][0]["novelty"] = True

    report = from_json(changed(later))
    assert report.version == "1.7"
    assert report.images == case("growth_over_the_limit").images


def test_another_major_version_is_refused_with_what_to_do() -> None:
    with pytest.raises(ReadError, match=r"version 2\.0, and this bloatcheck reads 1\.x") as caught:
        from_json(changed(lambda data: data.update(version="2.0", images="anything")))
    assert caught.value.hint == "Use the same version of bloatcheck to write and to read reports."
    assert caught.value.exit_code is ExitCode.UNREADABLE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a bloatcheck report"),
        ("not json", "not a bloatcheck report"),
        ("[]", "no version"),
        ("{}", "no version"),
        ('{"version": 1}', "no version"),
        ('{"version": "1"}', "no version"),
        ('{"version": "1.0"}', "tool: Field required"),
        ('{"version": "1.0", "x": NaN}', "NaN is not a number"),
        ('{"version": "1.0", "x": 1e999}', "is not a number"),
        (f'{{"version": "1.0", "x": {"9" * 5000}}}', "a number of 5000 digits"),
        ("[" * 100_000, "nested too deeply"),
        ('{"version": "1.0", "x":' + '{"a":' * 300 + "1" + "}" * 301, "recursion limit"),
        ("\ud800", "not a bloatcheck report"),
    ],
    ids=range(13),
)
def test_what_is_no_report_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        from_json(text)


def test_a_byte_order_mark_as_powershell_leaves_it_is_no_hindrance() -> None:
    assert from_json(BOM_UTF8 + GROWTH.encode()) == from_json("\ufeff" + GROWTH) == from_json(GROWTH)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ReadError, match="not a bloatcheck report"):
        from_json(b"\xff\xfe\x00")


def test_a_document_too_large_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "LARGEST_DOCUMENT", 1000)
    with pytest.raises(ReadError, match="larger than 1,000 bytes"):
        from_json(GROWTH)


def _diff(data: Any) -> Any:
    return data["images"][0]["diff"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data["images"][0].update(diff=None), "needs either a diff or a failure"),
        (lambda data: data["images"][0].update(failure={"stage": "x", "message": "y"}), "needs either"),
        (lambda data: _diff(data).update(before=None), "its sides do not bear out"),
        (lambda data: _diff(data).update(change="new"), "its sides do not bear out"),
        (lambda data: _diff(data).update(change="gone"), "its sides do not bear out"),
        (lambda data: _diff(data).update(change="incomparable"), "without a reason"),
        (lambda data: _diff(data).update(incomparable_because="x"), "without a reason"),
        (lambda data: _diff(data)["layers"][0].update(before=None), "a layer that is unchanged"),
        (lambda data: _diff(data)["layers"][0].update(change="added"), "a layer that is added"),
        (lambda data: _diff(data)["after"].update(image_id="sha256:0"), "not a digest"),
        (lambda data: _diff(data)["after"]["layers"][0].update(diff_id="x"), "not a digest"),
        (
            lambda data: _diff(data)["after"]["layers"][0].update(content_size=-1),
            "greater than or equal to 0",
        ),
        (lambda data: _diff(data)["after"]["layers"][0].update(content_size="1"), "valid integer"),
        (lambda data: data["images"][0].update(findings=[{}]), "images.0.findings.0"),
    ],
    ids=range(14),
)
def test_a_report_that_contradicts_itself_is_refused(change: Callable[[Any], object], reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        from_json(changed(change))


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path, *(inner for key, child in children for inner in _paths(child, (*path, key)))]


PATHS = [path for path in _paths(json.loads(GROWTH)) if path and path[0] != "summary"]
values: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text() | st.just([]) | st.just({})
)


@given(st.sampled_from(PATHS), values)
def test_a_forged_report_is_refused_or_can_be_rendered(path: tuple[Any, ...], value: object) -> None:
    def forge(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = value

    try:
        report = from_json(changed(forge))
    except ReadError:
        return
    render_comment(report)
    render_text(report)


def test_what_is_not_unicode_text_is_replaced_rather_than_lost_with_the_report() -> None:
    report = case("no_change")
    text = to_json(type(report)(**{**_fields(report), "notes": ("\ud800",)}))
    assert from_json(text).notes == ("\ufffd",)


def _fields(report: Any) -> dict[str, Any]:
    return {name: getattr(report, name) for name in report.__dataclass_fields__}


def test_the_published_schema_is_that_of_the_code() -> None:
    """`UPDATE_GOLDEN=1` writes it anew."""
    assert_golden("../../docs/report.schema.json", json.dumps(json_schema(), indent=2) + "\n")
