"""What a refusal by Azure DevOps means for the person who reads the job's log, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from bloatcheck.errors import PublishError
from bloatcheck.publish.refused import READABLE_BYTES, Cures, refusal_of, shortened


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
    cures = Cures(
        host="Azure DevOps",
        side="Azure DevOps'",
        permission=f"the build service of the project needs the permission {needs} (Project settings, "
        "Repositories, Security)",
        unauthorized="the token is wrong or has expired: map it as "
        "`SYSTEM_ACCESSTOKEN: $(System.AccessToken)`",
    )
    read_only = status == HTTPStatus.FORBIDDEN
    return refusal_of(doing, status, headers, words, cures, read_only=read_only)


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
