"""Metrics, as the official parsers of both text formats read them."""

from hypothesis import given, settings
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_prometheus
from support.golden import assert_golden
from support.report_cases import case
from support.report_strategies import reports
from support.reports import report

from bloatcheck.report.exports.openmetrics import render
from bloatcheck.report.model import Report

Sample = tuple[str, tuple[tuple[str, str], ...]]


def samples(told: Report) -> dict[Sample, float]:
    """What both parsers find, which is the same."""
    text = render(told)
    found = [
        {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in read(text)
            for sample in family.samples
        }
        for read in (read_openmetrics, read_prometheus)
    ]
    assert found[0] == found[1]
    return found[0]


def value(told: Report, name: str, **labels: str) -> float | None:
    every = {"image": "api", "platform": "linux/amd64", **labels}
    return samples(told).get((name, tuple(sorted(every.items()))))


def test_the_sizes_and_the_verdict() -> None:
    told = report("image api\n limit content-growth fail 1 MB\n 1 MB -> 3 MB COPY . .")
    assert value(told, "bloatcheck_image_content_bytes") == 3_000_000
    assert value(told, "bloatcheck_image_baseline_content_bytes") == 1_000_000
    assert value(told, "bloatcheck_image_growth_bytes") == 2_000_000
    assert value(told, "bloatcheck_image_layers") == 1
    assert value(told, "bloatcheck_image_verdict", verdict="fail") == 1
    assert value(told, "bloatcheck_image_verdict", verdict="pass") == 0
    assert value(told, "bloatcheck_image_broken_limits", level="fail") == 1
    assert samples(told)["bloatcheck_run_exit_code", ()] == 1


def test_what_is_not_known_has_no_sample() -> None:
    told = report("image api linux/amd64 failed build: exit code 1")
    assert value(told, "bloatcheck_image_content_bytes") is None
    assert value(told, "bloatcheck_image_verdict", verdict="error") == 1


def test_the_causes_add_up_to_the_content() -> None:
    told = case("explained")
    parts = [
        size
        for (name, labels), size in samples(told).items()
        if name == "bloatcheck_image_cause_bytes" and ("image", "api") in labels
    ]
    assert sum(parts) == value(told, "bloatcheck_image_content_bytes")


def test_no_series_is_there_twice() -> None:
    told = report("image api\n 1 MB COPY . .\n image api\n 2 MB COPY . .")
    assert value(told, "bloatcheck_image_content_bytes") == 1_000_000


def test_the_exposition() -> None:
    assert_golden("exports/explained.prom", render(case("explained")))
    assert_golden("exports/hostile_names.prom", render(case("hostile_names")))


@settings(max_examples=100, deadline=None)
@given(reports)
def test_whatever_is_in_a_report_both_parsers_read_it(told: Report) -> None:
    assert all(name.startswith("bloatcheck_") for name, _ in samples(told))
