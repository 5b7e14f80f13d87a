"""When a refused request is tried again, and after how long."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from bloatcheck.publish.patience import Patience, is_rate_limit, requested_pause

NOW = 1_800_000_000.0


def pause(status: int, message: str = "", **headers: str) -> float | None:
    named = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    return requested_pause(status, named, message, now=NOW)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 501])
def test_a_lasting_refusal_is_not_tried_again(status: int) -> None:
    assert pause(status) is None


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_passing_fault_is_tried_again_soon(status: int) -> None:
    assert pause(status) == 0


def test_retry_after_in_seconds_is_taken_as_it_is() -> None:
    assert pause(429, Retry_After="17") == 17
    assert pause(403, Retry_After="17") == 17
    assert pause(503, retry_after=" 17 ") == 17


def test_retry_after_as_a_date_is_taken_relative_to_now() -> None:
    assert pause(429, Retry_After=formatdate(NOW + 30, usegmt=True)) == 30
    assert pause(429, Retry_After=formatdate(NOW - 30, usegmt=True)) == 0


def test_a_used_up_rate_limit_waits_for_its_reset() -> None:
    headers = {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": str(int(NOW) + 40)}
    assert pause(403, **headers) == 41
    assert pause(429, **headers) == 41


def test_a_limit_without_a_time_waits_the_minute_that_github_asks_for() -> None:
    assert pause(429) == 60
    assert pause(403, "You have exceeded a secondary rate limit") == 60
    assert Patience().total_seconds > 60


@pytest.mark.parametrize(
    "value", ["-5", "soon", "1e9", "9" * 400, "٣", "Mon, 99 Foo 9999 99:99:99 GMT", "\N{SNOWMAN}"]
)
def test_a_retry_after_that_makes_no_sense_is_as_good_as_none(value: str) -> None:
    assert pause(429, Retry_After=value) == 60


@given(st.integers(100, 599), st.text(max_size=60), st.text(max_size=30), st.text(max_size=30))
def test_whatever_the_headers_say_the_pause_is_a_time_or_none(
    status: int, retry_after: str, remaining: str, reset: str
) -> None:
    result = pause(status, Retry_After=retry_after, X_RateLimit_Remaining=remaining, X_RateLimit_Reset=reset)
    assert result is None or result >= 0


def test_the_back_off_doubles() -> None:
    assert [Patience().back_off(attempt) for attempt in range(4)] == [1, 2, 4, 8]


def test_a_plain_403_is_no_rate_limit() -> None:
    assert not is_rate_limit(403, {}, "Resource not accessible by integration")
