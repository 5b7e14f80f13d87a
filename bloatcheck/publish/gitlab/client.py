"""GitLab's REST API with one access token: https://docs.gitlab.com/api/rest/."""

from __future__ import annotations

from typing import TypeVar

from pydantic import TypeAdapter

from bloatcheck.log import Log
from bloatcheck.publish import answers
from bloatcheck.publish.gitlab.refusal import message_of, refusal
from bloatcheck.publish.http import Client, Manners
from bloatcheck.publish.patience import Patience

PUBLIC_API = "https://gitlab.com/api/v4"

_Value = TypeVar("_Value")
_MANNERS = Manners(
    host="GitLab",
    headers=lambda token: {"PRIVATE-TOKEN": token},
    refuse=refusal,
    says=message_of,
    needs="api",
    address_variable="CI_API_V4_URL",
    example=PUBLIC_API,
    token_hint="set BLOATCHECK_TOKEN to a project access token, on one line without spaces",  # noqa: S106 - a sentence
)


class GitLab(Client):
    """The API of gitlab.com, or of another GitLab (`CI_API_V4_URL`)."""

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


def parsed(adapter: TypeAdapter[_Value], body: bytes, doing: str) -> _Value:
    """The answer's values; see `bloatcheck.publish.answers.parsed`."""
    hint = "does CI_API_V4_URL name a GitLab API?"
    return answers.parsed(adapter, body, doing, host="GitLab", hint=hint)
