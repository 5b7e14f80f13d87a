"""The REST API of Azure DevOps with one token: https://learn.microsoft.com/rest/api/azure/devops/git."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import TypeVar

from pydantic import TypeAdapter

from bloatcheck.log import Log
from bloatcheck.publish import answers
from bloatcheck.publish.azure.refusal import message_of, refusal
from bloatcheck.publish.http import Client, Manners
from bloatcheck.publish.patience import Patience

PUBLIC_API = "https://dev.azure.com/acme"
API_VERSION = "7.1"

_JOB_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
"""A JSON web token; a person's access token is none."""
_Value = TypeVar("_Value")


def _headers(token: str) -> Mapping[str, str]:
    basic = b64encode(f":{token}".encode()).decode()
    return {
        "Authorization": f"Bearer {token}" if _JOB_TOKEN.fullmatch(token) else f"Basic {basic}",
        "Accept": "application/json",
        # Else a token that is refused gets a page to sign in at.
        "X-TFS-FedAuthRedirect": "Suppress",
    }


_MANNERS = Manners(
    host="Azure DevOps",
    headers=_headers,
    refuse=refusal,
    says=message_of,
    needs="Contribute to pull requests",
    address_variable="SYSTEM_COLLECTIONURI",
    example=PUBLIC_API,
    token_hint="map it as `SYSTEM_ACCESSTOKEN: $(System.AccessToken)`, on one line without spaces",  # noqa: S106 - a sentence
)


class Azure(Client):
    """The API of a collection: an organization of dev.azure.com, or one of a server of one's own."""

    def __init__(
        self,
        token: str,
        *,
        api_url: str,
        log: Log | None = None,
        patience: Patience | None = None,
    ) -> None:
        """As `Client`."""
        super().__init__(token, api_url=api_url, manners=_MANNERS, log=log, patience=patience)


def parsed(adapter: TypeAdapter[_Value], body: bytes, doing: str) -> _Value:
    """The answer's values; see `bloatcheck.publish.answers.parsed`."""
    hint = (
        "a token that has expired is answered with a page to sign in at; else, is SYSTEM_COLLECTIONURI right?"
    )
    return answers.parsed(adapter, body, doing, host="Azure DevOps", hint=hint)
