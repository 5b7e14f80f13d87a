"""A careful client of a code host's API: bounded in time and memory, patient, and silent about its token."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from http.client import HTTPException
from itertools import islice
from secrets import SystemRandom
from typing import TypeVar, Union
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests
import urllib3
from pydantic import TypeAdapter
from requests.auth import AuthBase

from bloatcheck import __version__
from bloatcheck.errors import PublishError
from bloatcheck.log import Log
from bloatcheck.oci.registry_reference import is_confidential
from bloatcheck.publish.answers import Answer, check_size, parsed
from bloatcheck.publish.manners import Manners
from bloatcheck.publish.patience import Patience, requested_pause
from bloatcheck.publish.refused import refusal_of

_MAX_ANSWER_BYTES = 48 * 1024 * 1024
"""A full page: 100 comments of 65,536 characters, each character up to six bytes of JSON, and the rest."""
_MAX_PAGES = 60
"""GitLab lets a merge request have 5,000 notes, GitHub a pull request 2,500 comments: 50 pages of 100."""
_MAX_REDIRECTS = 5
_NETWORK_ERRORS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    HTTPException,
    OSError,
    ValueError,
)
"""What a request that gets no usable answer raises, in all the layers below it."""
_CHUNK_BYTES = 64 * 1024
GONE = frozenset({HTTPStatus.NOT_FOUND})
"""What is answered where there is no such thing, or no longer."""
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
_REDIRECTS = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)

Result = TypeVar("Result")
Value = TypeVar("Value")
Query = Mapping[str, Union[str, Sequence[str]]]  # noqa: UP007 - evaluated, and Python 3.10 can't
"""Parameters of an address; one that is given several times has several values."""


class _UnreachableError(Exception):
    """No whole answer came. The text is ours, free of tokens and of other programs' words."""


class _UnusableError(_UnreachableError):
    """An answer came that no repetition would make better."""


