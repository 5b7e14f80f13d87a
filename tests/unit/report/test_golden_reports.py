"""What people read, case by case. The pictures of `scripts/render_comment.py` are made of these files."""

import pytest
from support.golden import GOLDEN, assert_golden
from support.report_cases import NAMES, case

from bloatcheck.ci.github import GITHUB
from bloatcheck.report.annotations import annotate
from bloatcheck.report.markdown import render_comment, render_summary
from bloatcheck.report.text import render_text

every_case = pytest.mark.parametrize("name", NAMES)


@every_case
def test_the_comment(name: str) -> None:
    assert_golden(f"comment/{name}.md", render_comment(case(name)))


@every_case
def test_the_terminal_text(name: str) -> None:
    assert_golden(f"text/{name}.txt", render_text(case(name)))


def test_the_job_summary() -> None:
    assert_golden("summary/growth_over_the_limit.md", render_summary(case("growth_over_the_limit")))


@every_case
def test_the_annotations(name: str) -> None:
    lines = (GITHUB.annotation(annotation) for annotation in annotate(case(name)))
    assert_golden(f"annotations/{name}.txt", "".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize("folder", ["comment", "text", "annotations"])
def test_no_golden_file_is_left_without_its_case(folder: str) -> None:
    assert {file.stem for file in (GOLDEN / folder).iterdir()} == set(NAMES)
