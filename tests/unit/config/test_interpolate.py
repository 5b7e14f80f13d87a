"""Variables of compose files are filled in as compose fills them in."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.config.discovery.interpolate import interpolate

VARIABLES = {"SET": "x", "EMPTY": "", "OTHER": "y"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain", "plain"),
        ("$SET-$OTHER", "x-y"),
        ("a${SET}b", "axb"),
        ("${NONE}", ""),
        ("$$SET", "$SET"),
        ("${EMPTY:-default}", "default"),
        ("${EMPTY-default}", ""),
        ("${NONE-default}", "default"),
        ("${SET:-default}", "x"),
        ("${SET:+other}${NONE:+other}${EMPTY+other}", "otherother"),
        ("${SET:?must be set}", "x"),
        ("${NONE:-${SET:-deep}}", "x"),
        ("${NONE:-a${NONE:-b}c}d", "abcd"),
    ],
)
def test_every_form_is_filled_in(text: str, filled: str) -> None:
    assert interpolate(text, VARIABLES) == filled


@pytest.mark.parametrize(
    "text", ["$", "${", "${SET", "${}", "${1}", "${SET!x}", "${NONE:?needed}", "${NONE:-" * 9 + "}" * 9]
)
def test_what_compose_would_refuse_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        interpolate(text, VARIABLES)


def test_what_grows_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="hold too much"):
        interpolate("$LONG" * 1000, {"LONG": "x" * 1000})


@given(st.text(alphabet="${}ABC:-+?_ x", max_size=60))
def test_no_text_is_too_odd(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(interpolate(text, {"A": "1"}), str)


@given(st.text().filter(lambda text: "$" not in text))
def test_text_without_variables_is_left_as_it_is(text: str) -> None:
    assert interpolate(text, VARIABLES) == text