class _Headers(AuthBase):
    """Sets the token, so that requests doesn't look for another one in a .netrc file."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


class Client:
    """A host's API with one token.

    Proxies and certificate bundles come from the environment, as `requests` reads them; where it names no
    bundle of theirs, OpenSSL's own variables count. The token is sent to `api_url`'s host only, in the clear
    to none but this machine, and shows in no error, log line or `repr`.

    Args:
        token: a job's own token, a personal one or an app's.
        api_url: where the API is.
        manners: the host's.
        log: told of waiting.
        patience: bounds of waiting.

    Raises:
        PublishError: the token or the address can't be right.
    """

    def __init__(
        self,
        token: str,
        *,
        api_url: str,
        manners: Manners,
        log: Log | None = None,
        patience: Patience | None = None,
    ) -> None:
        host, variable = manners.host, manners.address_variable
        if not _TOKEN.fullmatch(token):
            raise PublishError(
                f"there is no usable {host} token" if token.strip() else f"there is no {host} token",
                hint=manners.token_hint,
            )
        self._origin = _origin(api_url)
        if self._origin is None or "?" in api_url or "#" in api_url:
            raise PublishError(
                f"the address of {manners.its} API is not usable",
                hint=f"set {variable} to an https address without a password, for example {manners.example}",
            )
        if not is_confidential(*self._origin[:2]):
            raise PublishError(
                f"the address of {manners.its} API is not encrypted, and the token would be readable on the "
                "way",
                hint=f"set {variable} to an https address; http is for this machine itself only",
            )
        self._base = api_url.rstrip("/")
        self._token = token
        self._manners = manners
        self._log = log
        self._patience = patience or Patience()
        self._session = requests.Session()
        self._session.auth = _Headers(manners.headers(token))
        self._session.verify = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or True
        self._session.headers.update({"User-Agent": f"bloatcheck/{__version__}"})

    def __repr__(self) -> str:
        """Without the token."""
        return f"{self.host}({self._base!r})"

    @property
    def host(self) -> str:
        """What the host is called."""
        return self._manners.host

    def request(
        self,
        method: str,
        path: str,
        *,
        doing: str,
        query: Query | None = None,
        body: Mapping[str, object] | None = None,
        accept: frozenset[int] = frozenset(),
        needs: str | None = None,
        elsewhere: bool = False,
    ) -> Answer:
        """One request, tried again while that may help.

        A POST is tried again too: its caller has to cope with having made two.

        Args:
            method: GET, POST, PATCH, PUT or DELETE.
            path: below `api_url`, starting with a slash.
            doing: what it is for, to follow "could not" in an error.
            query: parameters of the address.
            body: sent as JSON.
            accept: statuses that are an answer for the caller, beside the successes.
            needs: the permission that it takes, to be told when it is refused.
            elsewhere: a redirect to another host is an answer too, with its whole address as Location.

        Raises:
            PublishError: refused, unreachable, too slow, or too large; with a hint.
        """
        deadline = time.monotonic() + self._patience.total_seconds
        attempt = 0
        while True:
            try:
                answer = self._once(
                    method, path, query=query, body=body, deadline=deadline, elsewhere=elsewhere
                )
            except _UnreachableError as error:
                trouble = PublishError(
                    f"could not {doing}: {error}",
                    hint=f"is {self._base} reachable from this machine? Then run the job again",
                )
                pause = None if isinstance(error, _UnusableError) else 0.0
            else:
                wanted = answer.status in accept or (elsewhere and answer.status in _REDIRECTS)
                if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES or wanted:
                    return answer
                trouble = self._refusal(doing, needs or self._manners.needs, answer)
                words = self._manners.says(answer.body)
                pause = requested_pause(answer.status, answer.headers, words, now=time.time())
            attempt += 1
            self._wait_or_give_up(trouble, pause, attempt=attempt, deadline=deadline)

    def pages(
        self,
        path: str,
        *,
        doing: str,
        query: Query,
        needs: str | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> Iterator[Answer]:
        """All pages of a list, in order.

        Only the query of the Link header is followed, on the path we asked for: an answer can't send us,
        and the token, elsewhere.

        Raises:
            PublishError: as `request`; and when there is no end to the pages.
        """
        following: Query | None = query
        for _ in range(_MAX_PAGES):
            answer = self.request("GET", path, doing=doing, query=following, needs=needs, accept=accept)
            yield answer
            if answer.next_query is None:
                return
            following = _gathered(answer.next_query)
        raise PublishError(f"could not {doing}: more than {_MAX_PAGES} pages")

    def download(self, path: str, *, doing: str, most: int, needs: str) -> bytes:
        """A file that the API has, or sends us to another host for: without the token then.

        Raises:
            PublishError: as `request`; and when it is larger than so many bytes.
        """
        answer = self.request("GET", path, doing=doing, needs=needs, elsewhere=True)
        if answer.status not in _REDIRECTS:
            content = answer.body
        else:
            address = answer.headers["Location"]
            origin = _origin(address)
            if origin is None or not is_confidential(*origin[:2]):
                raise PublishError(f"could not {doing}: it is kept at an address that is not usable")
            seconds = self._patience.total_seconds
            try:
                content = _within(seconds, partial(_plain_get, address, most, self._session.verify, seconds))
            except _UnreachableError as error:
                raise PublishError(
                    f"could not {doing}: {error}",
                    hint=f"is {origin[1]} reachable from this machine? Then run the job again",
                ) from None
        check_size(len(content), doing, most=most)
        return content

    def parsed(self, adapter: TypeAdapter[Value], answer: Answer, doing: str) -> Value:
        """An answer's values; PublishError where it is something else than the adapter's."""
        return parsed(adapter, answer.body, doing, self._manners)

    def get(
        self,
        adapter: TypeAdapter[Value],
        path: str,
        *,
        doing: str,
        query: Query | None = None,
        needs: str | None = None,
    ) -> Value:
        """What is asked for; PublishError as `request`, and where it is something else."""
        return self.parsed(adapter, self.request("GET", path, doing=doing, query=query, needs=needs), doing)

    def find(
        self,
        adapter: TypeAdapter[Value],
        path: str,
        *,
        doing: str,
        query: Query | None = None,
        needs: str | None = None,
        missing: frozenset[int] = GONE,
    ) -> Value | None:
        """As `get`; None where an answer's status says that there is none."""
        answer = self.request("GET", path, doing=doing, query=query, needs=needs, accept=missing)
        return None if answer.status in missing else self.parsed(adapter, answer, doing)

    def each(
        self,
        adapter: TypeAdapter[tuple[Value, ...]],
        path: str,
        *,
        doing: str,
        query: Query,
        needs: str | None = None,
        missing: frozenset[int] = frozenset(),
        most_pages: int | None = None,
    ) -> Iterator[Value]:
        """The entries of a list, of all its pages or the first ones; none where it is missing.

        Raises:
            PublishError: as `pages`, and where a page is something else.
        """
        pages = self.pages(path, doing=doing, query=query, needs=needs, accept=missing)
        for answer in islice(pages, most_pages):
            if answer.status not in missing:
                yield from self.parsed(adapter, answer, doing)

    def _wait_or_give_up(
        self, trouble: PublishError, pause: float | None, *, attempt: int, deadline: float
    ) -> None:
        if pause is None or attempt >= self._patience.tries:
            raise trouble
        back_off = self._patience.back_off(attempt - 1) * SystemRandom().uniform(1.0, 1.25)
        pause = max(pause, back_off)
        if time.monotonic() + pause >= deadline:
            raise trouble
        if self._log:
            self._log.info(f"{trouble.message}; trying again in {pause:.0f} s")
        time.sleep(pause)

    def _once(
        self,
        method: str,
        path: str,
        *,
        query: Query | None,
        body: Mapping[str, object] | None,
        deadline: float,
        elsewhere: bool,
    ) -> Answer:
        """One request, following redirects within the API's own host.

        A renamed repository answers with one. The method stays, whatever the kind of redirect.
        """
        url = f"{self._base}{path}"
        for _ in range(_MAX_REDIRECTS):
            seconds = max(0.001, min(self._patience.answer_seconds, deadline - time.monotonic()))
            answer = _within(seconds, partial(self._exchange, method, url, query, body, seconds))
            if answer.status not in _REDIRECTS:
                return answer
            url = _redirected(url, answer)
            query = None
            if _origin(url) != self._origin:
                if elsewhere:
                    return replace(answer, headers={"Location": url})
                raise _UnusableError("it redirects to another host, and the token stays here")
        raise _UnusableError("it redirects without end")

    def _exchange(
        self,
        method: str,
        url: str,
        query: Query | None,
        body: Mapping[str, object] | None,
        seconds: float,
    ) -> Answer:
        try:
            with self._session.request(
                method, url, params=query, json=body, timeout=seconds, allow_redirects=False, stream=True
            ) as response:
                return Answer(response.status_code, response.headers, _read(response), _next_query(response))
        except _NETWORK_ERRORS as error:
            raise _UnreachableError(_reason(error)) from None

    def _refusal(self, doing: str, needs: str, answer: Answer) -> PublishError:
        """Without the token, where the host's words have it: whole, or as much of it as shortening leaves."""
        body = answer.body.replace(self._token.encode(), b"***")
        error = refusal_of(self._manners, doing, needs, replace(answer, body=body))
        return type(error)(error.message.replace(self._token, "***"), hint=error.hint)


