"""How GitHub's REST API wants to be spoken to, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from bloatcheck.publish.manners import Manners
from bloatcheck.publish.refused import message_of

PUBLIC_API = "https://api.github.com"
API_VERSION = "2022-11-28"


def _headers(token: str) -> Mapping[str, str]:
    return {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": API_VERSION,
    }


GITHUB = Manners(
    host="GitHub",
    headers=_headers,
    says=message_of,
    needs="pull-requests: write",
    address_variable="GITHUB_API_URL",
    example=PUBLIC_API,
    token_hint="leave the action's input `token` out, or set GITHUB_TOKEN to one line without spaces",  # noqa: S106 - a sentence
    permission="give the job `permissions: {{ contents: read, {needs} }}`; "
    "a pull request from a fork or from Dependabot has a read-only token whatever the workflow says",
    unauthorized="the token is wrong or has expired; leave out the input `token`, or renew its secret",
    own={
        HTTPStatus.GONE: "the repository has issues and pull requests switched off",
    },
    # How it says, of a token of whatever kind, that it lacks a permission.
    read_only="resource not accessible by",
)
