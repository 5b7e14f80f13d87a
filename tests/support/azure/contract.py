"""Microsoft's own description of Azure DevOps' Git API, and what is to be known to read it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from support.hosts.contract import Contract
from support.hosts.faults import Reply


@dataclass(frozen=True)
class AzureContract(Contract):
    """It knows no other parameters than those that it names, and leaves out what a list is wrapped in."""

    def violations_of_request(self, method: str, target: str, body: bytes) -> list[str]:
        if self._leaves_out(target):
            return []
        known = self._known(method, target)
        unknown = [name for name, _ in parse_qsl(urlsplit(target).query) if name not in known]
        told = [f"no parameter of its: {name}" for name in unknown]
        return told + super().violations_of_request(method, target, body)

    def violations_of_response(self, method: str, target: str, reply: Reply) -> list[str]:
        if method == "DELETE" or reply.status >= HTTPStatus.MULTIPLE_CHOICES:
            return []
        if "Content-Type" not in reply.headers:
            answer = json.loads(reply.body or b"{}")
            if set(answer) == {"count", "value"}:
                reply = replace(reply, body=json.dumps(answer["value"]).encode())
        return super().violations_of_response(method, target, reply)

    def _known(self, method: str, target: str) -> set[str]:
        description = json.loads(self.description.read_text())
        path = urlsplit(target).path
        for template, verbs in description["paths"].items():
            parts, found = template.split("/"), path.split("/")
            if len(parts) == len(found) and all(
                part.startswith("{") or part == got for part, got in zip(parts, found, strict=True)
            ):
                parameters = verbs.get(method.lower(), {}).get("parameters", [])
                return {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
        return set()


CONTRACT = AzureContract(
    Path(__file__).parent / "git.json",
    "https://dev.azure.com",
    # Whose token it is: the address that Microsoft's own clients ask, and describe nowhere.
    undescribed="/_apis/connectionData",
)
