"""Holds requests and responses against GitHub's own OpenAPI description of its REST API."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

DESCRIPTION = Path(__file__).parent / "api.github.com.json"


class Contract:
    """The description, loaded once."""

    def __init__(self) -> None:
        self._description = OpenAPI.from_file_path(str(DESCRIPTION))

    def violations_of_request(self, method: str, target: str, body: bytes) -> list[str]:
        """What GitHub would not understand; empty when all is well."""
        return texts(self._description.iter_request_errors(_request(method, target, body)))

    def violations_of_response(
        self, method: str, target: str, status: int, content_type: str, body: bytes
    ) -> list[str]:
        """Where an answer is not as GitHub describes it, so that a test would prove nothing."""
        response = MockResponse(body, status_code=status, content_type=content_type.partition(";")[0])
        return texts(self._description.iter_response_errors(_request(method, target, b"{}"), response))


def _request(method: str, target: str, body: bytes) -> MockRequest:
    parts = urlsplit(target)
    # The description's templates match no slash; GitHub takes the whole rest of the address for the path.
    before, contents, rest = parts.path.partition("/contents/")
    path = before + contents + rest.replace("/", "%2F")
    return MockRequest("https://api.github.com", method, path, args=dict(parse_qsl(parts.query)), data=body)


def texts(errors: object) -> list[str]:
    """What is wrong, in the words of the description's checks."""
    texts = []
    for error in errors:  # type: ignore[attr-defined]  # untyped library
        cause = error.__cause__ or error
        details = getattr(cause, "schema_errors", None)
        texts += [str(detail.message) for detail in details] if details else [f"{error}: {cause}"]
    return texts
