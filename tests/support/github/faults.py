"""What a GitHub that is having a bad day does, and what the emulator doesn't do by itself.

A fault is tried against each request; the first that fits and has times left takes effect.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from support.github.emulator import BOT_TOKEN

WRITES = "POST|PATCH|DELETE"
ALWAYS = 1_000_000


@dataclass(frozen=True)
class Request:
    """As it came in. `target` is path and query; header names are lower-case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """An answer instead of the emulator's. One that is not lawful breaks GitHub's description on purpose."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    lawful: bool = True


@dataclass(frozen=True)
class Cut:
    """The connection is reset; `after` the request was carried out, or before."""

    after: bool = False


@dataclass(frozen=True)
class Wait:
    """The request waits before it is carried out."""

    seconds: float


@dataclass(frozen=True)
class Drip:
    """The answer comes a byte at a time."""

    seconds_per_byte: float


@dataclass(frozen=True)
class Meet:
    """Requests wait for each other, so that they are under way at the same moment."""

    barrier: threading.Barrier


Effect = Reply | Cut | Wait | Drip | Meet


@dataclass
class Fault:
    """An effect on requests whose method and path fit, `times` times."""

    effect: Effect
    method: str = ".*"
    path: str = ".*"
    times: int = ALWAYS
    only_if: Callable[[Request], bool] = lambda _: True
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def takes(self, request: Request) -> bool:
        """Whether it takes effect now; uses up one time."""
        with self._lock:
            fits = (
                self.times > 0
                and re.fullmatch(self.method, request.method) is not None
                and re.fullmatch(self.path, request.target.partition("?")[0]) is not None
                and self.only_if(request)
            )
            self.times -= fits
            return fits


def says(status: int, message: str, headers: dict[str, str] | None = None, **more: object) -> Reply:
    """An error in GitHub's shape."""
    body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return Reply(status, json.dumps(body | more).encode(), headers or {})


def read_only_token() -> Fault:
    """The token of a pull request from a fork: it reads, and writes nothing."""
    return Fault(says(403, "Resource not accessible by integration"), method=WRITES)


def bad_credentials() -> Fault:
    return Fault(says(401, "Bad credentials"))


def not_found() -> Fault:
    return Fault(says(404, "Not Found"))


def unprocessable() -> Fault:
    return Fault(
        says(
            422,
            "Validation Failed",
            errors=[{"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": "no"}],
        ),
        method=WRITES,
    )


def too_many_requests(retry_after: str, times: int = 1) -> Fault:
    return Fault(says(429, "You are too quick", {"Retry-After": retry_after}), times=times)


def secondary_limit(retry_after: str, times: int = 1) -> Fault:
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    return Fault(says(403, message, {"Retry-After": retry_after}), method=WRITES, times=times)


def server_error(status: int = 500, times: int = 1) -> Fault:
    """Its body is HTML, as a load balancer's is."""
    return Fault(Reply(status, b"<html>Unicorn!</html>", {"Content-Type": "text/html"}), times=times)


def house_rules() -> list[Fault]:
    """What GitHub does on its best days, and the emulator doesn't."""
    return [
        Fault(
            says(
                422,
                "Validation Failed",
                errors=[
                    {
                        "resource": "IssueComment",
                        "code": "custom",
                        "field": "body",
                        "message": "body is too long (maximum is 65536 characters)",
                    }
                ],
            ),
            method="POST|PATCH",
            path=".*/comments(/[0-9]+)?",
            only_if=_is_too_long,
        ),
        Fault(
            says(403, "Resource not accessible by integration"),
            path="/user",
            only_if=lambda request: request.headers.get("authorization") == f"Bearer {BOT_TOKEN}",
        ),
        Fault(
            says(403, "Request forbidden by administrative rules. Please name your User-Agent."),
            only_if=lambda request: not request.headers.get("user-agent"),
        ),
    ]


def _is_too_long(request: Request) -> bool:
    return len(json.loads(request.body)["body"]) > 65_536
