"""What a GitHub that is having a bad day says, and what the emulator doesn't do by itself."""

from __future__ import annotations

import json

from support.github.emulator import BOT_TOKEN
from support.hosts.faults import WRITES, Fault, Reply, Request, told


def says(status: int, message: str, headers: dict[str, str] | None = None, **more: object) -> Reply:
    """An error in GitHub's shape."""
    body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return told(body | more, status, headers)


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
