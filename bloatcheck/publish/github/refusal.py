"""What a refusal by GitHub means for the person who reads the job's log, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from bloatcheck.errors import PublishError
from bloatcheck.publish.patience import is_rate_limit
from bloatcheck.publish.refused import ReadOnlyTokenError, message_of

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
    said = f": {words}" if words else ""
    verb = "failed" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "refused"
    read_only = status == HTTPStatus.FORBIDDEN and words.lower().startswith(_READ_ONLY)
    kind = ReadOnlyTokenError if read_only else PublishError
    return kind(
        f"GitHub {verb} to {doing} (status {status}){said}", hint=_hint(needs, status, headers, words)
    )


def _hint(needs: str, status: int, headers: Mapping[str, str], words: str) -> str:
    permission = (
        f"give the job `permissions: {{ contents: read, {needs} }}`; "
        "a pull request from a fork or from Dependabot has a read-only token whatever the workflow says"
    )
    if is_rate_limit(status, headers, words):
        return "too many requests with this token for now; run the job again later"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "a fault on GitHub's side; run the job again later"
    if "locked" in words.lower():
        return "the conversation is locked; unlock it, or let the token's user take part in it"
    if status == HTTPStatus.UNAUTHORIZED:
        return "the token is wrong or has expired; leave out the input `token`, or renew its secret"
    if status == HTTPStatus.FORBIDDEN:
        return permission
    if status == HTTPStatus.NOT_FOUND:
        return f"either it does not exist or the token may not see it: {permission}"
    if status == HTTPStatus.GONE:
        return "the repository has issues and pull requests switched off"
    return "please tell us about it, with the lines above"
