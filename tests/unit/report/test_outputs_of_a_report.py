"""The action's outputs."""

import json

from support.report_cases import case
from support.reports import report

from bloatcheck.report.outputs import action_outputs


def test_every_output_is_there() -> None:
    assert set(action_outputs(report(""))) == {
        "verdict",
        "exit-code",
        "total-before",
        "total-after",
        "total-delta",
        "images",
        "failed-images",
        "incomparable-images",
    }


def test_the_verdict_and_the_exit_code() -> None:
    outputs = action_outputs(case("growth_over_the_limit"))
    assert (outputs["verdict"], outputs["exit-code"]) == ("fail", "1")


def test_a_broken_limit_that_is_only_told_has_exit_code_0() -> None:
    text = "image api\n limit content fail 1 B\n 1 MB COPY . ."
    outputs = action_outputs(report(text, enforced=False))
    assert (outputs["verdict"], outputs["exit-code"]) == ("fail", "0")


def test_a_new_image_counts_as_nothing_before_and_a_gone_one_as_nothing_after() -> None:
    outputs = action_outputs(
        report(
            "image a\n 1 MB -> 3 MB COPY . .\nimage b new\n 10 MB COPY . .\nimage c gone\n 100 MB COPY . ."
        )
    )
    totals = [int(outputs[f"total-{which}"]) for which in ("before", "after", "delta")]
    assert totals == [101_000_000, 13_000_000, -88_000_000]


def test_a_failed_and_an_incomparable_image_count_on_neither_side_and_are_named() -> None:
    outputs = action_outputs(report("image a failed build: no\nimage b incomparable: x\n 10 MB COPY . ."))
    assert outputs["total-before"] == outputs["total-after"] == "0"
    assert json.loads(outputs["failed-images"]) == ["a"]
    assert json.loads(outputs["incomparable-images"]) == ["b"]


def test_images_are_json_on_one_line() -> None:
    outputs = action_outputs(case("hostile_names"))
    assert "\n" not in outputs["images"]
    assert [image["verdict"] for image in json.loads(outputs["images"])] == ["fail", "error", "pass"]
