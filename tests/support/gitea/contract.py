"""Holds requests and responses against Gitea's, or Forgejo's, own description of its REST API."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from support.github.contract import texts


class Contract:
    """The description, loaded once. `flavour` is `gitea` or `forgejo`."""

    def __init__(self, flavour: str) -> None:
        self._description = OpenAPI.from_file_path(str(Path(__file__).parent / f"{flavour}.json"))

    def violations_of_request(self, method: str, target: str, body: bytes) -> list[str]:
        """What it would not understand; empty when all is well."""
        return texts(self._description.iter_request_errors(_request(method, target, body)))

    def violations_of_response(
        self, method: str, target: str, status: int, content_type: str, body: bytes
    ) -> list[str]:
        """Where an answer is not as described, so that a test would prove nothing."""
        response = MockResponse(body, status_code=status, content_type=content_type.partition(";")[0])
        return texts(self._description.iter_response_errors(_request(method, target, b"{}"), response))


def _request(method: str, target: str, body: bytes) -> MockRequest:
    """The description's templates match no slash; Gitea takes the whole rest of the address for the path."""
    parts = urlsplit(target)
    before, contents, rest = parts.path.partition("/contents/")
    path = before + contents + rest.replace("/", "%2F")
    data = body if method in {"POST", "PATCH"} else None
    return MockRequest("https://git.example.com", method, path, args=dict(parse_qsl(parts.query)), data=data)
