"""A `.dive-ci` file means what it means to dive."""

import re

import pytest

from bloatcheck.config.dive_ci import DiveRules, read_dive_ci
from bloatcheck.errors import ConfigError

README = """\
rules:
  # If the efficiency is measured below X%, mark as failed.
  # Expressed as a ratio between 0-1.
  lowest-efficiency: 0.95
  highest-wasted-bytes: 20MB
  highest-user-wasted-percent: 0.20
"""


def test_the_three_rules_are_read() -> None:
    assert read_dive_ci(README) == DiveRules(
        lowest_efficiency=0.95, highest_wasted_bytes=20_000_000, highest_user_wasted=0.2
    )


@pytest.mark.parametrize("text", ["", "# nothing", "rules:\n", "rules: {}\n"])
def test_what_is_left_out_is_as_dive_has_it(text: str) -> None:
    assert read_dive_ci(text) == DiveRules(
        lowest_efficiency=0.9, highest_wasted_bytes=None, highest_user_wasted=0.1
    )


@pytest.mark.parametrize("word", ["disabled", "off", "false", '""', "~", "Disabled"])
def test_a_rule_is_switched_off_by_a_word(word: str) -> None:
    assert read_dive_ci(f"rules:\n  lowest-efficiency: {word}\n").lowest_efficiency is None


def test_the_old_names_win_as_they_do_in_dive() -> None:
    assert (
        read_dive_ci("rules:\n  lowestEfficiency: 0.5\n  lowest-efficiency: 0.7\n").lowest_efficiency == 0.5
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "rules:\n  lowest-efficiency: 95%\n",
            ".dive-ci:2: lowest-efficiency: not a number from 0 to 1: '95%'",
        ),
        ("rules:\n  lowest-efficiency: 1.5\n", "not a number from 0 to 1"),
        ("rules:\n  highest-user-wasted-percent: nan\n", "not a number from 0 to 1"),
        ("rules:\n  highest-wasted-bytes: much\n", "not a size: 'much'"),
        ("rules: [1]\n", "there are no `rules` in it"),
        ("- 1\n", "there are no `rules` in it"),
        ("limits: {}\n", "there are no `rules` in it"),
        ("rules: {a: {b: }}\nrules: 1", "rules"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(problem)):
        read_dive_ci(text)
