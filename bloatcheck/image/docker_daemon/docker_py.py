"""The way to an engine through docker-py: contexts, TLS, ssh, whatever the CLI's configuration says."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence

import docker
import docker.errors
import requests
import urllib3.exceptions
from docker.context import ContextAPI
from docker.utils import kwargs_from_env

from bloatcheck.image.docker_daemon.transport import LOCAL_SOCKET, cant_connect, without_credentials

_ANSWER_SECONDS = 60


def docker_client(patience: int = _ANSWER_SECONDS) -> tuple[docker.APIClient, str]:
    """The engine that the docker CLI would talk to, and its address for people.

    Each small answer is waited for `patience` seconds.

    Raises:
        ReadError: none answers, or it may not be asked; the hint says what to do.
    """
    host = f"unix://{LOCAL_SOCKET}"
    try:
        settings = kwargs_from_env()
        if "base_url" not in settings:
            settings = {**ContextAPI.kwargs_from_context(), **settings}
        host = settings.get("base_url") or host
        _knock(host, patience)
        client = _Client(**settings, timeout=patience)
    except (docker.errors.DockerException, OSError) as error:
        raise cant_connect(host, error) from error
    return client, without_credentials(host)


class _Client(docker.APIClient):
    """docker-py's, with the engine's own certificates before those of the environment.

    requests takes REQUESTS_CA_BUNDLE, which is there for a company's hosts, even where a session has a bundle
    of its own: no engine with an authority of its own (DOCKER_CERT_PATH) could be talked to then.
    """

    def merge_environment_settings(self, url, proxies, stream, verify, cert):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - docker-py has no types
        own = self.verify if verify is None else verify
        return super().merge_environment_settings(url, proxies, stream, own, cert)


class DockerPyTransport:
    """See `Transport`.

    Args:
        patience: seconds, for the first answer.

    Raises:
        ReadError: none answers; see `docker_client`.
    """

    failures: tuple[type[Exception], ...] = (
        OSError,
        docker.errors.DockerException,
        urllib3.exceptions.HTTPError,
    )

    def __init__(self, patience: int) -> None:
        self._client, self.host = docker_client(patience)

    def get(self, path: str, query: Mapping[str, str | Sequence[str]], *, patience: float) -> _PlainAnswer:
        """See `Transport`."""
        return _PlainAnswer(
            self._client.get(
                f"{self._client.base_url}{path}", params=query, stream=True, timeout=(patience, patience)
            )
        )

    def close(self) -> None:
        """See `Transport`."""
        self._client.close()


class _PlainAnswer:
    """A response of requests, with its body as it comes."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        self.status = response.status_code

    def read(self, size: int | None = None, /) -> bytes:
        """See `Answer`."""
        content: bytes = self._response.raw.read(size, decode_content=True)
        return content

    def close(self) -> None:
        """See `Answer`."""
        self._response.close()


def _knock(host: str, patience: int) -> None:
    """Opens a local socket once, for docker-py tells why it can't only in words."""
    if host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(patience)
            door.connect(f"/{host.removeprefix('unix://').lstrip('/')}")
