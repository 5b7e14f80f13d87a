"""Holds requests and responses against Microsoft's own description of Azure DevOps' Git API."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from support.github.contract import texts

DESCRIPTION = Path(__file__).parent / "git.json"
UNDESCRIBED = "/_apis/connectionData"
"""Whose token it is: the address that Microsoft's own clients ask, and describe nowhere."""


class Contract:
    """The description, loaded once."""

    def __init__(self) -> None:
        self._description = OpenAPI.from_file_path(str(DESCRIPTION))

    def violations_of_request(self, method: str, target: str, body: bytes) -> list[str]:
        """What Azure DevOps would not understand; empty when all is well."""
        if UNDESCRIBED in target:
            return []
        known = self._known(method, target)
        unknown = [name for name, _ in parse_qsl(urlsplit(target).query) if name not in known]
        told = [f"no parameter of its: {name}" for name in unknown]
        return told + texts(self._description.iter_request_errors(_request(method, target, body)))

    def violations_of_response(
        self, method: str, target: str, status: int, content_type: str, body: bytes
    ) -> list[str]:
        """Where an answer is not as Azure DevOps describes it, so that a test would prove nothing."""
        if UNDESCRIBED in target or method == "DELETE":
            return []
        if content_type == "application/json":
            answer = json.loads(body)
            body = json.dumps(answer["value"] if set(answer) == {"count", "value"} else answer).encode()
        response = MockResponse(body, status_code=status, content_type=content_type.partition(";")[0])
        return texts(self._description.iter_response_errors(_request(method, target, b"{}"), response))

    def _known(self, method: str, target: str) -> set[str]:
        description = json.loads(DESCRIPTION.read_text())
        path = urlsplit(target).path
        for template, verbs in description["paths"].items():
            parts, found = template.split("/"), path.split("/")
            if len(parts) == len(found) and all(
                part.startswith("{") or part == got for part, got in zip(parts, found, strict=True)
            ):
                parameters = verbs.get(method.lower(), {}).get("parameters", [])
                return {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
        return set()


def _request(method: str, target: str, body: bytes) -> MockRequest:
    parts = urlsplit(target)
    data = body if method in {"POST", "PATCH"} else None
    return MockRequest(
        "https://dev.azure.com", method, parts.path, args=dict(parse_qsl(parts.query)), data=data
    )
