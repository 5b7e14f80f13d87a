"""How the REST API of Gitea, and of Forgejo, wants to be spoken to, and what its refusals mean.

https://docs.gitea.com/development/api-usage
"""

from __future__ import annotations

from http import HTTPStatus

from bloatcheck.publish.manners import Manners
from bloatcheck.publish.refused import message_of

LONG = {"limit": "50"}
"""The most that a list gives at once, unless its administrator says otherwise (MAX_RESPONSE_ITEMS)."""


def manners(host: str) -> Manners:
    """Those of Gitea or of Forgejo, which are the same."""
    return Manners(
        host=host,
        headers=lambda token: {"Authorization": f"token {token}", "Accept": "application/json"},
        says=message_of,
        needs="issues: write, pull-requests: write",
        address_variable="GITHUB_API_URL",
        example="https://git.example.com/api/v1",
        token_hint="leave the action's input `token` out, or set GITHUB_TOKEN to one line without spaces",  # noqa: S106 - a sentence
        permission="the token needs `permissions: {{ {needs} }}`: a job's own has those of the workflow, as "
        "far as the settings of the repository allow them (Actions), and a fork's only reads; or pass a "
        "person's as the input `token`",
        unauthorized="the token is wrong or has expired; leave out the input `token`, or renew its secret",
        own={HTTPStatus.LOCKED: "the repository is archived"},
    )
