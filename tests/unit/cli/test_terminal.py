"""What a program prints reaches the terminal as text in colour, and as nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.cli.terminal import ColourFilter

FRAGMENTS = st.text() | st.sampled_from(
    ["\x1b", "[", "\x1b[", "31", ";", "m", "2J", "\x1b]0;", "\x07", "\x1b\\", "\x9b", "\r", "\n", "\x1b[31m"]
)


def filtered(*pieces: str) -> str:
    colours = ColourFilter()
    return "".join(colours.feed(piece) for piece in pieces)


@pytest.mark.parametrize(
    "text", ["plain\n", "tab\tand\rreturn\n", "\x1b[31mred\x1b[0m", "\x1b[1;38;5;208mx\x1b[m", "ä→漢😀"]
)
def test_text_and_colours_pass(text: str) -> None:
    assert filtered(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\x1b[2Jb\x1b[1;1Hc\x1b[0Kd", "abcd"),
        ("\x1b]0;title\x07text", "]0;titletext"),
        ("\x1b]52;c;cm0gLXJm\x07", "]52;c;cm0gLXJm"),
        ("\x1b[6n\x1b[c\x1b[>0q", ""),
        ("\x1b[?1049h\x1b[?25l", ""),
        ("\x1bcreset", "creset"),
        ("a\x08\x08b\x00c\x07", "abc"),
        ("\x9b2J", "\ufffd2J"),
        ("\u202eevil\u2066", "\ufffdevil\ufffd"),
        ("\x1b\x1b[2J[2J", "[2J"),
        ("\x1b\x00[2J", "[2J"),
    ],
)
def test_nothing_that_moves_renames_hides_or_asks_passes(text: str, left: str) -> None:
    assert filtered(text) == left


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\x1b[2Jb", "\x1b[1;38;5;208mx"])
def test_a_sequence_cut_anywhere_is_still_one(text: str) -> None:
    for place in range(len(text) + 1):
        assert filtered(text[:place], text[place:]) == filtered(text)


def test_a_sequence_that_never_ends_is_not_kept() -> None:
    colours = ColourFilter()
    for _ in range(10_000):
        colours.feed("\x1b[" + "1;" * 100)
    assert len(colours._held) < 64


def test_colour_left_on_is_turned_off_at_the_end() -> None:
    colours = ColourFilter()
    colours.feed("\x1b[8mhidden")
    assert colours.close() == "\x1b[0m"
    assert colours.close() == ""
    colours.feed("\x1b[31mred\x1b[0m")
    assert colours.close() == ""


@given(st.lists(FRAGMENTS))
def test_no_pieces_let_a_control_character_through(pieces: list[str]) -> None:
    output = re.sub(r"\x1b\[[0-9;:]*m", "", filtered(*pieces))
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", output)
