"""BuildKit daemons on ports of this machine, as buildx's remote driver reaches them.

Each is the BuildKit inside an engine of its own. The engine speaks BuildKit's gRPC behind an upgrade of HTTP
(`POST /grpc`), which a tunnel does for clients that come to the port.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from support.engines import Engine, containerd_store_engine

_UPGRADE = b"POST /grpc HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"


@dataclass(frozen=True)
class BuildKit:
    """One daemon; `address` is for `docker buildx create`."""

    engine: Engine
    address: str

    def steps(self) -> str:
        """What it did, as its cache tells: `[1/1] COPY program /`, and the like."""
        described = "{{range .BuildCache}}{{.Description}}\n{{end}}"
        return self.engine.docker("system", "df", "--verbose", "--format", described)


@contextmanager
def buildkits(number: int) -> Iterator[list[BuildKit]]:
    """So many daemons, each with nothing in its cache."""
    with ExitStack() as stack:
        found = []
        for _ in range(number):
            engine = stack.enter_context(containerd_store_engine())
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            path = engine.host.removeprefix("unix://")
            threading.Thread(target=_serve, args=(server, path), daemon=True).start()
            found.append(BuildKit(engine, f"tcp://127.0.0.1:{server.getsockname()[1]}"))
        yield found


def _serve(server: socket.socket, path: str) -> None:
    with suppress(OSError):  # closed
        while True:
            client, _ = server.accept()
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(path)
            engine.sendall(_UPGRADE)
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                answer += engine.recv(1) or b"\r\n\r\n"
            for source, target in ((client, engine), (engine, client)):
                threading.Thread(target=_carry, args=(source, target), daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
