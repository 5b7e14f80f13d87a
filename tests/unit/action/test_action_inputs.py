"""The action's inputs become a command line of bloatcheck."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.action import script

run = script("run")

GIVEN = {
    "BLOATCHECK_CONFIG": "ci/bloatcheck.yml",
    "BLOATCHECK_COMMENT": "always",
    "BLOATCHECK_REPORT_DIR": "/tmp/a folder",
}


def test_inputs_left_out_are_left_out() -> None:
    assert run.arguments({}) == ["run"]
    assert run.arguments(
        {"BLOATCHECK_CONFIG": "", "BLOATCHECK_IMAGE": " \n\n", "BLOATCHECK_ENFORCE": ""}
    ) == ["run"]


def test_each_input_of_a_run_has_its_option() -> None:
    assert run.arguments({**GIVEN, "BLOATCHECK_IMAGE": "api\n  web*  \n"}) == [
        "run",
        "--config=ci/bloatcheck.yml",
        "--comment=always",
        "--report-dir=/tmp/a folder",
        "--image=api",
        "--image=web*",
    ]


def test_a_leg_is_a_run_that_judges_nothing() -> None:
    environ = {"BLOATCHECK_COMMAND": "leg", "BLOATCHECK_IMAGE": "api", "BLOATCHECK_REPORT_DIR": "out"}
    assert run.arguments(environ) == ["run", "--leg", "--report-dir=out", "--image=api"]


def test_a_leg_can_be_for_one_platform() -> None:
    environ = {"BLOATCHECK_COMMAND": "leg", "BLOATCHECK_IMAGE": "api", "BLOATCHECK_PLATFORM": "linux/arm64"}
    assert run.arguments(environ) == ["run", "--leg", "--image=api", "--platform=linux/arm64"]


def test_merge_takes_folders_and_what_to_expect() -> None:
    environ = {
        **GIVEN,
        "BLOATCHECK_COMMAND": "merge",
        "BLOATCHECK_REPORTS": "legs\n--help\n",
        "BLOATCHECK_EXPECT": "api\nweb-*",
        "BLOATCHECK_ENFORCE": "true",
        "BLOATCHECK_ALL": "true",
    }
    assert run.arguments(environ) == [
        "merge",
        "--config=ci/bloatcheck.yml",
        "--comment=always",
        "--report-dir=/tmp/a folder",
        "--expect=api",
        "--expect=web-*",
        "--enforce",
        "--all",
        "--",
        "legs",
        "--help",
    ]


def test_comment_reads_the_report_where_it_was_unpacked() -> None:
    environ = {
        "BLOATCHECK_COMMAND": "comment",
        "BLOATCHECK_REPORTS": "handed-over",
        "BLOATCHECK_REPORT_DIR": "out",
    }
    assert run.arguments(environ) == ["comment", "--report-dir=handed-over"]


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({"BLOATCHECK_COMMAND": "clean"}, "the input `command` is run, plan, leg, merge or comment"),
        ({"BLOATCHECK_REPORTS": "x"}, "the input `reports` is not for the command `run`"),
        (
            {"BLOATCHECK_COMMAND": "merge", "BLOATCHECK_REPORTS": "x", "BLOATCHECK_IMAGE": "api"},
            "the input `image` is not for the command `merge`",
        ),
        (
            {"BLOATCHECK_COMMAND": "leg", "BLOATCHECK_ENFORCE": "true"},
            "the input `enforce` is not for the command `leg`",
        ),
        ({"BLOATCHECK_COMMAND": "merge"}, "the input `reports` names the folder of the reports to merge"),
        (
            {"BLOATCHECK_COMMAND": "comment", "BLOATCHECK_REPORTS": "a\nb"},
            "the input `reports` names the one folder of the report to post",
        ),
        ({"BLOATCHECK_ENFORCE": "yes"}, "the input `enforce` is true or false"),
        ({"BLOATCHECK_ENFORCE": "::error::x"}, "the input `enforce` is true or false"),
    ],
)
def test_inputs_that_make_no_sense_are_refused(
    environ: dict[str, str],
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in {**environ, "GITHUB_OUTPUT": str(tmp_path / "outputs")}.items():
        monkeypatch.setenv(name, value)
    assert run.main() == 2
    assert capsys.readouterr().out == f"::error title=bloatcheck::{why}\n"
    assert (tmp_path / "outputs").read_text() == "exit-code=2\n"


@pytest.mark.parametrize(
    ("value", "option"), [("true", "--enforce"), ("false", "--no-enforce"), (" False ", "--no-enforce")]
)
def test_enforce_is_a_yes_or_no(value: str, option: str) -> None:
    assert run.arguments({"BLOATCHECK_ENFORCE": value}) == ["run", option]


@given(
    st.dictionaries(st.sampled_from([*run.OPTIONS, *run.LISTS, "BLOATCHECK_REPORTS"]), st.text(), max_size=4),
    st.sampled_from(sorted(run.COMMANDS)),
)
def test_no_value_becomes_an_option(environ: dict[str, str], command: str) -> None:
    try:
        arguments = run.arguments({**environ, "BLOATCHECK_COMMAND": command})
    except ValueError:
        return
    options = arguments[len(run.COMMANDS[command]) :]
    if "--" in options:
        options = options[: options.index("--")]
    allowed = {*run.OPTIONS.values(), *run.LISTS.values()}
    assert all(option.partition("=")[0] in allowed for option in options)
