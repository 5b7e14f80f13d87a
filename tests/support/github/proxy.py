"""GitHub as the code under test sees it: the emulator, and a proxy that records, checks and breaks things."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import urlsplit

from support.github.contract import CONTRACT
from support.github.emulator import Emulator, emulator
from support.github.faults import house_rules
from support.hosts.contract import Contract
from support.hosts.faults import Fault, Reply, Request
from support.hosts.server import StandIn, served

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass
class PretendGitHub(StandIn):
    """One emulator, one proxy."""

    emulator: Emulator = field(kw_only=True)
    contract: Contract = CONTRACT

    def fault_for(self, request: Request) -> Fault | None:
        return super().fault_for(request) or next(
            (fault for fault in house_rules() if fault.takes(request)), None
        )

    def forward(self, request: Request) -> Reply:
        """The emulator's answer, to the Host header as it came, so that its links lead through this proxy."""
        behind = urlsplit(self.emulator.url)
        connection = http.client.HTTPConnection(behind.hostname or "", behind.port, timeout=10)
        try:
            headers = {name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP}
            headers["accept-encoding"] = "identity"
            connection.request(request.method, request.target, request.body or None, headers)
            response = connection.getresponse()
            kept = {
                name.title(): value
                for name, value in response.getheaders()
                if name.lower() not in _HOP_BY_HOP
            }
            return completed(request, Reply(response.status, response.read(), kept))
        finally:
            connection.close()


def completed(request: Request, reply: Reply) -> Reply:
    """The emulator's answer about a check run, with the address that it forgets."""
    if "/check-runs" not in request.target or reply.status >= HTTPStatus.BAD_REQUEST:
        return reply
    check_run = json.loads(reply.body)
    if isinstance(check_run.get("output"), dict):
        check_run["output"] |= {"annotations_url": f"{check_run['url']}/annotations"}
    return replace(reply, body=json.dumps(check_run).encode())


@contextmanager
def pretend_github() -> Iterator[PretendGitHub]:
    """An emulator with a proxy in front, both gone at the end."""
    with emulator() as behind:
        github = PretendGitHub(emulator=behind)
        with served(github):
            yield github
