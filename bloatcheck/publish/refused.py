"""What a host's refusal says: as GitHub shapes it, and others after it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus

from bloatcheck.errors import PublishError
from bloatcheck.publish.answers import Answer
from bloatcheck.publish.manners import Manners
from bloatcheck.publish.patience import is_rate_limit

_MESSAGE_CHARACTERS = 300
_TOO_MANY = "too many requests with this token for now; run the job again later"
_LOCKED = re.compile(r"\blocked\b", re.IGNORECASE)
_READABLE_BYTES = 64 * 1024


class ReadOnlyTokenError(PublishError):
    """The token may not write what was to be written, as one of a pull request from a fork."""


def shortened(words: str) -> str:
    """As much of a host's words as is told."""
    return words[:_MESSAGE_CHARACTERS]


def values_of(body: bytes) -> Mapping[str, object]:
    """The values of an answer that is a JSON object of a readable size; none of another one."""
    if len(body) > _READABLE_BYTES:
        return {}
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def message_of(body: bytes) -> str:
    """The answer's own words, at most 300 characters; empty where there are none to be read."""
    answer = values_of(body)
    errors = answer.get("errors")
    details = [
        error.get("message") or f"{error.get('field')} is {error.get('code')}"
        for error in (errors if isinstance(errors, list) else [])[:3]
        if isinstance(error, dict)
    ]
    parts = [part for part in (answer.get("message"), *details) if isinstance(part, str) and part]
    return shortened("; ".join(parts))


def refusal_of(manners: Manners, doing: str, needs: str, answer: Answer) -> PublishError:
    """The error for an answer that is no success.

    Args:
        manners: the host's.
        doing: what was tried, for example `comment on pull request 7 of octo/hello`.
        needs: the permission that it takes.
        answer: hostile, but without the token.
    """
    words, status = manners.says(answer.body), answer.status
    said = f": {words}" if words else ""
    verb = "failed" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "refused"
    limited = is_rate_limit(status, answer.headers, words)
    forbidden = status == HTTPStatus.FORBIDDEN and not limited
    read_only = forbidden and words.lower().startswith(manners.read_only)
    kind = ReadOnlyTokenError if read_only else PublishError
    hint = _TOO_MANY if limited else _cure(manners, needs, status, words)
    return kind(f"{manners.host} {verb} to {doing} (status {status}){said}", hint=hint)


def _cure(manners: Manners, needs: str, status: int, words: str) -> str:
    permission = manners.permission.format(needs=needs)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"a fault on {manners.its} side; run the job again later"
    if status == HTTPStatus.FORBIDDEN and _LOCKED.search(words):
        return "the conversation is locked; unlock it, or let the token's user take part in it"
    cures = {
        HTTPStatus.UNAUTHORIZED: manners.unauthorized,
        HTTPStatus.FORBIDDEN: permission,
        HTTPStatus.NOT_FOUND: f"either it does not exist or the token may not see it: {permission}",
        **manners.own,
    }
    return cures.get(status, "please tell us about it, with the lines above")
