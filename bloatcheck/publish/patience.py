"""How long to wait before a request is tried again, and when trying again is in vain.

https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus

_PASSING_FAULTS = frozenset(
    {
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_SECONDARY_LIMIT_SECONDS = 60.0
"""What GitHub asks for when it limits without saying for how long."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Bounds, in seconds and tries, for one request with all its repetitions.

    `total_seconds` leaves room for the one minute that GitHub asks for when it limits without a time.
    """

    answer_seconds: float = 20.0
    total_seconds: float = 90.0
    tries: int = 5
    first_pause_seconds: float = 1.0

    def back_off(self, attempt: int) -> float:
        """The pause after a failed try that names no time: doubling. `attempt` counts from 0."""
        return self.first_pause_seconds * 2.0**attempt


def is_rate_limit(status: int, headers: Mapping[str, str], message: str) -> bool:
    """Whether a refusal is about too many requests: 429, or a 403 that says so in a header or in words."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    return status == HTTPStatus.FORBIDDEN and (
        "Retry-After" in headers or _is_used_up(headers) or "rate limit" in message.lower()
    )


def requested_pause(status: int, headers: Mapping[str, str], message: str, *, now: float) -> float | None:
    """Seconds that the server wants us to wait; 0 for "soon"; None when trying again is in vain.

    Args:
        status: of the answer.
        headers: of the answer, looked up without regard to case.
        message: the answer's own words.
        now: seconds since the epoch.
    """
    limited = is_rate_limit(status, headers, message)
    if not limited and status not in _PASSING_FAULTS:
        return None
    named = _retry_after(headers.get("Retry-After", ""), now)
    if named is not None:
        return named
    if not limited:
        return 0.0
    reset = _seconds(headers.get("X-RateLimit-Reset", ""))
    if _is_used_up(headers) and reset is not None:
        return max(0.0, reset - now) + 1.0
    return _SECONDARY_LIMIT_SECONDS


def _is_used_up(headers: Mapping[str, str]) -> bool:
    return headers.get("X-RateLimit-Remaining", "").strip() == "0"


def _retry_after(value: str, now: float) -> float | None:
    """A number of seconds or an HTTP date (RFC 9110, section 10.2.3)."""
    seconds = _seconds(value)
    if seconds is not None or not value:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(value[:100]).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None


def _seconds(value: str) -> float | None:
    digits = value.strip()
    return float(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 12 else None  # noqa: PLR2004 - no real time is longer
