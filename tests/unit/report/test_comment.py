"""The comment: the verdict first, what is broken and what to do, and the rest folded."""

import re
from dataclasses import replace

import pytest
from support.github_markdown import Page
from support.report_cases import NAMES, case
from support.reports import report

from bloatcheck.report.markdown import comment_marker, render_comment, render_summary
from bloatcheck.report.model import Origin

GITHUB_TAKES = 65_536
DOCUMENTATION = {
    "https://github.com/bloatcheck/bloatcheck/blob/main/docs/configuration.md#limits",
    "https://github.com/bloatcheck/bloatcheck/blob/main/docs/comment.md",
}
GROWTH = """
    image api
        limit content-growth fail 1 MB
        10 MB -> 12 MB   RUN make   @ Dockerfile:3
"""


def layers(count: int) -> str:
    return "\n".join(
        f"1 MB -> {index + 2} MB  RUN step-{index}  @ Dockerfile:{index + 1}" for index in range(count)
    )


def test_the_first_line_is_the_marker_and_the_second_the_verdict() -> None:
    lines = render_comment(report(GROWTH, key="size.yml")).splitlines()
    assert lines[0] == comment_marker("size.yml") == "<!-- bloatcheck:v1 key=size.yml -->"
    assert lines[1].startswith("### ❌ `api` grew by 2.00")


def test_a_job_summary_has_no_marker_and_its_broken_images_unfolded() -> None:
    summary = render_summary(report(GROWTH))
    assert summary.startswith("### ❌")
    assert "<details open>" in summary


def test_a_line_of_a_dockerfile_is_linked_at_the_measured_commit() -> None:
    origin = Origin(repository="octo/shop", server_url="https://ghe.example:8443/git", commit="0123abc")
    page = Page.of(render_comment(report(GROWTH, origin=origin)))
    line = "https://ghe.example:8443/git/octo/shop/blob/0123abc/Dockerfile#L3"
    assert set(page.links) == {line, *DOCUMENTATION}


def test_without_an_origin_only_the_documentation_is_linked_and_nothing_is_missing() -> None:
    page = Page.of(render_comment(report(GROWTH, origin=Origin())))
    assert set(page.links) == DOCUMENTATION
    assert "Dockerfile:3" in page.code


def test_a_growth_can_be_accepted_and_an_absolute_limit_only_raised() -> None:
    assert "`bloatcheck baseline update --image api`" in render_comment(report(GROWTH))
    absolute = render_comment(report(GROWTH.replace("content-growth", "content")))
    assert "baseline update" not in absolute
    assert "raise `content` in `.bloatcheck.yml`" in absolute


def test_a_name_on_two_platforms_is_told_with_its_platform() -> None:
    text = "image api linux/amd64\n 1 MB -> 2 MB COPY . .\nimage api linux/arm64\n 1 MB COPY . ."
    cells = Page.of(render_comment(report(text))).cells
    assert [row[0].split("\N{NO-BREAK SPACE}")[1] for row in cells[1:3]] == [
        "api (linux/amd64)",
        "api (linux/arm64)",
    ]


def test_the_layer_that_has_a_finding_of_its_own_is_not_told_twice() -> None:
    text = GROWTH.replace(
        "limit content-growth fail 1 MB", "limit content-growth fail 1 MB\nlimit layer-growth fail 1 MB"
    )
    items = [line for line in render_comment(report(text)).splitlines() if line.startswith("- ")]
    assert sum("Dockerfile:3" in item for item in items) == 1


def test_broken_limits_that_are_not_enforced_say_so() -> None:
    assert "(told, not enforced)" in render_comment(report(GROWTH, enforced=False))


def test_an_image_with_many_findings_tells_five_and_counts_the_rest() -> None:
    comment = render_comment(report(f"image api\n limit layer-growth fail 1 B\n{layers(8)}"))
    assert comment.count("**layer-growth**") == 5
    assert "- … and 3 more" in comment


def test_many_layers_are_told_from_the_largest_change_on_and_the_rest_is_counted() -> None:
    comment = render_comment(report(f"image api\n{layers(40)}"))
    changes = re.findall(r"^\| \+([\d.]+)\sMB", comment, re.MULTILINE)
    assert changes[1:] == sorted(changes[1:], key=float, reverse=True)
    assert "25 smaller ones not shown" in comment


