"""Gitea's REST API with one token: https://docs.gitea.com/development/api-usage."""

from __future__ import annotations

from functools import partial
from typing import TypeVar

from pydantic import TypeAdapter

from bloatcheck.log import Log
from bloatcheck.publish import answers
from bloatcheck.publish.gitea.refusal import refusal
from bloatcheck.publish.http import Client, Manners
from bloatcheck.publish.patience import Patience
from bloatcheck.publish.refused import message_of

PAGE = "50"
"""The most that a list gives at once, unless its administrator says otherwise (MAX_RESPONSE_ITEMS)."""

_Value = TypeVar("_Value")


class Gitea(Client):
    """The API of an instance (`GITHUB_API_URL`). `host` is what it is called: Gitea, or Forgejo."""

    def __init__(
        self,
        token: str,
        *,
        api_url: str,
        host: str = "Gitea",
        log: Log | None = None,
        patience: Patience | None = None,
    ) -> None:
        """As `Client`."""
        self.host = host
        manners = Manners(
            host=host,
            headers=lambda token: {"Authorization": f"token {token}", "Accept": "application/json"},
            refuse=partial(refusal, host=host),
            says=message_of,
            needs="issues: write, pull-requests: write",
            address_variable="GITHUB_API_URL",
            example="https://git.example.com/api/v1",
            token_hint="leave the action's input `token` out, or set GITHUB_TOKEN to one line without spaces",  # noqa: S106 - a sentence
        )
        super().__init__(token, api_url=api_url, manners=manners, log=log, patience=patience)

    def parsed(self, adapter: TypeAdapter[_Value], body: bytes, doing: str) -> _Value:
        """The answer's values; see `bloatcheck.publish.answers.parsed`."""
        hint = f"does GITHUB_API_URL name the API of a {self.host}?"
        return answers.parsed(adapter, body, doing, host=self.host, hint=hint)