def _read(response: requests.Response, most: int = _MAX_ANSWER_BYTES) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        content += chunk
        if len(content) > most:
            raise _UnusableError(f"the answer is larger than {most:,} bytes")
    return bytes(content)


def _plain_get(address: str, most: int, certificates: bool | str | None, seconds: float) -> bytes:  # noqa: FBT001 - as requests has it
    """A file of another host, which gets no token, and not one of a .netrc file either."""
    try:
        with requests.get(
            address, auth=_no_auth, verify=certificates, timeout=seconds, allow_redirects=False, stream=True
        ) as response:
            if response.status_code != HTTPStatus.OK:
                raise _UnreachableError(f"the host that keeps it answers {response.status_code}")
            return _read(response, most)
    except _NETWORK_ERRORS as error:
        raise _UnreachableError(_reason(error)) from None


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _next_query(response: requests.Response) -> tuple[tuple[str, str], ...] | None:
    link = response.links.get("next", {}).get("url")
    if link is None:
        return None
    try:
        return tuple(parse_qsl(urlsplit(link).query))
    except ValueError:
        raise _UnusableError("its link to the next page is damaged") from None


def _gathered(pairs: Iterable[tuple[str, str]]) -> Query:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _redirected(url: str, answer: Answer) -> str:
    try:
        return urljoin(url, answer.headers.get("Location", ""))
    except ValueError:
        raise _UnusableError("it redirects to no address at all") from None


def _origin(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; None for what is no http address, or has a password in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port or {"http": 80, "https": 443}[parts.scheme]


_NO_BUNDLE = "Could not find a suitable TLS CA certificate bundle"
"""How requests says that a variable names a file that is not there."""


def _reason(error: Exception) -> str:
    """Our own words for why there was no answer; the library's may quote headers and addresses."""
    if str(error).startswith(_NO_BUNDLE):
        return "the certificates that REQUESTS_CA_BUNDLE or SSL_CERT_FILE names are not there"
    for kind, words in (
        (requests.exceptions.SSLError, "its TLS certificate is not trusted here (REQUESTS_CA_BUNDLE)"),
        (requests.exceptions.ProxyError, "the proxy of this machine does not answer (HTTPS_PROXY)"),
        (requests.exceptions.Timeout, "no answer in time"),
        (requests.exceptions.ContentDecodingError, "the answer is damaged"),
        (requests.RequestException, "the connection failed or was cut"),
        (ValueError, "the answer is damaged"),
    ):
        if isinstance(error, kind):
            return words
    return "the connection failed or was cut"


def _within(seconds: float, work: Callable[[], Result]) -> Result:
    """The work's result, or `_UnreachableError` when it takes longer.

    A time-out of a socket is not enough: looking up a name has none, and an answer that comes a byte at a
    time never trips it. So the work gets a thread, and one that is too slow is left behind.
    """
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - carried over to the caller's thread
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True, name="api-request")
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise _UnreachableError("no answer in time")
    return results[0]
