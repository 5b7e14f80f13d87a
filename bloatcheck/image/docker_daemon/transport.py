"""How requests reach a container engine: straight through a local socket, or through docker-py.

docker-py knows contexts, TLS and ssh, and importing it takes longer than all else that is done for an image
whose layers are known. A local socket needs none of that; it is what nearly everybody has.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode

from bloatcheck.errors import NoEngineError, ReadError

LOCAL_SOCKET = "/var/run/docker.sock"
MAX_ANSWER = 64 << 20
"""Bytes of one answer that isn't a stream; the list of ten thousand images has ten million."""
_MAX_REFUSAL = 64 << 10


class RefusedError(Exception):
    """The engine answered that it won't, or can't. `explanation` are its own words."""

    def __init__(self, status: int, document: bytes) -> None:
        self.status = status
        self.explanation = _explanation(document) or f"status {status}"
        super().__init__(self.explanation)


class ByteStream(Protocol):
    """Bytes that arrive in order and can't be sought."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty at the end."""
        ...


class Answer(ByteStream, Protocol):
    """An answer of the engine, whose body hasn't been read yet."""

    @property
    def status(self) -> int:
        """HTTP's."""
        ...

    def read(self, size: int | None = None, /) -> bytes:
        """Up to `size` bytes, all if it is None; empty at the end."""
        ...

    def close(self) -> None:
        """Ends it, read or not."""
        ...


class Transport(Protocol):
    """A way to an engine. What it raises is in `failures`."""

    host: str
    failures: tuple[type[Exception], ...]

    def get(self, path: str, query: Mapping[str, str | Sequence[str]], *, patience: float) -> Answer:
        """Asks; each wait for the engine ends after `patience` seconds.

        Args:
            path: with the API's version.
            query: a list is repeated under its name.
            patience: seconds.
        """
        ...

    def close(self) -> None:
        """Ends the connection."""
        ...


def check(answer: Answer) -> None:
    """Reads and closes an answer that refuses.

    Raises:
        RefusedError: it does.
    """
    if answer.status >= http.client.BAD_REQUEST:
        try:
            document = answer.read(_MAX_REFUSAL)
        finally:
            answer.close()
        raise RefusedError(answer.status, document)


def read_json(answer: Answer) -> object:
    """An answer's document; the answer is closed.

    Raises:
        RefusedError: it refuses.
        ValueError: it is no JSON.
    """
    check(answer)
    try:
        document = answer.read(MAX_ANSWER + 1)
        if len(document) > MAX_ANSWER:
            raise ValueError(f"it is longer than {MAX_ANSWER} bytes")
        return json.loads(document)
    except RecursionError as error:
        raise ValueError("JSON that is nested too deeply") from error
    finally:
        answer.close()


def cant_connect(host: str, error: Exception) -> ReadError:
    """Why no engine answers at a host, and what to do."""
    if isinstance(error, PermissionError):
        return ReadError(
            f"the engine's socket {host} may not be opened by this user",
            hint="run as a member of the group docker, as root, or set DOCKER_HOST to an engine of yours",
        )
    if isinstance(error, (FileNotFoundError, ConnectionRefusedError)):
        return NoEngineError(
            f"no container engine answers at {host}",
            hint="start one (for example: sudo systemctl start docker), set DOCKER_HOST to another, "
            "or name an archive: docker-archive:image.tar",
        )
    return ReadError(
        without_credentials(f"the container engine at {host} can't be talked to: {error}"),
        hint="check DOCKER_HOST, DOCKER_CONTEXT and DOCKER_TLS_VERIFY; does `docker info` get an answer?",
    )


def without_credentials(text: str) -> str:
    """A text about a host, without a user's name and password."""
    return re.sub(r"(?<=://)[^/@\s]*@", "", text)


def local_socket(environment: Mapping[str, str]) -> str | None:
    """The socket that the docker CLI would talk to; None where it takes docker-py to tell, or to talk."""
    if environment.get("DOCKER_TLS_VERIFY") or environment.get("DOCKER_CERT_PATH"):
        return None
    host = environment.get("DOCKER_HOST", "")
    if host:
        path = host.removeprefix("unix://")
        return path if path != host and path.startswith("/") and not _is_configured(environment) else None
    if (environment.get("DOCKER_CONTEXT") or "default") != "default" or _is_configured(environment):
        return None
    return LOCAL_SOCKET


def _is_configured(environment: Mapping[str, str]) -> bool:
    """Whether the CLI's configuration says anything of which engine to ask, and how."""
    folder = environment.get("DOCKER_CONFIG") or Path(environment.get("HOME", "/")) / ".docker"
    try:
        settings = json.loads((Path(folder) / "config.json").read_bytes())
    except OSError:
        return False  # not there, or not ours to read
    except (ValueError, RecursionError):
        return True
    if not isinstance(settings, dict):
        return True
    return bool(settings.get("HttpHeaders")) or settings.get("currentContext") not in (None, "", "default")


class SocketTransport:
    """Through a socket on this machine; each request has a connection of its own.

    Args:
        path: of the socket.
    """

    failures: tuple[type[Exception], ...] = (OSError, http.client.HTTPException)

    def __init__(self, path: str) -> None:
        self.host = f"unix://{path}"
        self._path = path

    @property
    def identity(self) -> tuple[object, ...]:
        """The same while the same engine listens: one that is started again makes its socket anew."""
        try:
            status = Path(self._path).stat()
        except OSError:
            return (self._path,)
        return self._path, status.st_dev, status.st_ino, status.st_ctime_ns

    def get(
        self, path: str, query: Mapping[str, str | Sequence[str]], *, patience: float
    ) -> http.client.HTTPResponse:
        """See `Transport`."""
        connection = _SocketConnection(self._path, patience)
        try:
            whole = f"{path}?{urlencode(query, doseq=True)}" if query else path
            connection.request("GET", whole, headers={"Connection": "close"})
            response = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        if connection.sock:
            # from here on it is the response's, and closed with it
            connection.sock.close()
        return response

    def close(self) -> None:
        """Nothing stays open."""


class _Whole(http.client.HTTPResponse):
    """A response that notices where it ends too early."""

    def read(self, amt: int | None = None) -> bytes:
        """See `http.client.HTTPResponse`."""
        content = super().read(amt)
        if self.length and (amt is None or len(content) < amt):
            raise http.client.IncompleteRead(content, self.length)
        return content


class _SocketConnection(http.client.HTTPConnection):
    """HTTP through a local socket."""

    response_class = _Whole

    def __init__(self, path: str, patience: float) -> None:
        super().__init__("localhost", timeout=patience)
        self._path = path

    def connect(self) -> None:
        """See `http.client.HTTPConnection`."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(os.fsencode(self._path))


def _explanation(document: bytes) -> str:
    try:
        content = json.loads(document)
    except (ValueError, RecursionError):
        return document.decode("utf-8", "replace").strip()
    message = content.get("message") if isinstance(content, dict) else None
    return message if isinstance(message, str) else ""