def test_a_full_comment_drops_detail_from_its_least_important_end_and_says_so() -> None:
    quiet = "\n".join(f"image quiet-{index}\n 1 MB RUN {'x' * 150}" for index in range(300))
    small = "\n".join(f"image small-{index}\n 1 MB -> 1001 kB RUN {'y' * 190}" for index in range(300))
    big = f"image big\n limit content-growth fail 1 MB\n 1 MB -> 9 MB RUN {'z' * 190}"
    comment = render_comment(report(f"{quiet}\n{small}\n{big}"))
    assert len(comment.encode()) <= GITHUB_TAKES
    assert "left out or cut here" in comment
    assert "`quiet-7`" not in comment
    assert "300 images unchanged" in comment
    assert f"`RUN {'z' * 190}`" in comment
    assert comment.index("### ❌ `big` grew") < 200


@pytest.mark.parametrize("count", [900, 2000])
def test_more_broken_images_than_fit_are_counted(count: int) -> None:
    text = "\n".join(
        f"image a-longer-name-{index}\n limit content fail 1 B\n {index + 2} MB COPY . ."
        for index in range(count)
    )
    told = report(text)
    comment = render_comment(told)
    assert len(comment.encode()) <= GITHUB_TAKES
    assert f"{count:,} of {count:,} images break a limit" in comment
    shown = comment.count("| over")
    assert 100 < shown < count
    assert f"{count - shown:,} images" in comment
    assert f"`a-longer-name-{count - 1}`" in comment
    assert "`a-longer-name-0`" not in comment


def test_wide_characters_count_as_the_bytes_they_take() -> None:
    wide = "\N{MATHEMATICAL FRAKTUR SMALL X}"
    text = "\n".join(f'image "{wide * 60}{index}"\n 1 MB -> 2 MB COPY . .' for index in range(400))
    comment = render_comment(report(text))
    assert len(comment.encode()) <= GITHUB_TAKES


def test_a_failed_build_s_output_is_its_last_lines() -> None:
    output = "\n".join(f"> step {index}" for index in range(100))
    comment = render_comment(report(f"image api failed build: no\n{output}"))
    assert "step 99\n```" in comment
    assert "step 74\n" not in comment


def test_a_run_without_images_says_so() -> None:
    assert "### ✅ No image was measured" in render_comment(report(""))


def test_a_run_without_a_baseline_says_so() -> None:
    assert "No baseline to compare with" in render_comment(replace(report(GROWTH), baseline=None))


@pytest.mark.parametrize("name", NAMES)
def test_no_more_than_a_dozen_lines_stand_before_the_fold(name: str) -> None:
    before = render_comment(case(name)).split("<details>")[0]
    assert Page.of(before).lines <= 12


def test_where_nothing_changed_the_verdict_is_all_and_the_sizes_are_folded() -> None:
    before, after = render_comment(case("no_change")).split("<details>", 1)
    assert Page.of(before).lines == 1
    assert after.startswith("<summary>3 images unchanged</summary>")


def test_what_can_be_done_is_a_line_and_the_other_ways_are_folded() -> None:
    before, after = render_comment(report(GROWTH)).split("<details>", 1)
    assert "make it smaller, or commit what `bloatcheck baseline update --image api` writes." in before
    assert after.startswith("<summary>1 other way to accept it</summary>\n\n- raise `content-growth` in")


def test_of_all_advice_the_one_that_saves_most_stands_before_the_fold() -> None:
    before = render_comment(case("explained")).split("<details>")[0]
    assert before.count("💡") == 1


def test_the_heading_of_the_bars_says_what_their_colours_mean() -> None:
    assert "| 🟫 base 🟦 own |" in render_comment(case("base_bump"))


def test_of_many_images_those_with_something_wrong_stand_before_the_fold() -> None:
    before, after = render_comment(case("base_bump")).split("<details>", 1)
    cells = Page.of(before).cells
    assert [row[0].split("\N{NO-BREAK SPACE}")[1] for row in cells[1:]] == ["service-02", "service-01"]
    assert "<summary>10 more images: all within their limits, +23.9" in after


