"""Foreign text that can be looked at."""

import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.report.plain import display_width, harmless, harmless_line, printed, shorten, wrapped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("  two\t words\r\nthree\u2028four  ", "two words three four"),
        ("\x1b[2Jgone\x07", "\ufffd[2Jgone\ufffd"),
        ("a\u202egnp.exe", "a\ufffdgnp.exe"),
        ("zero\u200bwidth\ufeff", "zero\ufffdwidth\ufffd"),
        ("hangul\u3164filler", "hangul\ufffdfiller"),
        ("tag\U000e0041", "tag\ufffd"),
        ("selector\U000e0100", "selector\ufffd"),
        ("\ud800\uffff", "\ufffd\ufffd"),
        ("cafe\u0301 日本語 \U0001f600", "cafe\u0301 日本語 \U0001f600"),
        ("z\u0335\u0336\u0337\u0338\u0339", "z\u0335\u0336\u0337"),
        ("", ""),
    ],
)
def test_text_becomes_one_visible_line(text: str, shown: str) -> None:
    assert harmless(text) == shown


@given(st.text())
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert harmless(harmless(text)) == harmless(text)


@given(st.text())
def test_a_line_that_is_laid_out_keeps_its_spaces_and_nothing_else_that_hides_or_moves(text: str) -> None:
    line = harmless_line(text)
    assert len(line.splitlines()) <= 1
    assert all(harmless(each) in (each, "") for each in line if not each.isspace())
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", line)
    assert harmless_line(f"    {text}").startswith("    ") or not text.strip()


def test_a_cut_is_marked() -> None:
    assert [shorten("abcdef", longest) for longest in (6, 5, 1)] == ["abcdef", "abcd…", "…"]
    assert shorten("ab cdef", 4) == "ab…"


def test_width_is_in_columns_of_a_terminal() -> None:
    assert [display_width(text) for text in ("abc", "日本", "e\u0301")] == [3, 4, 1]


def test_a_template_prints_text_and_numbers_only() -> None:
    assert printed(3) == "3"
    with pytest.raises(TypeError, match="prints a NoneType"):
        printed(None)


@pytest.mark.parametrize("letter", ["x", "é", "\u1160", "日", "é\u0301", "❤\ufe0f"])
def test_a_word_without_end_is_broken_in_little_time(letter: str) -> None:
    word = letter * 50_000
    started = process_time()
    lines = wrapped(word, 40, indent="").split("\n")
    assert process_time() - started < 5
    assert "".join(lines) == word
    assert max(map(display_width, lines)) <= 40


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_words_come_to_an_end_where_a_terminal_has_no_room_for_the_indentation(columns: int) -> None:
    assert "".join(wrapped("one 日本 three", columns, first="  - ", indent="    ").split()) == "-one日本three"
