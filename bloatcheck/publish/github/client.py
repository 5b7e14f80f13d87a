"""GitHub's REST API with one token."""

from __future__ import annotations

from collections.abc import Mapping

from bloatcheck.log import Log
from bloatcheck.publish.github.refusal import refusal
from bloatcheck.publish.http import Client, Manners
from bloatcheck.publish.patience import Patience
from bloatcheck.publish.refused import message_of

API_VERSION = "2022-11-28"
PUBLIC_API = "https://api.github.com"


def _headers(token: str) -> Mapping[str, str]:
    return {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": API_VERSION,
    }


_MANNERS = Manners(
    host="GitHub",
    headers=_headers,
    refuse=refusal,
    says=message_of,
    needs="pull-requests: write",
    address_variable="GITHUB_API_URL",
    example=PUBLIC_API,
    token_hint="leave the action's input `token` out, or set GITHUB_TOKEN to one line without spaces",  # noqa: S106 - a sentence
)


class GitHub(Client):
    """The API. On GitHub Enterprise it is not the public one (`GITHUB_API_URL`)."""

    def __init__(
        self,
        token: str,
        *,
        api_url: str = PUBLIC_API,
        log: Log | None = None,
        patience: Patience | None = None,
    ) -> None:
        """As `Client`."""
        super().__init__(token, api_url=api_url, manners=_MANNERS, log=log, patience=patience)
