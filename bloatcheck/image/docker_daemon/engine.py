"""The connection to a container engine that speaks Docker's API: docker itself, or podman's service.

Which engine is asked follows the docker CLI: `DOCKER_HOST`, else `DOCKER_CONTEXT`, else the current
context, else the local socket.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

import docker
import docker.errors
import requests.exceptions
import urllib3.exceptions
from docker.context import ContextAPI
from docker.utils import kwargs_from_env

from bloatcheck.errors import ReadError
from bloatcheck.image.docker_daemon.history import ApiHistoryEntry
from bloatcheck.image.docker_daemon.inspection import (
    EngineFacts,
    Inspection,
    parse_facts,
    parse_history,
    parse_inspection,
)
from bloatcheck.image.docker_daemon.names import can_be_asked_for, nearest
from bloatcheck.oci.platform import Platform

_ANSWER_SECONDS = 60
_SAVE_SILENCE_SECONDS = 900
"""Engines before 25 write all layers to disk before the first byte: minutes of silence for a huge image."""
_PLATFORM_API = (1, 49)
"""From this version of the API on, inspect takes a platform; saving does from 1.48 on."""
_LOCAL_SOCKET = "unix:///var/run/docker.sock"


class ByteStream(Protocol):
    """Bytes that arrive in order and can't be sought."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty at the end."""
        ...


class Engine:
    """An engine that answered. Failures of any request are `ReadError`s that say what to do."""

    def __init__(self, client: docker.APIClient, host: str) -> None:
        self._client = client
        self._host = host
        self._api_version = tuple(int(part) for part in re.findall(r"\d+", client.api_version))

    def facts(self) -> EngineFacts:
        """Name, version, store."""
        with self._failures("say what it is"):
            return parse_facts(
                self._client.version(), self._client.info(), local=self._host.startswith("unix://")
            )

    def inspect(self, name: str, platform: Platform | None) -> Inspection:
        """What the engine knows about an image; about this platform's, where the engine has several.

        Raises:
            ReadError: there is no such image; with the names that come nearest.
        """
        if not can_be_asked_for(name):
            raise ReadError(
                f"not an image's name: {name!r}", hint="write it as docker does, for example api:latest"
            )
        path = f"/images/{name}/json"
        with self._failures(f"inspect {name}"):
            response = self._get(path, {})
            if response.status_code == requests.codes.not_found:
                raise self._no_such_image(name)
            _raise_for_status(response)
            image = parse_inspection(response.json())
            if platform is None or self._api_version < _PLATFORM_API:
                return image
            response = self._get(path, {"platform": _as_query(platform)})
            if not response.ok:
                return image
            # its own id is a manifest's, by which the engine knows no image
            return replace(parse_inspection(response.json()), engine_id=image.engine_id)

    def history(self, name: str) -> tuple[ApiHistoryEntry, ...]:
        """The history API's entries, oldest first."""
        with self._failures(f"tell the history of {name}"):
            response = self._get(f"/images/{name}/history", {})
            _raise_for_status(response)
            return parse_history(response.json())

    @contextmanager
    def save(self, names: Sequence[str]) -> Iterator[ByteStream]:
        """The stream of `docker save` with these images; layers that they share are in it once.

        Reading from it raises `ReadError` too where the engine gives up in the middle.
        """
        with self._failures(f"save {', '.join(names)}"):
            response = self._client.get(
                f"{self._client.base_url}/v{self._client.api_version}/images/get",
                params={"names": list(names)},
                stream=True,
                timeout=(_ANSWER_SECONDS, _SAVE_SILENCE_SECONDS),
            )
            try:
                _raise_for_status(response)
                yield response.raw
            finally:
                response.close()

    @property
    def client(self) -> docker.APIClient:
        """The connection itself, for requests that have nothing to do with reading images."""
        return self._client

    def close(self) -> None:
        """Ends the connection."""
        self._client.close()

    def _get(self, path: str, query: Mapping[str, str]) -> requests.Response:
        return self._client.get(
            f"{self._client.base_url}/v{self._client.api_version}{path}",
            params=query,
            timeout=_ANSWER_SECONDS,
        )

    def _no_such_image(self, name: str) -> ReadError:
        tags = [tag for image in self._client.images() for tag in image.get("RepoTags") or []]
        near = nearest(name, tags)
        if near:
            hint = f"did you mean {' or '.join(near)}?"
        elif tags:
            hint = "build or pull it first; `docker images` lists what is there"
        else:
            hint = "the engine has no tagged image at all: build or pull it first"
        return ReadError(f"the engine at {self._host} has no image {name}", hint=hint)

    @contextmanager
    def _failures(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            explanation = getattr(error, "explanation", None) or error
            raise ReadError(f"the engine at {self._host} could not {doing}: {explanation}") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ReadError(
                f"the connection to the engine at {self._host} broke: {error}",
                hint="is the engine still running? Its log may say more",
            ) from error


def connect() -> Engine:
    """The engine that the docker CLI would talk to.

    Raises:
        ReadError: none answers, or it may not be asked; the hint says what to do.
    """
    host = os.environ.get("DOCKER_HOST") or _LOCAL_SOCKET
    try:
        settings = kwargs_from_env()
        if "base_url" not in settings:
            settings = {**ContextAPI.kwargs_from_context(), **settings}
        host = settings.get("base_url") or _LOCAL_SOCKET
        _knock(host)
        return Engine(docker.APIClient(**settings, timeout=_ANSWER_SECONDS), _without_credentials(host))
    except PermissionError as error:
        raise ReadError(
            f"the engine's socket {host} may not be opened by this user",
            hint="run as a member of the group docker, as root, or set DOCKER_HOST to an engine of yours",
        ) from error
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise ReadError(
            f"no container engine answers at {host}",
            hint="start one (for example: sudo systemctl start docker), set DOCKER_HOST to another, "
            "or name an archive: docker-archive:image.tar",
        ) from error
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        raise ReadError(
            _without_credentials(f"the container engine at {host} can't be talked to: {error}"),
            hint="check DOCKER_HOST, DOCKER_CONTEXT and DOCKER_TLS_VERIFY; does `docker info` get an answer?",
        ) from error


def _knock(host: str) -> None:
    """Opens a local socket once, for docker-py tells why it can't only in words."""
    if host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(_ANSWER_SECONDS)
            door.connect(f"/{host.removeprefix('unix://').lstrip('/')}")


def _raise_for_status(response: requests.Response) -> None:
    try:
        response.raise_for_status()
    except requests.exceptions.HTTPError as error:
        raise docker.errors.create_api_error_from_http_exception(error) from error


def _without_credentials(text: str) -> str:
    return re.sub(r"(?<=://)[^/@\s]*@", "", text)


def _as_query(platform: Platform) -> str:
    parts = {"os": platform.os, "architecture": platform.architecture, "variant": platform.variant}
    return json.dumps({name: part for name, part in parts.items() if part})
