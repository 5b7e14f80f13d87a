"""Output is cut into lines, and its end kept, in bounded memory."""

from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.build.lines import (
    MAX_LINE_LENGTH,
    TAIL_LINE_LENGTH,
    TAIL_LINES,
    LineCutter,
    Tail,
    without_escapes,
)


def lines_of(pieces: list[str]) -> list[str]:
    cutter = LineCutter()
    return [line for piece in pieces for line in cutter.feed(piece)] + list(cutter.close())


@given(st.lists(st.text(max_size=50)))
def test_lines_do_not_depend_on_the_pieces_they_came_in(pieces: list[str]) -> None:
    lines = lines_of(pieces)
    assert lines == lines_of(["".join(pieces)])
    assert "\n".join(lines).rstrip("\n") == "".join(pieces).rstrip("\n")


def test_a_line_without_end_takes_bounded_memory() -> None:
    cutter = LineCutter()
    for _ in range(1000):
        assert list(cutter.feed("x" * 10_000)) == []
    (line,) = cutter.close()
    assert len(line) == MAX_LINE_LENGTH


def test_the_tail_keeps_the_last_lines_each_shortened() -> None:
    tail = Tail()
    for number in range(1000):
        tail.see(f"{number} " + "x" * 1000)
    assert len(tail.lines) == TAIL_LINES
    assert tail.lines[-1].startswith("999 xxx")
    assert {len(line) for line in tail.lines} == {TAIL_LINE_LENGTH}
    assert tail.lines[-1].endswith("…")


def test_the_tail_is_what_a_terminal_would_show() -> None:
    tail = Tail()
    for line in ("", "\x1b[91mred\x1b[0m", "10%\r20%\r100%", "Sending 9 kB\r\r", "\x1b]0;title\x07text", ""):
        tail.see(line)
    assert tail.lines == ("red", "100%", "Sending 9 kB", "text")


def test_no_output_is_no_tail() -> None:
    assert Tail().lines == ()


@given(st.text())
def test_text_without_escapes_stays(text: str) -> None:
    plain = text.replace("\x1b", "")
    assert without_escapes(plain) == plain
