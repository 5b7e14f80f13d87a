"""How the REST API of Azure DevOps wants to be spoken to, and what its refusals mean.

https://learn.microsoft.com/rest/api/azure/devops/git
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping

from bloatcheck.publish.manners import Manners
from bloatcheck.publish.refused import message_of

API_VERSION = "7.1"
VERSION = {"api-version": API_VERSION}
"""What every query names."""

_JOB_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
"""A JSON web token; a person's access token is none."""


def _headers(token: str) -> Mapping[str, str]:
    basic = b64encode(f":{token}".encode()).decode()
    return {
        "Authorization": f"Bearer {token}" if _JOB_TOKEN.fullmatch(token) else f"Basic {basic}",
        "Accept": "application/json",
        # Else a token that is refused gets a page to sign in at.
        "X-TFS-FedAuthRedirect": "Suppress",
    }


AZURE = Manners(
    host="Azure DevOps",
    headers=_headers,
    says=message_of,
    needs="Contribute to pull requests",
    address_variable="SYSTEM_COLLECTIONURI",
    example="https://dev.azure.com/acme",
    token_hint="map it as `SYSTEM_ACCESSTOKEN: $(System.AccessToken)`, on one line without spaces",  # noqa: S106 - a sentence
    answer_hint="a token that has expired is answered with a page to sign in at; else, is "
    "SYSTEM_COLLECTIONURI right?",
    permission="the build service of the project needs the permission {needs} (Project settings, "
    "Repositories, Security)",
    unauthorized="the token is wrong or has expired: map it as `SYSTEM_ACCESSTOKEN: $(System.AccessToken)`",
)
