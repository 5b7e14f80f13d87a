"""Answers a registry's challenge: basic, or bearer by way of the token service that the registry names.

The token service follows distribution's "Token Authentication Specification", and for identity tokens its
OAuth2 variant.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import requests

from bloatcheck.errors import ReadError
from bloatcheck.image.registry.challenge import Challenge, parse_challenges
from bloatcheck.image.registry.credentials import Credentials
from bloatcheck.image.registry.refusal import check_status
from bloatcheck.image.registry.transport import Transport
from bloatcheck.oci.registry_reference import RegistryReference

_LARGEST_ANSWER = 256 * 1024


class Authorizer:
    """Keeps the Authorization header for one repository. Used from several threads.

    Args:
        reference: the repository; pulling from it is all that is asked for.
        transport: to the token service.
        find_credentials: asked once, when the registry first asks for credentials or a token.
    """

    def __init__(
        self,
        reference: RegistryReference,
        transport: Transport,
        find_credentials: Callable[[], Credentials | None],
    ) -> None:
        self._reference = reference
        self._transport = transport
        self._find_credentials = find_credentials
        self._credentials: Credentials | None = None
        self._asked = False
        self._lock = threading.Lock()
        self.header: str | None = None
        """The last answer, sent along until the registry challenges anew."""

    @property
    def has_credentials(self) -> bool:
        """Whether there were credentials to answer with."""
        return self._credentials is not None

    def answer(self, challenge: str, *, refused: str | None) -> bool:
        """Answers a `WWW-Authenticate` header; False where there is nothing to answer with.

        Args:
            challenge: the header.
            refused: the Authorization that the challenged request carried.

        Raises:
            ReadError: the token service refuses, or gives no token.
            AskedToWaitError: it asks for patience.
            requests.RequestException, OSError: it gives no answer.
        """
        challenges = parse_challenges(challenge)
        with self._lock:
            if self.header != refused:
                return True  # another thread was faster
            if not self._asked:
                self._credentials = self._find_credentials()
                self._asked = True
            bearer = next((one for one in challenges if one.scheme == "bearer"), None)
            if bearer:
                self.header = f"Bearer {self._token(bearer)}"
                return True
            if self._credentials and any(one.scheme == "basic" for one in challenges):
                self.header = self._credentials.basic
                return self.header not in (None, refused)
            return False

    def _token(self, challenge: Challenge) -> str:
        realm = challenge.parameters.get("realm", "")
        self._transport.check(realm, f"{self._reference}: its token service")
        fields = {
            "scope": challenge.parameters.get("scope") or f"repository:{self._reference.repository}:pull"
        }
        if service := challenge.parameters.get("service"):
            fields["service"] = service
        with self._ask(realm, fields) as response:
            what = f"{self._reference}: its token service"
            check_status(
                response, what, registry=self._reference.registry, with_credentials=self.has_credentials
            )
            content = self._transport.read_document(response, limit=_LARGEST_ANSWER, what=f"{what}'s answer")
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            answer = None
        if isinstance(answer, dict):
            token = answer.get("token") or answer.get("access_token")
            if isinstance(token, str) and token.isascii() and token.isprintable():
                return token
        raise ReadError(
            f"{what} answers without a token", hint="it may not be one; check the registry's name"
        )

    def _ask(self, realm: str, fields: dict[str, str]) -> requests.Response:
        credentials = self._credentials
        if credentials and credentials.identity_token:
            grant = {
                "grant_type": "refresh_token",
                "client_id": "bloatcheck",
                "refresh_token": credentials.identity_token,
            }
            return self._transport.send("POST", realm, data={**fields, **grant})
        basic = credentials.basic if credentials else None
        return self._transport.send(
            "GET", realm, params=fields, headers={"Authorization": basic} if basic else None
        )
