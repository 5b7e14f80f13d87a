"""The action's inputs become the command line of `bloatcheck run`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.action import script

run = script("run")


def test_inputs_left_out_are_left_out() -> None:
    assert run.arguments({}) == ["run"]
    assert run.arguments(
        {"BLOATCHECK_CONFIG": "", "BLOATCHECK_IMAGE": " \n\n", "BLOATCHECK_ENFORCE": ""}
    ) == ["run"]


def test_each_input_has_its_option() -> None:
    assert run.arguments(
        {
            "BLOATCHECK_CONFIG": "ci/bloatcheck.yml",
            "BLOATCHECK_COMMENT": "always",
            "BLOATCHECK_REPORT_DIR": "/tmp/a folder",
            "BLOATCHECK_IMAGE": "api\n  web*  \n",
        }
    ) == [
        "run",
        "--config=ci/bloatcheck.yml",
        "--comment=always",
        "--report-dir=/tmp/a folder",
        "--image=api",
        "--image=web*",
    ]


@pytest.mark.parametrize(
    ("value", "option"), [("true", "--enforce"), ("false", "--no-enforce"), (" False ", "--no-enforce")]
)
def test_enforce_is_a_yes_or_no(value: str, option: str) -> None:
    assert run.arguments({"BLOATCHECK_ENFORCE": value}) == ["run", option]


@pytest.mark.parametrize("value", ["yes", "0", "::error::x"])
def test_enforce_is_nothing_else(
    value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BLOATCHECK_ENFORCE", value)
    assert run.main() == 2
    assert capsys.readouterr().out == "::error title=bloatcheck::the input `enforce` is true or false\n"


@given(st.dictionaries(st.sampled_from([*run.OPTIONS, "BLOATCHECK_IMAGE"]), st.text(), max_size=4))
def test_no_value_becomes_an_option(environ: dict[str, str]) -> None:
    _, *options = run.arguments(environ)
    allowed = {*run.OPTIONS.values(), "--image"}
    assert all(option.partition("=")[0] in allowed for option in options)
