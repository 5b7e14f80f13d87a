"""HTTP as it is spoken to registries: within bounds of time and size, in plain text on loopback only.

A socket's timeout begins anew with every byte, so a peer that drips its headers, its chunk sizes, its
trailers or its TLS handshake holds a client for ever. Here every connection has a watch, that shuts it down
when its time is over.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from bloatcheck import __version__
from bloatcheck.errors import ReadError
from bloatcheck.oci.registry_reference import is_loopback

NETWORK_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
PIECE = 256 * 1024
"""Bytes of an answer that are taken at once, at most."""
_LONGEST_DISCARDED = 64 * 1024
_HEAD_IN_SILENCES = 2
"""An answer's head may take as long as this many pauses between pieces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a registry is waited for, in seconds.

    `connect`: to connect, TLS included. `silence`: between two pieces of an answer; its head may take two of
    them. `document`: for a manifest, a configuration or a token, from its first to its last byte.
    `request`: after that much no further attempt is made. `first_wait`: before the second attempt, doubled
    before each further one. `longest_wait`: what a registry may ask for.
    `window`, `slowest`: each window of a blob must bring `slowest` bytes a second. `attempts`: for one
    request, and for every `bytes_between_breaks` of a blob.
    """

    connect: float = 10.0
    silence: float = 30.0
    document: float = 60.0
    request: float = 120.0
    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 30.0
    window: float = 60.0
    slowest: int = 20_000
    bytes_between_breaks: int = 16 << 20


class Transport:
    """Sends requests and hands out answers whose bodies are unread. Follows no redirect.

    Args:
        on_loopback: whether the registry is on this machine, so that plain HTTP is fine there.
        patience: see there.
    """

    def __init__(self, *, on_loopback: bool, patience: Patience) -> None:
        self._on_loopback = on_loopback
        self._patience = patience
        self._session = _Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _WatchedAdapter())
        # Authorization is placed by hand: nothing from ~/.netrc or from an address may take its place.
        self._session.auth = _leave_alone
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update(
            {"User-Agent": f"bloatcheck/{__version__}", "Accept-Encoding": "identity"}
        )

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """One request to an address that `check` has passed.

        Raises:
            requests.RequestException, OSError: no answer.
        """
        host = urlsplit(url).hostname or ""
        return self._session.request(
            method,
            url,
            headers=headers,
            params=params,
            data=data,
            timeout=(self._patience.connect, self._patience.silence),
            stream=True,
            allow_redirects=False,
            # No proxy reaches this machine, though requests would ask one.
            proxies={"no_proxy": host} if is_loopback(host) else None,
        )

    def check(self, url: str, what: str) -> SplitResult:
        """Takes an address apart that came from outside; `what` leads there.

        Raises:
            ReadError: not https, nor http within this machine, or no address at all.
        """
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            raise ReadError(f"{what} leads to no address: {url[:100]!r}") from None
        if not host or not (
            parts.scheme == "https" or (parts.scheme == "http" and self._on_loopback and is_loopback(host))
        ):
            raise ReadError(
                f"{what} leads to {parts.scheme[:10]}://{host[:200]}, which is not https",
                hint="plain HTTP is only spoken to registries on this machine",
            )
        return parts

    def read_document(self, response: requests.Response, *, limit: int, what: str) -> bytes:
        """The whole body of a small answer.

        Raises:
            ReadError: larger than `limit` bytes.
            requests.RequestException, OSError: it broke off, or takes too long.
        """
        content = bytearray()
        started = time.monotonic()
        with ended_after(response, self._patience.document):
            while piece := response.raw.read1(PIECE, decode_content=False):
                content += piece
                if len(content) > limit:
                    raise ReadError(f"{what} is larger than {limit} bytes")
        if time.monotonic() - started >= self._patience.document:
            raise TimeoutError
        return bytes(content)

    def discard(self, response: requests.Response) -> None:
        """Lets go of an answer. A short body is read, for then the connection is used again."""
        with closing(response), suppress(*NETWORK_ERRORS, ValueError):
            if int(response.headers.get("Content-Length", _LONGEST_DISCARDED + 1)) <= _LONGEST_DISCARDED:
                with ended_after(response, self._patience.connect):
                    while response.raw.read1(PIECE, decode_content=False):
                        pass


@contextmanager
def ended_after(response: requests.Response, seconds: float) -> Iterator[None]:
    """Shuts the answer's connection down if the block takes longer."""
    watch: _Watch = response.raw.watch  # type: ignore[union-attr]  # placed by `_WatchedConnection`
    timer = watch.start(seconds)
    try:
        yield
    finally:
        timer.cancel()


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: where credentials belong."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


class _Watch:
    """Shuts a connection down when its time is over, from another thread.

    It holds the socket under a second descriptor: shutting down works on the connection, so TLS may take
    the first one over, and the number can't be another file's by then.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected.dup()

    def start(self, seconds: float) -> threading.Timer:
        """The connection ends in so many seconds, unless the timer is cancelled before."""
        timer = threading.Timer(seconds, self._end)
        timer.daemon = True
        timer.start()
        return timer

    def close(self) -> None:
        """Lets go of the connection."""
        self._socket.close()

    def __del__(self) -> None:
        """The connection may be gone while its last answer is still read."""
        self.close()

    def _end(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


class _WatchedConnection(HTTPConnection):
    """Bounds the time to connect and to receive an answer's head."""

    watch: _Watch | None = None
    _connecting: threading.Timer | None = None

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        self.watch = _Watch(connected)
        if isinstance(self.timeout, (int, float)):
            self._connecting = self.watch.start(self.timeout)
        return connected

    def connect(self) -> None:
        """As the parent; a proxy's answer and the TLS handshake are within the time to connect."""
        try:
            super().connect()
        finally:
            if self._connecting:
                self._connecting.cancel()

    def getresponse(self) -> Any:  # noqa: ANN401 - urllib3's response, whose class urllib3 doesn't export
        """As the parent, in bounded time. The answer carries the watch along."""
        silence = self.sock.gettimeout() if self.sock else None
        watch = self.watch
        if watch is None or silence is None:
            return super().getresponse()
        timer = watch.start(silence * _HEAD_IN_SILENCES)
        # The parent closes the connection here if the answer is its last: then only that has the socket.
        self.watch = None
        try:
            answer = super().getresponse()
        finally:
            timer.cancel()
            self.watch = watch if self.sock else None
        answer.watch = watch  # type: ignore[attr-defined]  # ours
        return answer

    def close(self) -> None:
        """As the parent."""
        super().close()
        if self.watch:
            self.watch.close()
            self.watch = None


class _WatchedTlsConnection(_WatchedConnection, HTTPSConnection):
    """The same over TLS."""


class _WatchedPool(HTTPConnectionPool):
    ConnectionCls = _WatchedConnection


class _WatchedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTlsConnection


_POOLS = {"http": _WatchedPool, "https": _WatchedTlsPool}


class _Session(requests.Session):
    """Of redirects that it isn't to follow, requests would read the whole body, and parse where they lead."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, whatever it says."""


class _WatchedAdapter(HTTPAdapter):
    """Requests' way to other connections, with and without a proxy."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - handed on
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - handed on
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


def _leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
