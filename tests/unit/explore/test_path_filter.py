"""What somebody types chooses paths, and takes no longer than a person waits."""

import time

import pytest

from bloatcheck.explore.path_filter import FilterError, path_filter

PATHS = [b"usr/lib/libcurl.so", b"usr/bin/curl", b"srv/App/main.pyc", b"srv/a[1].py"]


def chosen(text: str) -> list[bytes]:
    fits = path_filter(text, owner={b"usr/bin/curl": "curl"}.get)
    return [path for path in PATHS if fits is None or fits(path)]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", [0, 1, 2, 3]),
        ("  ", [0, 1, 2, 3]),
        ("CURL", [0, 1]),
        ("/usr/b", [1]),
        ("app/", [2]),
        ("*.pyc", [2]),
        ("usr/**/lib*", [0]),
        ("srv/", [2, 3]),
        ("re:/bin/|\\.pyc$", [1, 2]),
        ("re:^/usr", [0, 1]),
        ("package:curl", [1]),
        ("package:libcurl4", []),
        ("[", []),
    ],
)
def test_it_chooses(text: str, places: list[int]) -> None:
    assert chosen(text) == [PATHS[place] for place in places]


@pytest.mark.parametrize("text", ["re:(", "re:*", "re:[z-a]", "re:\\"])
def test_what_is_no_expression_is_told(text: str) -> None:
    with pytest.raises(FilterError, match="no regular expression"):
        path_filter(text)


def test_an_expression_that_takes_for_ever_is_given_up() -> None:
    fits = path_filter("re:^(/|a|b|a+|b+|(ab)+)*$")
    assert fits
    start = time.monotonic()
    with pytest.raises(FilterError, match="too long"):
        [fits(b"ab" * 2000 + b"!%d" % number) for number in range(1000)]
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    "expression",
    ["((((a{1000}){1000}){1000}))", "(?:(?:a{1,999}){999}){0,999}", "a{1000}" * 1000, "x" * 1001],
)
def test_an_expression_that_would_fill_the_memory_is_not_compiled(expression: str) -> None:
    with pytest.raises(FilterError, match="too large"):
        path_filter(f"re:{expression}")


@pytest.mark.parametrize("expression", ["(?R)", "(?P<a>(?P>a))", "(a(?1))", "(?P<a>b(?&a))", "(?-1)"])
def test_an_expression_that_calls_itself_is_none(expression: str) -> None:
    with pytest.raises(FilterError, match="itself"):
        path_filter(f"re:{expression}")


def test_an_expression_may_say_how_often() -> None:
    fits = path_filter(r"re:/[0-9]{4}-[0-9]{2}-[0-9]{2}\.[a-z]{2,3}(0){0}$")
    assert fits
    assert fits(b"logs/2026-11-24.log")
