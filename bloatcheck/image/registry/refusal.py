"""What a status that isn't success means to the user."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import requests

from bloatcheck.errors import NotThereError, ReadError

_PASSING = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_SUCCESS = (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT)


class AskedToWaitError(Exception):
    """A later attempt may succeed, in `wait` seconds if the answer told; `refusal` is for when it doesn't."""

    def __init__(self, refusal: ReadError, wait: float | None) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal
        self.wait = wait


def check_status(response: requests.Response, what: str, *, registry: str, with_credentials: bool) -> None:
    """Passes successful answers only.

    Args:
        response: its body stays unread.
        what: what was asked for, or who refuses; begins the message.
        registry: `host[:port]`, for the hint.
        with_credentials: whether there are any.

    Raises:
        AskedToWaitError: 429 and the passing ones of 5xx.
        ReadError: any other that isn't 200 or 206.
    """
    status = response.status_code
    if status in _SUCCESS:
        return
    wait = retry_after(response.headers.get("Retry-After"))
    error = _refusal(status, what, registry, wait, with_credentials=with_credentials)
    if status in _PASSING:
        raise AskedToWaitError(error, wait)
    raise error


def retry_after(header: str | None) -> float | None:
    """Seconds from now that a `Retry-After` header asks for, either form; None where it is none."""
    header = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,6}", header):
        return float(header)
    try:
        date = parsedate_to_datetime(header[:100])
    except (ValueError, IndexError, OverflowError):
        return None
    date = date if date.tzinfo else date.replace(tzinfo=timezone.utc)
    return max(0.0, (date - datetime.now(timezone.utc)).total_seconds())


def _refusal(
    status: int, what: str, registry: str, wait: float | None, *, with_credentials: bool
) -> ReadError:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        known = "the credentials that docker keeps are refused" if with_credentials else "no credentials"
        return ReadError(f"{what}: access denied ({status}, {known})", hint=f"run: docker login {registry}")
    if status == HTTPStatus.NOT_FOUND:
        return NotThereError(
            f"{what}: not there (404)",
            hint="check the name and the tag; a private repository also answers so to strangers",
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        until = f", and says to wait {wait:.0f} s" if wait else ""
        return ReadError(
            f"{what}: the registry limits how often it is asked (429){until}",
            hint=f"wait, or run: docker login {registry}",
        )
    return ReadError(f"{what}: the registry answers {status}", hint="try again later")
