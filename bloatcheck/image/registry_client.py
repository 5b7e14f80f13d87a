"""The pull side of a registry's HTTP API (OCI distribution-spec, "Pull").

Credentials go to the registry and to the token service that the registry names, nowhere else; a redirect
to storage on another host loses them. Plain HTTP is spoken to loopback only.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions

from bloatcheck import __version__
from bloatcheck.errors import ReadError
from bloatcheck.oci.digest import Digest, algorithm
from bloatcheck.oci.registry_reference import RegistryReference

MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MAX_DOCUMENT = 4 * 1024 * 1024
"""Bytes of a manifest or configuration: what the specification asks registries to accept at least."""
_MAX_TOKEN_ANSWER = 256 * 1024
_MAX_REDIRECTS = 5
_TIMEOUT = (10, 30)
"""Seconds to connect, and between two pieces of an answer."""
_SLOWEST = 20_000
"""Bytes a second, once a minute of grace is over: slower is a stall, however lively it drips."""
_GRACE_SECONDS = 60.0
_ATTEMPTS = 5
_LONGEST_WAIT = 30.0
_CHALLENGE_PART = re.compile(r'([A-Za-z_]+)="([^"]*)"')
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({429, 500, 502, 503, 504})
_NETWORK_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user's name and password, or an identity token, for one registry."""

    username: str = ""
    password: str = ""
    identity_token: str = ""

    def __repr__(self) -> str:
        """Never shows a secret."""
        return "Credentials(…)"


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest or index as the registry sent it, its digest checked."""

    media_type: str
    digest: Digest
    content: bytes


class RegistryClient:
    """Pulls the documents and blobs of one repository."""

    def __init__(self, reference: RegistryReference, credentials: Credentials | None = None) -> None:
        self._reference = reference
        self._credentials = credentials
        self._authorization: str | None = None
        self._base: str | None = None
        self._session = requests.Session()
        # Authorization is placed by hand below; this keeps ~/.netrc from being sent behind our back.
        self._session.auth = _leave_alone
        self._session.headers["User-Agent"] = f"bloatcheck/{__version__}"

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

    def manifest(self, reference: str) -> Document:
        """The manifest or index under a tag or digest.

        Raises:
            ReadError: refused, not there, too large, not what its digest says, or no answer.
        """
        with self._get(f"manifests/{reference}", {"Accept": ", ".join(MANIFEST_TYPES)}) as response:
            content = _bounded(response, MAX_DOCUMENT, f"the manifest of {self._reference}")
            named = response.headers.get("Docker-Content-Digest")
        digest = Digest("sha256:" + hashlib.sha256(content).hexdigest())
        for expected in (reference if ":" in reference else None, named):
            if expected and expected.startswith("sha256:") and expected != digest:
                raise ReadError(
                    f"{self._reference}: the manifest's digest is {digest}, not {expected[:100]}",
                    hint="the registry or a proxy before it answers with other content than was asked for",
                )
        return Document(response.headers.get("Content-Type", "").partition(";")[0].strip(), digest, content)

    def document(self, digest: Digest) -> bytes:
        """A small blob as a whole: the image configuration.

        Raises:
            ReadError: as `manifest`.
        """
        with contextlib.closing(self.blob(digest)) as stream:
            content = stream.read(MAX_DOCUMENT + 1)
            if len(content) > MAX_DOCUMENT:
                raise ReadError(f"{self._reference}: {digest} is larger than {MAX_DOCUMENT} bytes")
            stream.verify()
        return content

    def blob(self, digest: Digest, size: int | None = None) -> BlobStream:
        """A blob as a stream that goes on where a connection broke. Call `verify` when it has been read."""
        return BlobStream(self, digest, size)

    def open_range(self, digest: Digest, offset: int) -> requests.Response:
        """The answer that carries a blob from `offset` on (status 206), or whole (status 200)."""
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        return self._get(f"blobs/{digest}", headers)

    def describe(self, digest: Digest) -> str:
        """A blob's name for messages."""
        return f"{self._reference.registry}/{self._reference.repository}@{digest}"

    def _get(self, path: str, headers: Mapping[str, str]) -> requests.Response:
        """A successful answer, its body unread. Waits where the registry asks for patience."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                response = self._get_authorized(path, headers)
            except _NETWORK_ERRORS as error:
                if attempt == _ATTEMPTS:
                    raise self._unreachable(error) from error
                time.sleep(min(0.5 * 2**attempt, _LONGEST_WAIT))
                continue
            if response.status_code in _PASSING and attempt < _ATTEMPTS:
                wait = _retry_after(response, default=0.5 * 2**attempt)
                response.close()
                if wait <= _LONGEST_WAIT:
                    time.sleep(wait)
                    continue
            if response.ok:
                return response
            response.close()
            raise self._refusal(response.status_code)
        raise AssertionError  # the last attempt returns or raises

    def _get_authorized(self, path: str, headers: Mapping[str, str]) -> requests.Response:
        response = self._follow(path, headers)
        if response.status_code != requests.codes.unauthorized:
            return response
        challenge = response.headers.get("WWW-Authenticate", "")
        response.close()
        authorization = self._answer(challenge)
        if authorization is None:
            return response
        self._authorization = authorization
        return self._follow(path, headers)

    def _follow(self, path: str, headers: Mapping[str, str]) -> requests.Response:
        """Follows redirects by hand: the Authorization header stays with the registry's own host."""
        url = home = f"{self._api()}/v2/{self._reference.repository}/{path}"
        for _ in range(_MAX_REDIRECTS + 1):
            sent = dict(headers)
            if self._authorization and urlsplit(url)[:2] == urlsplit(home)[:2]:
                sent["Authorization"] = self._authorization
            response = self._session.get(
                url, headers=sent, stream=True, timeout=_TIMEOUT, allow_redirects=False
            )
            location = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or not location:
                return response
            response.close()
            url = urljoin(url, location)
            self._check_transport(url, "a redirect")
        raise ReadError(
            f"{self._reference}: more than {_MAX_REDIRECTS} redirects",
            hint="the registry redirects in circles",
        )

    def _api(self) -> str:
        """`https://host`; on loopback `http://host` where nothing speaks TLS."""
        if self._base is None:
            self._base = f"https://{self._reference.api_host}"
            if self._reference.is_loopback:
                try:
                    self._session.get(f"{self._base}/v2/", timeout=_TIMEOUT, stream=True).close()
                except (requests.exceptions.SSLError, requests.exceptions.ConnectionError):
                    self._base = f"http://{self._reference.api_host}"
        return self._base

    def _check_transport(self, url: str, what: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "https":
            return
        plain_is_fine = self._reference.is_loopback and parts.hostname in ("localhost", "127.0.0.1", "::1")
        if parts.scheme != "http" or not plain_is_fine:
            raise ReadError(
                f"{self._reference}: {what} leads to {parts.scheme[:10]}://{(parts.hostname or '')[:200]}, "
                "which is not https",
                hint="plain HTTP is only spoken to registries on this machine",
            )

    def _answer(self, challenge: str) -> str | None:
        """The Authorization header that answers a challenge; None where there is nothing to answer with."""
        scheme, _, rest = challenge.partition(" ")
        parameters = {key.lower(): value for key, value in _CHALLENGE_PART.findall(rest[:4096])}
        if scheme.lower() == "bearer" and "realm" in parameters:
            return f"Bearer {self._token(parameters)}"
        if scheme.lower() == "basic" and self._credentials and self._credentials.username:
            return requests.auth._basic_auth_str(  # noqa: SLF001 - its public face needs a request
                self._credentials.username, self._credentials.password
            )
        return None

    def _token(self, challenge: Mapping[str, str]) -> str:
        realm = challenge["realm"]
        self._check_transport(realm, "its token service")
        scope = challenge.get("scope") or f"repository:{self._reference.repository}:pull"
        fields = {"service": challenge.get("service", ""), "scope": scope}
        credentials = self._credentials
        if credentials and credentials.identity_token:
            response = self._session.post(
                realm,
                data={
                    **fields,
                    "grant_type": "refresh_token",
                    "client_id": "bloatcheck",
                    "refresh_token": credentials.identity_token,
                },
                timeout=_TIMEOUT,
                stream=True,
                allow_redirects=False,
            )
        else:
            basic = (credentials.username, credentials.password) if credentials else None
            response = self._session.get(
                realm,
                params=fields,
                auth=basic if basic and basic[0] else None,
                timeout=_TIMEOUT,
                stream=True,
                allow_redirects=False,
            )
        with response:
            if not response.ok:
                raise self._refusal(response.status_code)
            content = _bounded(response, _MAX_TOKEN_ANSWER, "the token service's answer")
        with contextlib.suppress(ValueError, RecursionError):
            answer = json.loads(content)
            if isinstance(answer, dict):
                token = answer.get("token") or answer.get("access_token")
                if isinstance(token, str) and token.isascii() and token.isprintable():
                    return token
        raise ReadError(f"{self._reference}: the token service's answer holds no token")

    def _refusal(self, status: int) -> ReadError:
        registry = self._reference.registry
        if status in (requests.codes.unauthorized, requests.codes.forbidden):
            known = (
                "the credentials in docker's config.json are refused"
                if self._credentials
                else "no credentials"
            )
            return ReadError(
                f"{self._reference}: the registry answers {status} ({known})",
                hint=f"run: docker login {registry}",
            )
        if status == requests.codes.not_found:
            return ReadError(
                f"{self._reference}: no such image in the registry",
                hint="check the name and the tag; a private repository also answers so to strangers",
            )
        if status == requests.codes.too_many_requests:
            return ReadError(
                f"{self._reference}: the registry limits how often it is asked (429)",
                hint=f"wait, or run: docker login {registry}",
            )
        return ReadError(f"{self._reference}: the registry answers {status}", hint="try again later")

    def _unreachable(self, error: Exception) -> ReadError:
        # The exception's text may hold a signed URL of the storage behind; its class says enough.
        return ReadError(
            f"{self._reference}: {self._reference.api_host} gives no usable answer ({type(error).__name__})",
            hint="check the host's name, the network and HTTPS_PROXY",
        )


class BlobStream(io.RawIOBase):
    """A blob's bytes in order, whatever happens to the connection, hashed on the way."""

    def __init__(self, client: RegistryClient, digest: Digest, size: int | None) -> None:
        super().__init__()
        self._client = client
        self._digest = digest
        self._size = size
        self._hash = hashlib.new(algorithm(digest))
        self._offset = 0
        self._attempts = 0
        self._started = time.monotonic()
        self._response: requests.Response | None = None

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: object) -> int:
        """As `io.RawIOBase`: 0 at the end.

        Raises:
            ReadError: the blob is longer than its descriptor says, or the registry gave up or stalls.
        """
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        piece = self._next(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def verify(self) -> None:
        """Reads what is left and checks length and digest.

        Raises:
            ReadError: they are not what the descriptor says.
        """
        while self.read(1 << 20):
            pass
        if self._size is not None and self._offset != self._size:
            raise self._damaged(f"is {self._offset} bytes long, not {self._size}")
        if self._hash.hexdigest() != self._digest.partition(":")[2]:
            raise self._damaged("has another content than its digest says")

    def close(self) -> None:
        """Lets go of the connection."""
        if self._response is not None:
            self._response.close()
            self._response = None
        super().close()

    def _next(self, amount: int) -> bytes:
        while True:
            self._check_pace()
            if self._size is not None and self._offset >= self._size:
                return b""
            try:
                piece = self._connected().raw.read1(amount, decode_content=False)
            except _NETWORK_ERRORS as error:
                self._reconnect_after(error)
                continue
            ended_early = not piece and self._size is not None
            if ended_early:
                self._reconnect_after(EOFError("the answer ended early"))
                continue
            self._offset += len(piece)
            if self._size is not None and self._offset > self._size:
                raise self._damaged(f"is longer than the {self._size} bytes of its descriptor")
            self._hash.update(piece)
            return bytes(piece)

    def _connected(self) -> requests.Response:
        if self._response is None:
            self._response = self._client.open_range(self._digest, self._offset)
            if self._offset and self._response.status_code != requests.codes.partial_content:
                # No ranges here: what is known already is read past.
                to_skip = self._offset
                while to_skip:
                    self._check_pace()
                    skipped = self._response.raw.read1(min(to_skip, 1 << 20), decode_content=False)
                    if not skipped:
                        raise urllib3.exceptions.ProtocolError("the answer ended early")
                    to_skip -= len(skipped)
        return self._response

    def _reconnect_after(self, error: Exception) -> None:
        if self._response is not None:
            self._response.close()
            self._response = None
        self._attempts += 1
        if self._attempts >= _ATTEMPTS:
            raise ReadError(
                f"{self._client.describe(self._digest)} broke off {self._attempts} times "
                f"({type(error).__name__})",
                hint="try again later",
            ) from error

    def _check_pace(self) -> None:
        elapsed = time.monotonic() - self._started
        if elapsed > _GRACE_SECONDS and self._offset < _SLOWEST * (elapsed - _GRACE_SECONDS):
            raise ReadError(
                f"{self._client.describe(self._digest)} stalls: {self._offset} bytes in {elapsed:.0f} s",
                hint="try again later",
            )

    def _damaged(self, what: str) -> ReadError:
        return ReadError(
            f"{self._client.describe(self._digest)} {what}",
            hint="the blob is damaged in the registry or on the way",
        )


def _leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _bounded(response: requests.Response, limit: int, what: str) -> bytes:
    content = bytearray()
    for piece in _pieces(response):
        content += piece
        if len(content) > limit:
            raise ReadError(f"{what} is larger than {limit} bytes")
    return bytes(content)


def _pieces(response: requests.Response) -> Iterator[bytes]:
    deadline = time.monotonic() + _GRACE_SECONDS
    while piece := response.raw.read1(64 * 1024, decode_content=True):
        yield piece
        if time.monotonic() > deadline:
            raise ReadError("the registry's answer took longer than a minute", hint="try again later")


def _retry_after(response: requests.Response, *, default: float) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if re.fullmatch(r"\d{1,6}", text) else default
