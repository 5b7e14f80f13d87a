"""Sizes and percents: what people type, and what they read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.units import (
    format_bytes,
    format_delta,
    format_duration,
    format_exact,
    format_percent,
    parse_bytes,
    parse_percent,
)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1000", 1000),
        ("10 MB", 10_000_000),
        ("1.5 kB", 1500),
        ("1.5GiB", 1_610_612_736),
        ("512 KiB", 524_288),
        ("3m", 3_000_000),
        ("1_000 b", 1000),
    ],
)
def test_a_size_is_read_with_decimal_and_binary_units(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1", "1 XB", "1.5", "1e3", "10 MB extra", "٣ MB", "0.0001 kB"])
def test_what_is_no_size_is_refused_with_an_example_or_reason(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_bytes(text)


def test_a_percentage_is_read_with_or_without_a_space() -> None:
    assert parse_percent("5%") == parse_percent(" 5 % ") == 5.0


@pytest.mark.parametrize("text", ["5", "%", "-5%", "nan%", "٣%"])
def test_what_is_no_percentage_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a percentage"):
        parse_percent(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (77_823_417, "77.8 MB"),
        (9_994, "9.99 kB"),
        (9_995, "10.0 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (999_999_999, "1.00 GB"),
        (1_234_567_890_123_456_789, "1235 PB"),
        (-1500, "−1.50 kB"),
    ],
)
def test_sizes_are_printed_with_three_significant_digits(size: int, text: str) -> None:
    assert format_bytes(size) == text


def test_a_delta_always_has_a_sign() -> None:
    assert [format_delta(size) for size in (0, 1500, -1500)] == ["±0 B", "+1.50 kB", "−1.50 kB"]


@pytest.mark.parametrize(
    ("percent", "text"),
    [(0.0, "±0 %"), (4.23, "+4.2 %"), (-0.034, "−0.03 %"), (0.00001, "+<0.001 %"), (0.004, "+0.004 %")],
)
def test_small_percentages_keep_a_digit_that_says_something(percent: float, text: str) -> None:
    assert format_percent(percent) == text


def test_exact_bytes_have_thousands_separators() -> None:
    assert format_exact(1_234_567) == "1,234,567 B"


@given(st.integers(min_value=0, max_value=10**16))
def test_a_printed_size_reads_back_within_half_a_percent(size: int) -> None:
    assert abs(parse_bytes(format_bytes(size)) - size) <= size * 0.005


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.4, "0 s"),
        (8, "8 s"),
        (59.6, "1 min"),
        (125, "2 min 5 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h"),
        (3725, "1 h 2 min"),
    ],
)
def test_durations_are_told_as_people_say_them(seconds: float, told: str) -> None:
    assert format_duration(seconds) == told
