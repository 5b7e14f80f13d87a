"""What a refusal by GitLab means for the person who reads the job's log, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from bloatcheck.errors import PublishError
from bloatcheck.publish.refused import READABLE_BYTES, Cures, refusal_of, shortened


def refusal(doing: str, needs: str, status: int, headers: Mapping[str, str], body: bytes) -> PublishError:
    """The error for an answer that is no success.

    Args:
        doing: what was tried, for example `write a note on merge request 7 of acme/shop`.
        needs: the scope that it takes.
        status: of the answer.
        headers: of the answer, looked up without regard to case.
        body: of the answer; hostile.
    """
    words = message_of(body)
    cures = Cures(
        host="GitLab",
        side="GitLab's",
        permission=f"the access token needs the scope `{needs}`, and its user a role in the project that may "
        "do it",
        unauthorized="the token is wrong, or it has expired or was revoked. CI_JOB_TOKEN does not do: set "
        "BLOATCHECK_TOKEN to a project access token",
    )
    read_only = status == HTTPStatus.FORBIDDEN
    return refusal_of(doing, status, headers, words, cures, read_only=read_only)


def message_of(body: bytes) -> str:
    """The answer's own words, at most 300 characters; empty where there are none to be read.

    `message` is a text, or texts by the names of fields; `error` and `error_description` are OAuth's.
    """
    if len(body) > READABLE_BYTES:
        return ""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(answer, dict):
        return ""
    said = answer.get("message")
    if isinstance(said, dict):
        said = "; ".join(
            f"{field} {', '.join(map(str, texts[:3])) if isinstance(texts, list) else texts}"
            for field, texts in list(said.items())[:3]
        )
    parts = (said, answer.get("error"), answer.get("error_description"))
    return shortened("; ".join(part for part in parts if isinstance(part, str) and part))
