"""A company's network in small: an authority of its own, a server it vouches for, and a proxy."""

from __future__ import annotations

import select
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True)
class Authority:
    """A certificate authority that no machine knows, and a server's certificate for localhost from it."""

    certificate: Path
    server_certificate: Path
    server_key: Path

    @classmethod
    def create(cls, folder: Path) -> Authority:
        own, key = folder / "authority.pem", folder / "authority.key"
        request, server, server_key = folder / "server.csr", folder / "server.pem", folder / "server.key"
        extensions = folder / "extensions"
        # Python 3.13 asks for what RFC 5280 does.
        extensions.write_text(
            "subjectAltName=DNS:localhost,DNS:github.example,IP:127.0.0.1\n"
            "basicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        )
        ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        for command in (
            ["req", "-x509", *ec, "-keyout", key, "-out", own, "-days", "2", "-subj", "/CN=Acme authority",
             "-addext", "keyUsage=critical,keyCertSign"],
            ["req", *ec, "-keyout", server_key, "-out", request, "-subj", "/CN=github.example"],
            ["x509", "-req", "-in", request, "-CA", own, "-CAkey", key, "-CAcreateserial", "-out", server,
             "-days", "2", "-extfile", extensions],
        ):  # fmt: skip
            subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)
        return cls(own, server, server_key)


class _Quiet(ThreadingHTTPServer):
    """Waits for no connection that a client keeps open."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """A client that doesn't trust us goes away in the middle."""


@dataclass
class Server:
    """Something that listens on this machine, and what it was asked."""

    port: int
    asked: list[str] = field(default_factory=list)


@contextmanager
def https_server(authority: Authority, answer: bytes) -> Iterator[Server]:
    """Answers every GET with the same JSON."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            running.asked.append(f"{self.path} {self.headers['Authorization']}")
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.server_certificate, authority.server_key)
    with _Quiet(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        running = Server(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def connect_proxy(port: int) -> Iterator[Server]:
    """An HTTP proxy that takes CONNECT for any host and port, and leads all of them to one port here."""

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            running.asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            with socket.create_connection(("127.0.0.1", port)) as behind:
                _join(self.connection, behind)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with _Quiet(("127.0.0.1", 0), Handler) as server:
        running = Server(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()


def _join(one: socket.socket, other: socket.socket) -> None:
    """Until one of them is done."""
    ends = {one: other, other: one}
    while readable := select.select(list(ends), [], [], 10)[0]:
        for end in readable:
            content = end.recv(65536)
            if not content:
                return
            ends[end].sendall(content)
