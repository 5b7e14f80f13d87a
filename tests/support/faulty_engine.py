"""An engine that fails in ways that a real one can't be made to."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from io import BufferedIOBase
from pathlib import Path

ID = f"sha256:{'1' * 64}"
LAYER = f"sha256:{'2' * 64}"

Answer = Callable[["Request"], None]


class Request(BaseHTTPRequestHandler):
    """One request; `answers` is set by `faulty_engine`."""

    protocol_version = "HTTP/1.1"
    answers: dict[str, Answer]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        name = path.split("/", 2)[-1] if path.startswith("/v1.") else path.lstrip("/")
        self.answers.get(name, not_found)(self)

    def address_string(self) -> str:
        return "a socket"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing to say."""

    @property
    def output(self) -> BufferedIOBase:
        return self.wfile

    def send(self, content: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def as_json(value: object, status: int = 200) -> Answer:
    return lambda request: request.send(json.dumps(value).encode(), status)


def not_found(request: Request) -> None:
    request.send(b'{"message": "No such image"}', 404)


ANSWERS: dict[str, Answer] = {
    "version": as_json({"Version": "99", "ApiVersion": "1.41", "Components": [{"Name": "Engine"}]}),
    "info": as_json({"Driver": "overlay2", "DockerRootDir": "/nowhere", "DriverStatus": None}),
    "images/json": as_json([]),
    "images/api/json": as_json({"Id": ID, "RootFS": {"Layers": [LAYER]}, "Architecture": "amd64"}),
}
"""Of an engine without faults that has one image, `api`."""


@contextmanager
def faulty_engine(folder: Path, **faults: Answer) -> Iterator[str]:
    """Serves on a socket in `folder` and yields its DOCKER_HOST. Faults take the place of sound answers."""
    named = {name.replace("__", "/"): answer for name, answer in faults.items()}
    handler = type("Handler", (Request,), {"answers": {**ANSWERS, **named}})
    socket = folder / "s"

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that hangs up is no news."""

    with Server(str(socket), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"unix://{socket}"
        finally:
            server.shutdown()
            thread.join()
