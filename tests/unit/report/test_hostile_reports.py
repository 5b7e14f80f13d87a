"""Whatever a report holds, what is made of it is harmless, complete, and within the platform's limits."""

import unicodedata

from hypothesis import HealthCheck, given, settings
from support.github_markdown import Page
from support.report_strategies import image_diffs, reports
from support.workflow_commands import Act, Runner

from bloatcheck.ci.github import GITHUB
from bloatcheck.diff.model import ImageDiff
from bloatcheck.report.annotations import annotate
from bloatcheck.report.document import from_json, to_json
from bloatcheck.report.inspection import render_inspect
from bloatcheck.report.markdown import render_comment, render_summary
from bloatcheck.report.model import Report
from bloatcheck.report.outputs import action_outputs
from bloatcheck.report.text import render_diff, render_text
from bloatcheck.report.view import is_quiet

UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
GITHUB_TAKES = 65_536
OURS = ("https://github.com/octo/shop/", "https://github.com/bloatcheck/bloatcheck/blob/main/docs/")
OUR_TAGS = {
    *("h3", "p", "br", "ul", "li", "strong", "sub", "a", "code", "pre"),
    *("table", "thead", "tbody", "tr", "th", "td", "details", "summary"),
}

large_values = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def commands_in(output: str) -> list[str]:
    found = []
    for reader in (Runner(), Act()):
        reader.read(output)
        assert not reader.stopped
        found += [name for name, _, _ in reader.commands]
    return found


@large_values
@given(reports)
def test_a_comment_holds_only_our_tags_links_to_our_repository_and_no_reference(report: Report) -> None:
    for markdown, markers in ((render_comment(report), 1), (render_summary(report), 0)):
        page = Page.of(markdown)
        assert set(page.tags) <= OUR_TAGS
        assert set(page.attributes) <= {"href", "align", "lang", "open", "aria-hidden"}
        assert all(url.startswith(OURS) for url in page.links)
        assert page.references == []
        assert len(page.comments) == markdown.count("<!--") == markers
        assert commands_in(markdown) == []


@large_values
@given(reports)
def test_every_row_has_as_many_cells_as_its_table_has_columns(report: Report) -> None:
    page = Page.of(render_comment(report))
    columns = 0
    for cells in page.cells:
        if cells[0].strip() in ("Image", "Change", "Size"):
            columns = len(cells)
        assert len(cells) == columns


@large_values
@given(reports)
def test_every_image_has_a_row(report: Report) -> None:
    markdown = render_comment(report)
    unchanged = len(report.images) > 1 and all(map(is_quiet, report.images))
    columns = {2} if unchanged else {5, 6}
    rows = [cells for cells in Page.of(markdown).cells if len(cells) in columns]
    assert len(rows) == len(report.images) + bool(report.images)
    assert len(markdown.encode()) <= GITHUB_TAKES


@large_values
@given(reports)
def test_text_holds_no_workflow_command_and_nothing_that_moves_the_cursor(report: Report) -> None:
    text = render_text(report)
    assert commands_in(text) == []
    assert not set(map(unicodedata.category, text.replace("\n", ""))) & UNSEEN


@large_values
@given(image_diffs())
def test_a_shown_image_or_comparison_is_as_harmless(diff: ImageDiff) -> None:
    texts = [render_diff(diff), *(render_inspect(side) for side in (diff.before, diff.after) if side)]
    for text in texts:
        assert commands_in(text) == []
        assert not set(map(unicodedata.category, text.replace("\n", ""))) & UNSEEN


@large_values
@given(reports)
def test_every_annotation_is_exactly_one_command(report: Report) -> None:
    for annotation in annotate(report):
        assert commands_in(GITHUB.annotation(annotation)) == [annotation.level.value] * 2


@large_values
@given(reports)
def test_every_output_is_one_line(report: Report) -> None:
    assert all(value.isascii() and value.isprintable() for value in action_outputs(report).values())


@large_values
@given(reports)
def test_a_report_survives_json_without_loss(report: Report) -> None:
    assert from_json(to_json(report)) == report
