"""Holds requests and responses against GitLab's own OpenAPI description of its REST API."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from support.github.contract import texts
from werkzeug.datastructures import ImmutableMultiDict

DESCRIPTION = Path(__file__).parent / "gitlab.com.json"


class Contract:
    """The description, loaded once."""

    def __init__(self) -> None:
        self._description = OpenAPI.from_file_path(str(DESCRIPTION))

    def violations_of_request(self, method: str, target: str, body: bytes) -> list[str]:
        """What GitLab would not understand; empty when all is well."""
        return texts(self._description.iter_request_errors(_request(method, target, body)))

    def violations_of_response(
        self, method: str, target: str, status: int, content_type: str, body: bytes
    ) -> list[str]:
        """Where an answer is not as GitLab describes it, so that a test would prove nothing."""
        response = MockResponse(body, status_code=status, content_type=content_type.partition(";")[0])
        return texts(self._description.iter_response_errors(_request(method, target, b"{}"), response))


def _request(method: str, target: str, body: bytes) -> MockRequest:
    """Lists are written `refs[]=a&refs[]=b`, which the description calls `refs`."""
    parts = urlsplit(target)
    query = ImmutableMultiDict([(name.removesuffix("[]"), value) for name, value in parse_qsl(parts.query)])
    data = body if method in {"POST", "PUT"} else None
    return MockRequest("https://gitlab.com", method, parts.path, args=query, data=data)
