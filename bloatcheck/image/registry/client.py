"""The pull side of a registry's HTTP API (OCI distribution-spec, "Pull").

Credentials go to the registry and to the token service that the registry names, nowhere else: a redirect to
storage elsewhere loses them, and a challenge from there is not answered.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urljoin

import requests

from bloatcheck.errors import ReadError
from bloatcheck.image.registry.authorizer import Authorizer
from bloatcheck.image.registry.blob import BlobDownload
from bloatcheck.image.registry.credentials import Credentials
from bloatcheck.image.registry.refusal import AskedToWaitError, check_status
from bloatcheck.image.registry.transport import NETWORK_ERRORS, Patience, Transport, origin
from bloatcheck.oci.digest import Digest, algorithm, encoded, parse_digest
from bloatcheck.oci.manifest import INDEX_TYPES, MANIFEST_TYPES, MAX_DOCUMENT, Descriptor
from bloatcheck.oci.registry_reference import RegistryReference

_ACCEPT = ", ".join((*MANIFEST_TYPES, *INDEX_TYPES))
_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest or index as the registry sent it, its digest checked where it was asked for by one."""

    media_type: str
    digest: Digest
    content: bytes


class RegistryClient:
    """Pulls the documents and blobs of one repository. Blobs may be read from several threads at once.

    Args:
        reference: the repository.
        find_credentials: asked when the registry first asks for credentials or a token.
        patience: how long to wait.
    """

    def __init__(
        self,
        reference: RegistryReference,
        find_credentials: Callable[[], Credentials | None] = lambda: None,
        patience: Patience | None = None,
    ) -> None:
        self.reference = reference
        self.patience = patience or Patience()
        self._transport = Transport(on_loopback=reference.is_loopback, patience=self.patience)
        self._authorizer = Authorizer(reference, self._transport, find_credentials)
        self._base: str | None = None
        self._base_lock = threading.Lock()

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def manifest(self, reference: str) -> Document:
        """The manifest or index under a tag or digest.

        Raises:
            ReadError: refused, not there, too large, not what its digest says, or no answer.
        """
        what = str(self.reference) if ":" not in reference else self.describe(reference)

        def ask() -> tuple[bytes, Mapping[str, str]]:
            with closing(self._get(f"manifests/{reference}", {"Accept": _ACCEPT}, what)) as response:
                return self._transport.read_document(
                    response, limit=MAX_DOCUMENT, what=what
                ), response.headers

        content, headers = self._persistently(ask, what)
        # By tag there is only the registry's own word, which tells a proxy that mixes things up.
        promised = parse_digest(reference) if ":" in reference else _digest_of(headers)
        name = algorithm(promised) if promised else "sha256"
        digest = Digest(f"{name}:{hashlib.new(name, content).hexdigest()}")
        if promised and digest != promised:
            raise ReadError(
                f"{what}: the manifest's digest is {digest}, not {promised}",
                hint="the registry, or a proxy before it, answers with other content than was asked for",
            )
        media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Document(media_type, digest, content)

    def current_digest(self, tag: str) -> Digest:
        """The digest of the manifest or index under a tag, by HEAD, which registries count as no pull.

        Raises:
            ReadError: as `manifest`.
        """
        what = str(self.reference)

        def ask() -> Mapping[str, str]:
            with closing(self._get(f"manifests/{tag}", {"Accept": _ACCEPT}, what, method="HEAD")) as response:
                return response.headers

        return _digest_of(self._persistently(ask, what)) or self.manifest(tag).digest

    def document(self, descriptor: Descriptor, *, limit: int) -> bytes:
        """A small blob as a whole: the image configuration.

        Raises:
            ReadError: as `manifest`.
        """
        what = self.describe(descriptor.digest)
        if descriptor.size > limit:
            raise ReadError(f"{what} is {descriptor.size} bytes long, more than {limit}")
        content = b"".join(self.blob(descriptor))
        actual = hashlib.new(algorithm(descriptor.digest), content).hexdigest()
        if actual != encoded(descriptor.digest):
            raise ReadError(
                f"{what} is another document: its digest is {algorithm(descriptor.digest)}:{actual}",
                hint="it is damaged in the registry or on the way",
            )
        return content

    def blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        """A blob's bytes, whatever happens to the connection: exactly as many as its descriptor says.

        Who takes them compares the digest.

        Raises:
            ReadError: not there, another length, or the registry stalls or gives up.
        """
        what = self.describe(descriptor.digest)
        return BlobDownload(
            lambda offset: self._open_range(descriptor.digest, offset, what),
            size=descriptor.size,
            label=what,
            patience=self.patience,
        ).pieces()

    def describe(self, digest: str) -> str:
        """A document's or blob's name for messages."""
        return f"{self.reference.registry}/{self.reference.repository}@{digest}"

    def _open_range(self, digest: Digest, offset: int, what: str) -> requests.Response:
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        return self._persistently(lambda: self._get(f"blobs/{digest}", headers, what), what)

    def _persistently(self, ask: Callable[[], _Result], what: str) -> _Result:
        """Asks until there is an answer, within reason."""
        give_up_at = time.monotonic() + self.patience.request
        for attempt in range(1, self.patience.attempts + 1):
            pause = self.patience.first_wait * 2 ** (attempt - 1)
            try:
                return ask()
            except AskedToWaitError as asked:
                error, pause = asked.refusal, pause if asked.wait is None else asked.wait
                hopeless = pause > self.patience.longest_wait
            except NETWORK_ERRORS as failure:
                error, hopeless = self._unreachable(failure, what)
            if hopeless or attempt == self.patience.attempts or time.monotonic() + pause > give_up_at:
                break
            time.sleep(pause)
        # The cause's text may hold a signed address of the storage: it isn't kept.
        raise error from None

    def _get(
        self, path: str, headers: Mapping[str, str], what: str, *, method: str = "GET"
    ) -> requests.Response:
        """A successful answer, its body unread."""
        for last_attempt in (False, True):
            used = self._authorizer.header
            response, at_home = self._follow(path, headers, used, what, method)
            if response.status_code == HTTPStatus.UNAUTHORIZED and at_home and not last_attempt:
                challenge = response.headers.get("WWW-Authenticate", "")
                self._transport.discard(response)
                if self._authorizer.answer(challenge, refused=used):
                    continue
            try:
                check_status(
                    response,
                    what if at_home else f"{what}: the storage behind the registry",
                    registry=self.reference.registry,
                    with_credentials=self._authorizer.has_credentials,
                )
            except BaseException:
                response.close()
                raise
            break
        return response

    def _follow(
        self, path: str, headers: Mapping[str, str], authorization: str | None, what: str, method: str
    ) -> tuple[requests.Response, bool]:
        """Follows redirects by hand; says whether the answer is the registry's own."""
        home = f"{self._api()}/v2/{self.reference.repository}/{path}"
        url = home
        for _ in range(_MAX_REDIRECTS + 1):
            at_home = origin(url) == origin(home)
            sent = {**headers, "Authorization": authorization} if authorization and at_home else headers
            response = self._transport.send(method, url, headers=sent)
            location = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or not location:
                return response, at_home
            self._transport.discard(response)
            try:
                url = urljoin(url, location)
            except ValueError:
                url = location
            self._transport.check(url, f"{what}: a redirect")
        raise ReadError(
            f"{what}: more than {_MAX_REDIRECTS} redirects", hint="the registry redirects in circles"
        )

    def _api(self) -> str:
        """`https://host`; on loopback `http://host` where it answers to that."""
        with self._base_lock:
            if self._base is None:
                plain = self.reference.is_loopback and self._speaks_plain_http()
                self._base = f"{'http' if plain else 'https'}://{self.reference.api_host}"
            return self._base

    def _speaks_plain_http(self) -> bool:
        """Servers of TLS hang up on plain HTTP, or answer 400; the other way round some wait for ever."""
        try:
            response = self._transport.send("GET", f"http://{self.reference.api_host}/v2/")
        except requests.exceptions.ConnectionError as error:
            if _cause(error, ConnectionRefusedError):
                raise
            return False
        self._transport.discard(response)
        return response.status_code != HTTPStatus.BAD_REQUEST

    def _unreachable(self, error: Exception, what: str) -> tuple[ReadError, bool]:
        """The error in words, without the exception's own text, and whether it is hopeless."""
        host = self.reference.api_host
        if untrusted := _cause(error, ssl.SSLCertVerificationError):
            reason = f"a certificate is not trusted ({untrusted.verify_message})"
            return ReadError(
                f"{what}: {reason}", hint="for an authority of your own set REQUESTS_CA_BUNDLE to its file"
            ), True
        refused = _cause(error, ConnectionRefusedError) is not None
        unknown = _cause(error, socket.gaierror)
        if unknown:
            reason = f"{host} can't be resolved, or where it leads"
        elif refused:
            reason = f"{host}, or where it leads, refuses connections"
        elif isinstance(error, (requests.Timeout, TimeoutError)) or _cause(error, TimeoutError):
            reason = f"{host} doesn't answer in time"
        else:
            reason = f"{host} gives no usable answer ({type(error).__name__})"
        hopeless = (
            isinstance(error, ValueError)  # no address at all, in the words of requests
            or (refused and self.reference.is_loopback)
            or (unknown is not None and unknown.errno == socket.EAI_NONAME)
        )
        return ReadError(
            f"{what}: {reason}", hint="check the host's name, the network and HTTPS_PROXY"
        ), hopeless


_Cause = TypeVar("_Cause", bound=BaseException)


def _cause(error: BaseException, wanted: type[_Cause]) -> _Cause | None:
    """The first exception of a class among an exception and what led to it."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        if isinstance(one, wanted):
            return one
        seen.add(id(one))
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return None


def _digest_of(headers: Mapping[str, str]) -> Digest | None:
    try:
        return parse_digest(headers.get("Docker-Content-Digest"))
    except ValueError:
        return None
