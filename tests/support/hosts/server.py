"""The base of what stands in for a code host: it listens, records, checks and breaks things."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from support.hosts.contract import Contract
from support.hosts.faults import Cut, Drip, Fault, Meet, Reply, Request, Wait, told

_FIRST_DAY = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Exchange:
    """A request and what was answered; `status` None where the connection was cut."""

    request: Request
    status: int | None

    def __str__(self) -> str:
        return f"{self.request.method} {self.request.target} {self.status}"


@dataclass
class Record:
    """What happened during one test, and where it was not as the host's description has it."""

    exchanges: list[Exchange] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


@dataclass
class StandIn:
    """A code host that keeps things in memory. `faults` come before what it would answer."""

    contract: Contract
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    record: Record = field(default_factory=Record)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _clock: datetime = _FIRST_DAY
    _numbers: int = 100

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

    def now(self) -> str:
        """A moment after every moment before."""
        self._clock += timedelta(seconds=1)
        return self._clock.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def number(self) -> int:
        """One that nothing had before."""
        self._numbers += 1
        return self._numbers

    def fault_for(self, request: Request) -> Fault | None:
        return next((fault for fault in self.faults if fault.takes(request)), None)

    def forward(self, request: Request) -> Reply:
        """What the host answers."""
        with self.lock:
            return self.answer(request)

    def answer(self, request: Request) -> Reply:
        """As `forward`, with nothing else under way."""
        raise NotImplementedError

    def check(self, record: Record, request: Request, reply: Reply | None) -> None:
        """Notes an exchange, and where it is not as described."""
        method, target = request.method, request.target
        violations = self.contract.violations_of_request(method, target, request.body)
        if reply and reply.lawful:
            violations += self.contract.violations_of_response(method, target, reply)
        with self.lock:
            record.exchanges.append(Exchange(request, reply.status if reply else None))
            record.violations += [f"{method} {target}: {violation}" for violation in violations]


@dataclass(frozen=True)
class Asked:
    """A request, taken apart: who asks, the changing parts of its path, and its query's first values."""

    by: Any
    ids: list[str]
    query: dict[str, str]
    body: dict[str, Any]
    request: Request

    @property
    def number(self) -> int:
        return int(self.ids[0])


Answer = Callable[[Any, Asked], Reply]
Routes = tuple[tuple[str, str, Answer], ...]


def route(routes: Routes, prefix: str, request: Request, by: object) -> tuple[Answer, Asked] | None:
    """Who answers a request; None where nobody does."""
    parts = urlsplit(request.target)
    for method, pattern, answer in routes:
        found = re.fullmatch(prefix + pattern, parts.path)
        if found and method == request.method:
            ids = [unquote(part) for part in found.groups()]
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            return answer, Asked(by, ids, query, json.loads(request.body or b"{}"), request)
    return None


def page(host: StandIn, found: list[Any], asked: Asked, *, size: int) -> Reply:
    """A part of a list, with a link to the next one."""
    number = int(asked.query.get("page", "1"))
    headers = {"X-Total-Count": str(len(found))}
    if len(found) > size * number:
        path = urlsplit(asked.request.target).path
        following = urlencode({**asked.query, "page": number + 1})
        headers["Link"] = f'<{host.url}{path}?{following}>; rel="next"'
    return told(found[size * (number - 1) : size * number], headers=headers)


@contextmanager
def served(host: StandIn) -> Iterator[None]:
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

    def __init__(self, host: StandIn) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host = host

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_any(self) -> None:
        host = self.server.host
        record = host.record
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        fault = host.fault_for(request)
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
            reply = host.forward(request)
        cut = isinstance(effect, Cut)
        host.check(record, request, None if cut else reply)
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
