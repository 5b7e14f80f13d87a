"""What a refusal by Azure DevOps means for the person who reads the job's log, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from bloatcheck.errors import PublishError
from bloatcheck.publish.patience import is_rate_limit
from bloatcheck.publish.refused import READABLE_BYTES, ReadOnlyTokenError, shortened


def refusal(doing: str, needs: str, status: int, headers: Mapping[str, str], body: bytes) -> PublishError:
    """The error for an answer that is no success.

    Args:
        doing: what was tried, for example `comment on pull request 7 of shop`.
        needs: the permission that it takes.
        status: of the answer.
        headers: of the answer, looked up without regard to case.
        body: of the answer; hostile.
    """
    words = message_of(body)
    said = f": {words}" if words else ""
    verb = "failed" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "refused"
    kind = ReadOnlyTokenError if status == HTTPStatus.FORBIDDEN else PublishError
    return kind(
        f"Azure DevOps {verb} to {doing} (status {status}){said}", hint=_hint(needs, status, headers, words)
    )


def message_of(body: bytes) -> str:
    """The answer's own words, at most 300 characters; empty where there are none to be read."""
    if len(body) > READABLE_BYTES:
        return ""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    said = answer.get("message") if isinstance(answer, dict) else None
    return shortened(said) if isinstance(said, str) else ""


def _hint(needs: str, status: int, headers: Mapping[str, str], words: str) -> str:
    permission = (
        f"the build service of the project needs the permission {needs} (Project settings, Repositories, "
        "Security)"
    )
    if is_rate_limit(status, headers, words):
        return "too many requests with this token for now; run the job again later"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "a fault on Azure DevOps' side; run the job again later"
    if status == HTTPStatus.UNAUTHORIZED:
        return "the token is wrong or has expired: map it as `SYSTEM_ACCESSTOKEN: $(System.AccessToken)`"
    if status == HTTPStatus.FORBIDDEN:
        return permission
    if status == HTTPStatus.NOT_FOUND:
        return f"either it does not exist or the token may not see it: {permission}"
    return "please tell us about it, with the lines above"
