"""The list of files beside a report: the same for the map, and never more than the report."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.layers import file, layer, whiteout
from support.reports import report

from bloatcheck.analysis.folders import fold
from bloatcheck.analysis.inventory import take_inventory
from bloatcheck.errors import ReadError
from bloatcheck.report.html import Moment, Sight, Sights, render_html
from bloatcheck.report.html.handover import sights_from_json, sights_to_json

KEY = ("api", "linux/amd64")
REPORT = report("image api\n 10 B FROM debian\n 3 B -> 6 B COPY . .")


def sights() -> Sights:
    old = take_inventory([layer(file("lib/c", 10)), layer(file("app/a", 3))])
    new = take_inventory([layer(file("lib/c", 10)), layer(file("app/<b>", 5), file("x", 1), whiteout("y"))])
    moments = (Moment("a" * 40, "2026-01-01T00:00:00Z", 8),)
    return {KEY: Sight(before=fold(old), after=fold(new), dockerfile="FROM x\n", history=moments, limit=100)}


def told() -> Any:
    return json.loads(sights_to_json(sights()))


def read(document: object) -> Sight:
    return sights_from_json(json.dumps(document).encode(), REPORT).get(KEY, Sight())


def test_what_is_written_is_read_and_makes_the_same_page() -> None:
    again = sights_from_json(sights_to_json(sights()).encode(), REPORT)
    assert again == sights()
    assert render_html(REPORT, again) == render_html(REPORT, sights())


def test_of_an_image_that_is_as_it_was_the_files_are_told_once() -> None:
    [old] = [sight.before for sight in sights().values()]
    same = {KEY: Sight(before=old, after=old)}
    text = sights_to_json(same)
    assert text.count('"lib"') == 1
    whole = report("image api\n 10 B FROM debian\n 3 B COPY . .")
    assert sights_from_json(text.encode(), whole) == same


def test_images_that_the_report_does_not_have_are_left_out() -> None:
    document = told()
    document["images"][0]["name"] = "other"
    assert sights_from_json(json.dumps(document).encode(), REPORT) == {}


def test_what_is_not_unicode_can_be_written() -> None:
    text = sights_to_json({KEY: Sight(dockerfile="RUN \ud800")})
    assert sights_from_json(text.encode(), REPORT)[KEY].dockerfile == "RUN \N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("item", "because"),
    [
        ([0, "a", 1, -1, 7, 1], "a layer of 6 bytes shows no 7"),
        ([0, "a", 2, -1, 1, 1], "there is no third layer"),
        ([0, "a", -1, -1, 1, 1], "a file is in some layer"),
        ([9, "a", 1, -1, 1, 1], "there is no such folder"),
        ([0, "a", 1, 5, 1, 1], "there is no such package"),
        ([0, "a", 1, -1, 1, 0], "that would be a folder"),
    ],
)
def test_files_that_do_not_fit_the_image_are_not_shown(item: list[object], because: str) -> None:
    document = told()
    document["images"][0]["after"]["items"] = [item]
    assert read(document).after is None, because
    assert read(document).before == sights()[KEY].before


def test_folders_without_end_are_not_shown() -> None:
    document = told()
    document["images"][0]["after"]["folders"][0] = "/".join("x" * 2_000)
    assert read(document).after is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"version": "1.0"}',
        b'{"version": "2.0", "images": []}',
        b"[" * 100_000,
        json.dumps({"version": "1.0", "images": [{"name": "api", "platform": "x", "limit": -1}]}).encode(),
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(ReadError, match="list of files"):
        sights_from_json(content, REPORT)
