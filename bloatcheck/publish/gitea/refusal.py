"""What a refusal by Gitea means for the person who reads the job's log, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from bloatcheck.errors import PublishError
from bloatcheck.publish.patience import is_rate_limit
from bloatcheck.publish.refused import ReadOnlyTokenError, message_of


def refusal(
    doing: str, needs: str, status: int, headers: Mapping[str, str], body: bytes, *, host: str = "Gitea"
) -> PublishError:
    """The error for an answer that is no success.

    Args:
        doing: what was tried, for example `comment on pull request 7 of acme/shop`.
        needs: what the token has to be allowed.
        status: of the answer.
        headers: of the answer, looked up without regard to case.
        body: of the answer; hostile.
        host: Gitea, or Forgejo.
    """
    words = message_of(body)
    said = f": {words}" if words else ""
    verb = "failed" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "refused"
    kind = ReadOnlyTokenError if status == HTTPStatus.FORBIDDEN else PublishError
    hint = _hint(host, needs, status, headers, words)
    return kind(f"{host} {verb} to {doing} (status {status}){said}", hint=hint)


def _hint(host: str, needs: str, status: int, headers: Mapping[str, str], words: str) -> str:
    permission = (
        f"the token needs `permissions: {{ {needs} }}`: a job's own has those of the workflow, as far as the "
        "settings of the repository allow them (Actions), and a fork's only reads; or pass a person's as the "
        "input `token`"
    )
    if is_rate_limit(status, headers, words):
        return "too many requests with this token for now; run the job again later"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"a fault on {host}'s side; run the job again later"
    if "locked" in words.lower():
        return "the conversation is locked; unlock it, or let the token's user take part in it"
    if status == HTTPStatus.UNAUTHORIZED:
        return "the token is wrong or has expired; leave out the input `token`, or renew its secret"
    if status == HTTPStatus.FORBIDDEN:
        return permission
    if status == HTTPStatus.NOT_FOUND:
        return f"either it does not exist or the token may not see it: {permission}"
    if status == HTTPStatus.LOCKED:
        return "the repository is archived"
    return "please tell us about it, with the lines above"
