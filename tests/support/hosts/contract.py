"""Holds requests and answers against a host's own OpenAPI description of its REST API."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from support.hosts.faults import Reply
from werkzeug.datastructures import ImmutableMultiDict


@dataclass(frozen=True)
class Contract:
    """The description, loaded once. `undescribed` is a part of addresses that it leaves out.

    `refusals` says whether it tells more of a refusal than a status.
    """

    description: Path
    server: str
    undescribed: str | None = None
    refusals: bool = False

    @cached_property
    def _api(self) -> OpenAPI:
        return OpenAPI.from_file_path(str(self.description))

    def violations_of_request(self, method: str, target: str, body: bytes) -> list[str]:
        """What the host would not understand; empty when all is well."""
        if self._leaves_out(target):
            return []
        return _texts(self._api.iter_request_errors(self._request(method, target, body)))

    def violations_of_response(self, method: str, target: str, reply: Reply) -> list[str]:
        """Where an answer is not as the host describes it, so that a test would prove nothing.

        A refusal with a status that the description leaves out is lawful.
        """
        refused = reply.status >= HTTPStatus.MULTIPLE_CHOICES
        if self._leaves_out(target) or (refused and not self.refusals):
            return []
        kind = reply.headers.get("Content-Type", "application/json").partition(";")[0]
        response = MockResponse(reply.body, status_code=reply.status, content_type=kind)
        errors = _texts(self._api.iter_response_errors(self._request(method, target, b"{}"), response))
        return [text for text in errors if not refused or "Unknown response http status" not in text]

    def _leaves_out(self, target: str) -> bool:
        return self.undescribed is not None and self.undescribed in target

    def _request(self, method: str, target: str, body: bytes) -> MockRequest:
        """As the descriptions write it: `refs[]` is called `refs`.

        Their templates match no slash; hosts take all that follows `/contents/` for the path.
        """
        parts = urlsplit(target)
        before, contents, rest = parts.path.partition("/contents/")
        path = before + contents + rest.replace("/", "%2F")
        query = [(name.removesuffix("[]"), value) for name, value in parse_qsl(parts.query)]
        data = body if method in {"POST", "PUT", "PATCH"} else None
        return MockRequest(self.server, method, path, args=ImmutableMultiDict(query), data=data)


def _texts(errors: object) -> list[str]:
    """What is wrong, in the words of the description's checks."""
    texts = []
    for error in errors:  # type: ignore[attr-defined]  # untyped library
        cause = error.__cause__ or error
        details = getattr(cause, "schema_errors", None)
        texts += [str(detail.message) for detail in details] if details else [f"{error}: {cause}"]
    return texts
