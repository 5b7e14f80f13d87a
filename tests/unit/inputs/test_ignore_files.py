"""`.dockerignore`, by the rules of moby's patternmatcher."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.inputs.ignore import parse_ignore_file
from bloatcheck.inputs.model import UnresolvedError

SOON = pytest.mark.timeout(60)
"""What goes wrong here goes on for years."""


@pytest.mark.parametrize(
    ("text", "ignored", "left"),
    [
        ("", [], ["a", "a/b"]),
        ("# a\n", [], ["a", "# a"]),
        ("a", ["a", "a/b", "a/b/c"], ["b/a", "ab"]),
        ("/a/", ["a", "a/b"], ["b/a"]),
        ("./a/../b", ["b"], ["a"]),
        ("  a  \r\n", ["a"], ["b"]),
        ("\ufeffa", ["a"], []),
        ("a\x1c\nb\u3000", ["b"], ["a"]),  # only what is white space to Go
        ("*.md", ["x.md"], ["d/x.md", "x.mdx"]),
        ("*/temp*", ["a/temporary", "a/temp/b"], ["temp", "a/b/temp"]),
        ("temp?", ["tempa"], ["temp", "tempab"]),
        ("**/*.md", ["x.md", "d/x.md", "d/e/x.md"], ["x.txt"]),
        ("**/a", ["a", "b/a", "b/a/c"], ["ab", "ba"]),
        ("**a", ["a", "ba", "x/ba"], ["ab"]),
        ("**", ["a", "a/b"], []),
        ("a/**", ["a/b", "a/b/c"], ["a", "ab"]),
        ("a/**/z", ["a/z", "a/b/z", "a/b/c/z"], ["z", "a/bz"]),
        ("**/a/**/b/*.c", ["a/b/x.c", "x/a/y/b/x.c"], ["a/b/d/x.c", "b/x.c"]),
        ("[a-c]x", ["ax", "cx"], ["dx"]),
        ("[^a]x", ["bx"], ["ax"]),
        (r"\*a", ["*a"], ["xa"]),
        ("a.b", ["a.b"], ["axb"]),
        ("*\n!a", ["b", "c/d"], ["a", "a/b"]),
        ("*\n!a/b", ["a", "a/c", "c"], ["a/b", "a/b/c"]),
        ("*.md\n!README*.md\nREADME-secret.md", ["x.md", "README-secret.md"], ["README.md"]),
        ("!a\na", ["a"], []),
    ],
)
def test_the_last_pattern_that_fits_decides(text: str, ignored: list[str], left: list[str]) -> None:
    file = parse_ignore_file(text)
    assert [path for path in (*ignored, *left) if file.ignores(path)] == ignored


def test_what_is_not_utf_8_is_not_understood() -> None:
    with pytest.raises(ValueError, match="it is not written in UTF-8"):
        parse_ignore_file("*\n!caf\ufffd")


@pytest.mark.parametrize("text", ["!", "[a", "a[", "*a*b*c*d", "**/a**b**/c"])
def test_what_builders_refuse_or_would_take_long_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"its? .*pattern"):
        parse_ignore_file(text)


def test_a_folder_is_pruned_only_where_nothing_below_is_taken_back() -> None:
    file = parse_ignore_file("node_modules\nsrc\n!src/app/**\nlogs\n!**/keep\n")
    assert not file.prunes("logs")
    file = parse_ignore_file("node_modules\nsrc\n!src/app/**\n")
    assert file.prunes("node_modules")
    assert not file.prunes("src")
    assert not file.prunes("src/app")
    assert file.prunes("src/other")


_NAMES = st.text("ab*?.", min_size=1, max_size=3) | st.sampled_from(["**", "a", "b"])
_PATTERNS = st.lists(_NAMES, min_size=1, max_size=4).map("/".join)
_PATHS = st.lists(st.text("ab.", min_size=1, max_size=3), min_size=1, max_size=5).map("/".join)


@given(st.lists(st.tuples(st.booleans(), _PATTERNS), max_size=4), _PATHS)
def test_what_is_below_a_pruned_folder_is_ignored(lines: list[tuple[bool, str]], path: str) -> None:
    try:
        file = parse_ignore_file("\n".join(f"{'!' * back}{pattern}" for back, pattern in lines))
    except ValueError:
        return
    names = path.split("/")
    if any(file.prunes("/".join(names[:end])) for end in range(1, len(names))):
        assert file.ignores(path)


@SOON
def test_hostile_patterns_and_paths_take_no_long_time() -> None:
    file = parse_ignore_file("\n".join(["/".join(["**", "a*a*a*"] * 12) + "/b", "**/" * 40 + "x*y*z"]))
    assert not file.ignores("/".join(["a" * 60] * 60))
    assert not file.ignores("a" * 250)


@SOON
def test_one_endless_pattern_takes_no_long_time() -> None:
    assert not parse_ignore_file("**/a*b*/" * 25_000).ignores("a/b")
    with pytest.raises(ValueError, match="1,000,000 characters"):
        parse_ignore_file("**/a*b*/" * 125_000)


@SOON
def test_no_name_takes_the_time_of_all_its_places_multiplied_by_those_of_the_next() -> None:
    file = parse_ignore_file("\n".join("*a*a*a/" * 3 + f"b{number}" for number in range(20)))
    assert not file.ignores("/".join(["a" * 250] * 4))


@SOON
def test_thousands_of_patterns_for_thousands_of_files_are_not_compared_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bloatcheck.inputs.ignore.MOST_COMPARED", 10_000)
    file = parse_ignore_file("\n".join(f"a{number}*" for number in range(100)))
    with pytest.raises(UnresolvedError, match="too many patterns for so many files"):
        any(file.ignores(f"folder/b{number}") for number in range(200))


def test_each_pattern_is_compared_once_with_a_folder_whatever_is_below(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bloatcheck.inputs.ignore.MOST_COMPARED", 1_500)
    file = parse_ignore_file("\n".join(f"a{number}*" for number in range(10)))
    assert not any(file.ignores(f"1/2/3/4/b{number}") for number in range(100))


def test_stars_around_a_set_that_may_be_a_slash_are_refused() -> None:
    with pytest.raises(ValueError, match="a set that may be a slash"):
        parse_ignore_file("a*[^b]*c")
    assert parse_ignore_file("a*[bc]*d").ignores("axbyd")
