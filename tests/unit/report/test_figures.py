"""Numbers as they are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.reports import report

from bloatcheck.report.figures import broken_limit, change, count, percent, told_apart


def test_sizes_are_rounded_where_that_tells_them_apart() -> None:
    assert told_apart(77_800_000, 90_200_000) == ("77.8 MB", "90.2 MB")


def test_sizes_that_differ_and_would_print_alike_are_exact() -> None:
    assert told_apart(77_823_417, 77_823_418) == ("77,823,417 B", "77,823,418 B")


def test_equal_sizes_are_rounded() -> None:
    assert told_apart(77_823_417, 77_823_417) == ("77.8 MB", "77.8 MB")


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_different_sizes_never_print_alike(one: int, other: int) -> None:
    first, second = told_apart(one, other)
    assert (first == second) == (one == other)


def test_a_change_has_its_percentage_where_there_was_something() -> None:
    assert change(1_200_000, 30_000_000) == "+1.20 MB (+4.0 %)"
    assert change(1_200_000, 0) == change(1_200_000) == "+1.20 MB"
    assert change(0, 5) == "±0 B"


def test_endless_percentages_end() -> None:
    assert [percent(value) for value in (9999.0, 10_000.0, 1e15)] == ["+9999.0 %", "+>9999 %", "+>9999 %"]


def test_nouns_are_counted() -> None:
    assert [count(1, "layer"), count(2000, "layer"), count(0, "is", "are")] == [
        "1 layer",
        "2,000 layers",
        "0 are",
    ]


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        ("content fail 40 MB", "is 57.0 MB, 17.0 MB over the limit of 40.0 MB"),
        ("content warn 40 MB", "is 57.0 MB, 17.0 MB over the warning limit of 40.0 MB"),
        ("content-growth fail 5%", "grew by 15.0 MB (+35.7 %), 12.9 MB over the limit of 5 % (2.10 MB)"),
        ("content-growth fail 1 MB or 5%", "grew by 15.0 MB (+35.7 %), 14.0 MB over the limit of 1.00 MB"),
        (
            "content-growth fail 1 MB and 5%",
            "grew by 15.0 MB (+35.7 %), 12.9 MB over the limit of 5 % (2.10 MB)",
        ),
        (
            "content-growth fail 14999999 B",
            "grew by 15,000,000 B (+35.7 %), 1 B over the limit of 14,999,999 B",
        ),
        ("layers fail 1", "has 2 layers, 1 over the limit of 1"),
        ("layer-growth fail 11 MB", "grew by 15.0 MB (+150.0 %), 4.00 MB over the limit of 11.0 MB"),
    ],
)
def test_a_broken_limit_is_told_with_both_numbers_and_the_excess(limit: str, text: str) -> None:
    told = report(f"image api\n limit {limit}\n 32 MB FROM x\n 10 MB -> 25 MB RUN make")
    assert broken_limit(told.images[0].findings[0]) == text
