"""What a host's refusal says: as GitHub shapes it, and others after it."""

from __future__ import annotations

import json

from bloatcheck.errors import PublishError

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
