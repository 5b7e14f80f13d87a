"""What a refusal by GitHub means for the person who reads the job's log, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from bloatcheck.errors import PublishError
from bloatcheck.publish.refused import Cures, locked, message_of, refusal_of

_READ_ONLY = "resource not accessible by"
"""How GitHub begins to say that a token, of whatever kind, lacks a permission."""


def refusal(doing: str, needs: str, status: int, headers: Mapping[str, str], body: bytes) -> PublishError:
    """The error for an answer that is no success.

    Args:
        doing: what was tried, for example `comment on pull request 7 of octo/hello`.
        needs: the permission that it takes, as a workflow writes it: `pull-requests: write`.
        status: of the answer.
        headers: of the answer, looked up without regard to case.
        body: of the answer; hostile.
    """
    words = message_of(body)
    cures = Cures(
        host="GitHub",
        side="GitHub's",
        permission=f"give the job `permissions: {{ contents: read, {needs} }}`; "
        "a pull request from a fork or from Dependabot has a read-only token whatever the workflow says",
        unauthorized="the token is wrong or has expired; leave out the input `token`, or renew its secret",
        own={
            HTTPStatus.GONE: "the repository has issues and pull requests switched off",
            **locked(words, status),
        },
    )
    read_only = status == HTTPStatus.FORBIDDEN and words.lower().startswith(_READ_ONLY)
    return refusal_of(doing, status, headers, words, cures, read_only=read_only)
