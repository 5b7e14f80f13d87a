"""What a refusal by Gitea means for the person who reads the job's log, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from bloatcheck.errors import PublishError
from bloatcheck.publish.refused import Cures, locked, message_of, refusal_of


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
    cures = Cures(
        host=host,
        side=f"{host}'s",
        permission=f"the token needs `permissions: {{ {needs} }}`: a job's own has those of the workflow, as "
        "far as the settings of the repository allow them (Actions), and a fork's only reads; or pass a "
        "person's as the input `token`",
        unauthorized="the token is wrong or has expired; leave out the input `token`, or renew its secret",
        own={HTTPStatus.LOCKED: "the repository is archived", **locked(words, status)},
    )
    read_only = status == HTTPStatus.FORBIDDEN
    return refusal_of(doing, status, headers, words, cures, read_only=read_only)
