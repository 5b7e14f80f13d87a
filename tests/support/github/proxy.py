"""GitHub as the code under test sees it: the emulator, and a proxy that records, checks and breaks things."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import urlsplit

from support.github.contract import Contract
from support.github.emulator import Emulator, emulator
from support.github.faults import Cut, Drip, Fault, Meet, Reply, Request, Wait, house_rules

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True)
class Exchange:
    """A request and what was answered; `status` None where the connection was cut."""

    request: Request
    status: int | None

    def __str__(self) -> str:
        return f"{self.request.method} {self.request.target} {self.status}"


@dataclass
class Record:
    """What happened during one test, and where it was not as GitHub's description has it."""

    exchanges: list[Exchange] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


@dataclass
class PretendGitHub:
    """One emulator, one proxy."""

    emulator: Emulator
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    record: Record = field(default_factory=Record)
    contract: Contract = field(default_factory=Contract)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def exchanges(self) -> list[Exchange]:
        return self.record.exchanges

    @property
    def violations(self) -> list[str]:
        return self.record.violations

    def writes(self) -> list[str]:
        """Methods of the requests that change something, in order."""
        return [exchange.request.method for exchange in self.exchanges if exchange.request.method != "GET"]

    def forget(self) -> None:
        """Ready for the next test. A request still under way belongs to the record it began in."""
        self.faults.clear()
        self.record = Record()

    def fault_for(self, request: Request) -> Fault | None:
        faults = [*self.faults, *house_rules()]
        return next((fault for fault in faults if fault.takes(request)), None)

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

    def check(self, record: Record, request: Request, reply: Reply | None) -> None:
        """Notes an exchange. Refusals with a status that the description leaves out are lawful."""
        method, target = request.method, request.target
        violations = self.contract.violations_of_request(method, target, request.body)
        if reply and reply.lawful:
            content_type = reply.headers.get("Content-Type", "application/json")
            violations += [
                violation
                for violation in self.contract.violations_of_response(
                    method, target, reply.status, content_type, reply.body
                )
                if reply.status < HTTPStatus.BAD_REQUEST or "Unknown response http status" not in violation
            ]
        with self.lock:
            record.exchanges.append(Exchange(request, reply.status if reply else None))
            record.violations += [f"{method} {target}: {violation}" for violation in violations]


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
        github = PretendGitHub(behind)
        with served(github):
            yield github


class Pretender(Protocol):
    """A code host that records, checks and breaks things."""

    url: str
    record: Record

    def fault_for(self, request: Request) -> Fault | None: ...

    def forward(self, request: Request) -> Reply: ...

    def check(self, record: Record, request: Request, reply: Reply | None) -> None: ...


@contextmanager
def served(host: Pretender) -> Iterator[None]:
    """Listens for it, and tells it where."""
    with _Server(host) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            host.url = f"http://127.0.0.1:{server.server_address[1]}"
            yield
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, github: Pretender) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.github = github

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_any(self) -> None:
        github = self.server.github
        record = github.record
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        fault = github.fault_for(request)
        effect = fault.effect if fault else None
        if isinstance(effect, Wait):
            time.sleep(effect.seconds)
        if isinstance(effect, Meet):
            effect.barrier.wait(18)  # a client waits for 20
        if isinstance(effect, Reply):
            reply = effect
        elif effect == Cut(after=False):
            reply = None
        else:
            reply = github.forward(request)
        cut = isinstance(effect, Cut)
        github.check(record, request, None if cut else reply)
        if cut or reply is None:
            self._cut()
        else:
            self._send(reply, effect.seconds_per_byte if isinstance(effect, Drip) else 0.0)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_any  # noqa: N815 - the names http.server asks for

    def _send(self, reply: Reply, seconds_per_byte: float) -> None:
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **reply.headers}.items():
            self.send_header(name, value)
        if reply.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if not seconds_per_byte:
            self.wfile.write(reply.body)
            return
        for position in range(len(reply.body)):
            self.wfile.write(reply.body[position : position + 1])
            time.sleep(seconds_per_byte)

    def _cut(self) -> None:
        """A reset, not a polite end: with linger at 0 closing sends RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: object) -> None:
        """Quiet: the exchanges are recorded."""
