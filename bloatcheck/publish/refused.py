"""What a host's refusal says: as GitHub shapes it, and others after it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from bloatcheck.errors import PublishError
from bloatcheck.publish.patience import is_rate_limit

_MESSAGE_CHARACTERS = 300
READABLE_BYTES = 64 * 1024


class ReadOnlyTokenError(PublishError):
    """The token may not write what was to be written, as one of a pull request from a fork."""


def shortened(words: str) -> str:
    """As much of a host's words as is told."""
    return words[:_MESSAGE_CHARACTERS]


def message_of(body: bytes) -> str:
    """The answer's own words, at most 300 characters; empty where there are none to be read."""
    if len(body) > READABLE_BYTES:
        return ""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(answer, dict):
        return ""
    errors = answer.get("errors")
    details = [
        error.get("message") or f"{error.get('field')} is {error.get('code')}"
        for error in (errors if isinstance(errors, list) else [])[:3]
        if isinstance(error, dict)
    ]
    parts = [part for part in (answer.get("message"), *details) if isinstance(part, str) and part]
    return shortened("; ".join(parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cures:
    """What to do about the refusals of a `host`, each as the end of an error.

    `permission` is for what the token may not do, `unauthorized` for a token that is none, `own` for what the
    host says in words or a status of its own, by the status; `side` is whose fault a fault is.
    """

    host: str
    side: str
    permission: str
    unauthorized: str
    own: Mapping[int, str] = field(default_factory=dict)


def refusal_of(
    doing: str,
    status: int,
    headers: Mapping[str, str],
    words: str,
    cures: Cures,
    *,
    read_only: bool,
) -> PublishError:
    """The error for an answer that is no success.

    Args:
        doing: what was tried, for example `comment on pull request 7 of octo/hello`.
        status: of the answer.
        headers: of the answer, looked up without regard to case.
        words: the answer's own; hostile.
        cures: what to do about it.
        read_only: whether this says that the token may only read.
    """
    said = f": {words}" if words else ""
    verb = "failed" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "refused"
    kind = ReadOnlyTokenError if read_only else PublishError
    hint = _cure(status, headers, words, cures)
    return kind(f"{cures.host} {verb} to {doing} (status {status}){said}", hint=hint)


def locked(words: str, status: int) -> Mapping[int, str]:
    """The cure for a conversation that is locked, where the words say so."""
    if "locked" not in words.lower():
        return {}
    return {status: "the conversation is locked; unlock it, or let the token's user take part in it"}


def _cure(status: int, headers: Mapping[str, str], words: str, cures: Cures) -> str:
    if is_rate_limit(status, headers, words):
        return "too many requests with this token for now; run the job again later"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"a fault on {cures.side} side; run the job again later"
    if status in cures.own:
        return cures.own[status]
    if status == HTTPStatus.UNAUTHORIZED:
        return cures.unauthorized
    if status == HTTPStatus.FORBIDDEN:
        return cures.permission
    if status == HTTPStatus.NOT_FOUND:
        return f"either it does not exist or the token may not see it: {cures.permission}"
    return "please tell us about it, with the lines above"