def test_of_many_broken_images_those_are_explained_before_the_fold_that_a_dozen_lines_have_room_for() -> None:
    before = render_comment(case("mixed_verdicts")).split("<details>")[0]
    told = [line for line in before.splitlines() if re.match("- (💥|❌|⚠️)", line)]
    assert len(told) == 2
    assert "7 more things are wrong" in render_comment(case("mixed_verdicts"))


def test_the_column_of_images_is_as_wide_as_short_names_that_a_phone_would_break() -> None:
    assert re.search("^\\| Image\N{FIGURE SPACE}{7} \\|", render_comment(case("base_bump")), re.MULTILINE)
    assert "| Image |" in render_comment(report(GROWTH))


def test_of_many_notes_of_a_run_five_stand_before_the_fold() -> None:
    noted = replace(report(GROWTH), notes=tuple(f"note {number}" for number in range(9)))
    before, _, after = render_comment(noted).partition("<details><summary>Details")
    assert (before.count("ℹ️ note"), after.count("ℹ️ note")) == (5, 4)  # noqa: RUF001 - the sign meant


def test_what_the_headline_tells_is_not_told_twice() -> None:
    comment = render_comment(report(GROWTH))
    assert comment.count("over the limit of") == 1
    assert "`api` breaks [**content-growth**]" in comment


def test_a_bar_is_as_long_as_the_change_and_shaded_by_its_causes() -> None:
    rows = render_comment(case("base_bump")).replace("\N{WORD JOINER}", "")
    assert '<span aria-hidden="true">🟫🟫🟫🟫🟦</span>' in rows
    assert '<span aria-hidden="true">🟫🟫🟫🟫</span>' in rows


def test_sizes_before_are_a_chart_with_the_limit_where_it_is_near() -> None:
    comment = render_comment(case("trend"))
    (chart,) = re.findall(r"```mermaid\n(.*?)\n```", comment, re.DOTALL)
    *_, labels, scale, sizes, limit = chart.splitlines()
    assert labels.count(",") == sizes.count(",") == limit.count(",") == 11
    assert labels.endswith('"0e0e0e0", "now"]')
    assert scale.split() == ["y-axis", '"MB"', "56.88", "-->", "94.32"]
    assert sizes.endswith(", 73.4, 85.812]")
    assert limit.split("[")[1].startswith("90, 90, ")
    assert "the red line is the limit, 90.0" in comment


def test_few_sizes_before_are_no_chart() -> None:
    told = case("trend")
    api, *others = told.images
    few = replace(told, images=(replace(api, history=api.history[:2]), *others))
    assert "mermaid" not in render_comment(few)


def test_a_build_s_failure_is_told_in_the_words_of_the_tool_that_failed() -> None:
    assert "): `Unable to locate package libfoo2`; the build stopped" in render_comment(case("build_failed"))


def test_why_images_were_not_built_stands_once_below_the_table_the_commit_linked() -> None:
    whole = report("image a\n 1 MB RUN x\nimage b\n 1 MB RUN x\nimage c\n 1 MB -> 2 MB RUN x")
    unbuilt = [replace(row, unbuilt=f"inputs unchanged since {'f0246258' * 5}") for row in whole.images[:2]]
    comment = render_comment(replace(whole, images=(*unbuilt, *whole.images[2:])))
    assert comment.count("| not\N{NO-BREAK SPACE}built |") == 2
    assert (
        comment.count("Not built: inputs unchanged since [`f024625`](https://github.com/octo/shop/commit/")
        == 1
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_element_passes_the_sanitisers_of_github_gitlab_and_gitea(name: str) -> None:
    page = Page.of(render_comment(case(name)))
    lists, tables = {"ul", "li"}, {"table", "thead", "tbody", "tr", "th", "td"}
    words = {"h3", "p", "br", "strong", "code", "pre", "a", "sub", "span", "details", "summary"}
    assert set(page.tags) <= lists | tables | words
    assert set(page.attributes) <= {"href", "align", "aria-hidden", "lang"}
