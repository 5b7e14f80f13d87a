"""The terminal: aligned, as wide as asked for, and quick for one image."""

import re
import subprocess
import sys

import pytest
from support.report_cases import NAMES, case
from support.reports import image_diff, image_snapshot, report

from bloatcheck.report.columns import aligned
from bloatcheck.report.inspection import render_inspect
from bloatcheck.report.paint import painted
from bloatcheck.report.plain import display_width, elided
from bloatcheck.report.text import render_diff, render_text

API = """
    image api
        30 MB            FROM debian:bookworm-slim
        10 MB -> 22 MB   RUN apt-get install -y curl   @ Dockerfile:3-5
        - -> 4 MB        COPY models /models           @ Dockerfile:9
        2 MB -> -        RUN old
        1 MB ~           COPY . .                      @ Dockerfile:12
"""


def test_inspect_shows_each_layer_from_the_base_on() -> None:
    assert render_inspect(image_snapshot(API)) == (
        "api (linux/amd64)\n"
        "57.0 MB in 4 layers\n"
        "\n"
        "  LAYER     SIZE  LINE           INSTRUCTION\n"
        "      1  30.0 MB                 FROM debian:bookworm-slim\n"
        "      2  22.0 MB  Dockerfile:3   RUN apt-get install -y curl\n"
        "      3  4.00 MB  Dockerfile:9   COPY models /models\n"
        "      4  1.00 MB  Dockerfile:12  COPY . .\n"
    )


def test_an_image_without_layers_is_0_bytes_in_0_layers() -> None:
    assert render_inspect(image_snapshot("image empty")) == "empty (linux/amd64)\n0 B in 0 layers\n"


def test_a_layer_without_history_says_so() -> None:
    assert render_inspect(image_snapshot('image x\n 1 MB ""')).endswith("  1.00 MB  (no history)\n")


def test_diff_shows_the_layers_that_changed_the_largest_change_first() -> None:
    assert render_diff(image_diff(API)) == (
        "api (linux/amd64): 43.0 MB before, 57.0 MB after, +14.0 MB (+32.6 %)\n"
        "\n"
        "    CHANGE   BEFORE    AFTER  LINE          INSTRUCTION\n"
        "  +12.0 MB  10.0 MB  22.0 MB  Dockerfile:3  RUN apt-get install -y curl\n"
        "  +4.00 MB        –  4.00 MB  Dockerfile:9  COPY models /models\n"
        "  −2.00 MB  2.00 MB        –                RUN old\n"
        "\n"
        "1 layer unchanged, 1 layer rebuilt at the same size\n"
    )


def test_diff_of_what_can_not_be_compared_says_why() -> None:
    text = render_diff(image_diff("image api incomparable: another measure\n 1 MB COPY . ."))
    assert "1.00 MB before, 1.00 MB after\n\nNot comparable: another measure" in text


def test_sizes_that_would_print_alike_are_exact() -> None:
    text = render_diff(image_diff("image api\n 8200000 B -> 8200011 B COPY . ."))
    assert "8,200,000 B before, 8,200,011 B after, +11 B" in text


@pytest.mark.parametrize("width", [80, 100, 140])
def test_tables_and_sentences_fit_the_width(width: int) -> None:
    long = f"image {'n' * 50}\n limit layer-growth fail 1 B\n 1 MB -> 3 MB RUN {'word ' * 60} @ Dockerfile:3"
    for text in (
        render_text(report(long), width=width),
        render_inspect(image_snapshot(long), width=width),
        render_diff(image_diff(long), width=width),
    ):
        body = [line for line in text.splitlines() if "bloatcheck baseline" not in line]
        assert max(map(display_width, body)) <= width


def test_wide_characters_are_aligned_by_the_columns_they_take() -> None:
    lines = aligned([("A", "B"), ("漢字", "x"), ("e\u0301", "y")], "<<", 80).splitlines()
    assert lines == ["  A     B", "  漢字  x", "  e\u0301     y"]


def test_a_column_with_nothing_in_it_is_left_out() -> None:
    assert aligned([("A", "B", "C"), ("1", "", "3")], "<<<", 80) == "  A  C\n  1  3"


def test_unchanged_images_of_many_are_one_line() -> None:
    text = render_text(case("thirty_images"))
    assert "  26 more images unchanged\n" in text
    assert "service-07" not in text


def test_of_very_many_images_the_layers_of_the_most_important_are_listed() -> None:
    text = render_text(
        report("\n".join(f"image i-{index}\n 1 MB -> {index + 2} MB RUN x" for index in range(40)))
    )
    assert text.count("1 of 1 layer changed in size") == 30
    assert "The layers of 10 more images are in the JSON report." in text


def test_of_very_many_findings_of_an_image_five_are_told() -> None:
    layers = "\n".join(f"1 MB -> 9 MB RUN step-{index}" for index in range(8))
    text = render_text(report(f"image api\n limit layer-growth fail 1 B\n{layers}"))
    assert text.count("api, layer-growth") == 5
    assert "api breaks 3 more limits" in text


def test_showing_an_image_imports_neither_a_template_engine_nor_pydantic() -> None:
    heavy = {"docker", "jinja2", "pydantic", "requests"}
    program = f"import sys, bloatcheck.report.text; print({heavy} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "set()\n"


def test_of_a_path_and_a_name_both_ends_stay() -> None:
    lines = aligned([("SIZE", "FILE"), ("1 B", "/usr/lib/python3/dist-packages/numpy/core.so")], ">~", 30)
    assert lines.splitlines()[1] == "   1 B  /usr/lib/p…mpy/core.so"
    assert elided("容器容器容器容器", 7) == "容…容器"
    assert display_width(elided("容器容器容器容器", 8)) <= 8


def test_of_several_long_columns_the_longest_gives_first() -> None:
    heading, line = aligned([("A", "B"), ("x" * 20, "y" * 60)], "**", 60).splitlines()
    assert line == f"  {'x' * 20}  {'y' * 35}…"
    assert heading == f"  A{' ' * 21}B"


def test_what_is_drawn_in_two_columns_or_none_is_counted_so() -> None:
    assert [display_width(text) for text in ("漢", "⚠\ufe0f", "👋", "e\u0301", "\u1112\u1161\u11ab")] == [
        2,
        2,
        2,
        1,
        2,
    ]


def test_headings_are_faint_and_growth_and_shrinkage_are_coloured() -> None:
    text = render_diff(image_diff(API), paint=painted).replace("\x1b", "^")
    assert text.startswith("^[1mapi (linux/amd64): ")
    assert "^[2m    CHANGE" in text
    assert "  ^[31m+12.0 MB^[0m  10.0 MB" in text
    assert "^[32m−2.00 MB^[0m" in text
    assert "^[1mapi (linux/amd64)^[0m\n57.0" in render_inspect(image_snapshot(API), paint=painted).replace(
        "\x1b", "^"
    )


@pytest.mark.parametrize("name", ["explained", "base_bump", "thirty_images", "trend"])
def test_forty_columns_are_enough(name: str) -> None:
    lines = render_text(case(name), width=40).splitlines()
    assert max(map(display_width, lines)) <= 40


@pytest.mark.parametrize("width", [30, 40, 47, 80])
@pytest.mark.parametrize("name", NAMES)
def test_no_figure_parts_from_its_unit(name: str, width: int) -> None:
    text = render_text(case(name), width=width)
    assert not re.search(r"\d\n\s*(?:[kMGTP]?B|%)(?!\w)", text)
