"""Annotations: beside the lines that grew, the worst first, and no more than GitHub shows."""

from dataclasses import replace

import pytest
from support.reports import report
from support.workflow_commands import Runner

from bloatcheck.ci.github import GITHUB
from bloatcheck.ci.model import Annotation, AnnotationLevel
from bloatcheck.errors import Place
from bloatcheck.report.annotations import annotate

GROWTH = """
    image api
        limit content-growth fail 1 MB
        limit layer-growth {level} 1 MB
        10 MB -> 12 MB   RUN make       @ Dockerfile:3-4
        - -> 5 MB        COPY big /big  @ Dockerfile:9
"""


def many(count: int, level: str) -> str:
    return "\n".join(
        f"image {level}-{index}\n limit content-growth {level} 1 B\n"
        f" 1 MB -> {index + 2} MB RUN x @ Dockerfile:{index + 1}"
        for index in range(count)
    )


def test_a_broken_limit_is_an_error_on_the_line_to_blame() -> None:
    errors = annotate(report(GROWTH.format(level="fail")))
    assert [(each.level, each.place) for each in errors] == [
        (AnnotationLevel.ERROR, Place("Dockerfile", 9)),
        (AnnotationLevel.ERROR, Place("Dockerfile", 3, 4)),
    ]


def test_in_a_folder_of_the_repository_the_file_is_told_from_the_top() -> None:
    shown = report(GROWTH.format(level="fail"))
    errors = annotate(replace(shown, origin=replace(shown.origin, folder="services/api")))
    assert [each.place for each in errors] == [
        Place("services/api/Dockerfile", 9),
        Place("services/api/Dockerfile", 3, 4),
    ]


def test_what_concerns_one_image_and_one_line_is_one_annotation() -> None:
    (both, _) = annotate(report(GROWTH.format(level="fail")))
    assert both.title == "api breaks a limit"
    assert both.message.splitlines() == [
        "api, content-growth: grew by 7.00 MB (+70.0 %), 6.00 MB over the limit of 1.00 MB",
        "api, layer-growth: Dockerfile:9 COPY big /big adds 5.00 MB, 4.00 MB over the limit of 1.00 MB",
    ]


def test_a_broken_warning_limit_is_a_warning() -> None:
    levels = [each.level for each in annotate(report(GROWTH.format(level="warn")))]
    assert levels == [AnnotationLevel.ERROR, AnnotationLevel.WARNING, AnnotationLevel.WARNING]


def test_limits_that_are_only_told_are_warnings() -> None:
    told = annotate(report(GROWTH.format(level="fail"), enforced=False))
    assert {each.level for each in told} == {AnnotationLevel.WARNING}


def test_a_failed_build_is_an_error_on_its_line_whether_limits_are_enforced_or_not() -> None:
    (error,) = annotate(report("image api failed build: exit code 1 @ web/Dockerfile:7", enforced=False))
    assert (error.level, error.place) == (AnnotationLevel.ERROR, Place("web/Dockerfile", 7))
    assert error.message.startswith("api could not be built: web/Dockerfile:7: exit code 1")


def test_an_incomparable_image_is_a_warning_about_no_line() -> None:
    (warning,) = annotate(report("image api incomparable: another measure\n 1 MB COPY . ."))
    assert (warning.level, warning.place) == (AnnotationLevel.WARNING, None)


def test_nothing_broken_is_nothing_to_tell() -> None:
    assert annotate(report("image api\n 1 MB -> 5 MB COPY . .")) == ()


def test_the_worst_ten_of_each_level_are_shown_and_the_rest_is_counted() -> None:
    told = annotate(report(f"{many(13, 'fail')}\n{many(12, 'warn')}"))
    errors = [each for each in told if each.level is AnnotationLevel.ERROR]
    warnings = [each for each in told if each.level is AnnotationLevel.WARNING]
    assert [each.title for each in errors] == [f"fail-{index} breaks a limit" for index in range(12, 2, -1)]
    assert len(warnings) == 10
    assert told[-1].level is AnnotationLevel.NOTICE
    assert told[-1].message == "3 more errors and 2 more warnings: see the job summary."


def test_ten_of_a_level_are_all_there_is() -> None:
    assert len(annotate(report(many(10, "fail")))) == 10


@pytest.mark.parametrize(
    ("annotation", "line"),
    [
        (
            Annotation(AnnotationLevel.ERROR, "a: b, c", "50 %\nnext", Place("docker/Dockerfile", 3, 5)),
            "::error file=docker/Dockerfile,line=3,endLine=5,title=a%3A b%2C c::50 %25%0Anext",
        ),
        (Annotation(AnnotationLevel.NOTICE, "t", "m"), "::notice title=t::m"),
        (
            Annotation(AnnotationLevel.WARNING, "t", "m", Place("a\n::error::,x")),
            "::warning file=a%0A%3A%3Aerror%3A%3A%2Cx,title=t::m",
        ),
    ],
)
def test_the_workflow_command(annotation: Annotation, line: str) -> None:
    assert GITHUB.annotation(annotation) == line
    runner = Runner()
    runner.read(line)
    assert len(runner.commands) == 1
