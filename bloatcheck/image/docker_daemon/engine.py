"""The connection to a container engine that speaks Docker's API: docker itself, or podman's service.

Which engine is asked follows the docker CLI: `DOCKER_HOST`, else `DOCKER_CONTEXT`, else the current
context, else the local socket.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus

from bloatcheck.errors import NotThereError, ReadError
from bloatcheck.image.docker_daemon.history import ApiHistoryEntry
from bloatcheck.image.docker_daemon.inspection import (
    EngineFacts,
    Inspection,
    Tagged,
    parse_facts,
    parse_history,
    parse_inspection,
    parse_names,
    parse_tagged,
    parse_tagging,
)
from bloatcheck.image.docker_daemon.names import can_be_asked_for, nearest
from bloatcheck.image.docker_daemon.transport import (
    Answer,
    ByteStream,
    RefusedError,
    SocketTransport,
    Transport,
    cant_connect,
    check,
    local_socket,
    read_json,
)
from bloatcheck.oci.platform import Platform

_ANSWER_SECONDS = 60
_SAVE_SILENCE_SECONDS = 900
"""Engines before 25 write all layers to disk before the first byte: minutes of silence for a huge image."""
_NO_NAME = "invalid reference format"
"""In an engine's words for what is no image's name."""
_PLATFORM_API = (1, 49)
"""From this version of the API on, inspect takes a platform; saving does from 1.48 on."""
_VERSION, _INFO = "/version", "/info"
_told: dict[object, dict[str, object]] = {}
"""What local engines said of themselves, by socket: five hundred images are no reason to ask as often."""
_API_VERSION = re.compile(r"(?P<major>[0-9]{1,4})\.(?P<minor>[0-9]{1,4})")


class Engine:
    """An engine that answered. Failures of any request are `ReadError`s that say what to do.

    Args:
        transport: the way to it; closed with it.
        about: what it said of its version.
        told: what it said of itself before, by the path it was asked for; added to here.
        patience: seconds that each small answer is waited for.

    Raises:
        ValueError: it didn't say which version of the API it speaks.
    """

    def __init__(
        self,
        transport: Transport,
        about: object,
        patience: int = _ANSWER_SECONDS,
        told: dict[str, object] | None = None,
    ) -> None:
        spoken = about.get("ApiVersion") if isinstance(about, dict) else None
        version = _API_VERSION.fullmatch(spoken) if isinstance(spoken, str) else None
        if not version:
            raise ValueError("it doesn't say which version of the API it speaks")
        self._transport = transport
        self._about = about
        self._patience = patience
        self._told: dict[str, object] = {} if told is None else told
        self._api = f"/v{version[0]}"
        self._api_version = (int(version["major"]), int(version["minor"]))

    def facts(self) -> EngineFacts:
        """Name, version, store."""
        if (state := self._told.get(_INFO)) is None:
            with self._failures("say what it is"):
                state = self._told[_INFO] = read_json(self._get(_INFO, {}))
        return parse_facts(self._about, state, local=self._transport.host.startswith("unix://"))

    def inspect(self, name: str, platform: Platform | None) -> Inspection:
        """What the engine knows about an image; about this platform's, where the engine has several.

        Raises:
            NotThereError: there is no such image; with the names that come nearest.
            ReadError: it can't be told.
        """
        if not can_be_asked_for(name):
            raise ReadError(
                f"not an image's name: {name!r}",
                hint="write it as docker does, for example api:latest; a file is docker-archive:FILE",
            )
        image = self.find(name, platform)
        if image is None:
            with self._failures("list its images"):
                raise self._no_such_image(name)
        return image

    def find(self, name: str, platform: Platform | None) -> Inspection | None:
        """What `inspect` tells; None where the engine has no such image."""
        if not can_be_asked_for(name):
            return None
        path = f"/images/{name}/json"
        with self._failures(f"inspect {name}"):
            image = self._find(path, {})
            if image is None or platform is None or self._api_version < _PLATFORM_API:
                return image
            try:
                chosen = self._find(path, {"platform": _as_query(platform)})
            except RefusedError:
                chosen = None
            # its own id is a manifest's, by which the engine knows no image
            return replace(chosen, engine_id=image.engine_id) if chosen else image

    def _find(self, path: str, query: Mapping[str, str]) -> Inspection | None:
        try:
            return parse_inspection(read_json(self._get(path, query)))
        except RefusedError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def last_tagged(self, repository: str) -> Tagged | None:
        """Of the images with a tag of this repository the one that was tagged last; None where none has one.

        Not the one created last: what a build takes whole from its cache is as old as before. Podman doesn't
        tell, though, and there it is that one.
        """
        query = {"filters": json.dumps({"reference": [repository]})}
        with self._failures(f"list its images of {repository}"):
            listed = parse_tagged(read_json(self._get("/images/json", query)), repository)
            told = [self._told_when(tagged) for tagged in listed]
        return max((tagged for tagged in told if tagged), key=lambda tagged: tagged.at, default=None)

    def _told_when(self, tagged: Tagged) -> Tagged | None:
        """With when it was tagged, where the engine tells; None where it is gone by now."""
        try:
            answer = read_json(self._get(f"/images/{tagged.name}/json", {}))
        except RefusedError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return replace(tagged, at=parse_tagging(answer) or tagged.at)

    def history(self, name: str) -> tuple[ApiHistoryEntry, ...]:
        """The history API's entries, oldest first."""
        with self._failures(f"tell the history of {name}"):
            return parse_history(read_json(self._get(f"/images/{name}/history", {})))

    @contextmanager
    def save(self, names: Sequence[str]) -> Iterator[ByteStream]:
        """The stream of `docker save` with these images; layers that they share are in it once.

        Reading from it raises `ReadError` too where the engine gives up in the middle.
        """
        with self._failures(f"save {', '.join(names)}"):
            answer = self._get("/images/get", {"names": list(names)}, patience=_SAVE_SILENCE_SECONDS)
            try:
                check(answer)
                yield answer
            finally:
                answer.close()

    def close(self) -> None:
        """Ends the connection."""
        self._transport.close()

    def _get(
        self, path: str, query: Mapping[str, str | Sequence[str]], *, patience: float | None = None
    ) -> Answer:
        return self._transport.get(f"{self._api}{path}", query, patience=patience or self._patience)

    def _no_such_image(self, name: str) -> NotThereError:
        tags = parse_names(read_json(self._get("/images/json", {})))
        near = nearest(name, tags)
        if near:
            hint = f"did you mean {' or '.join(near)}?"
        elif tags:
            hint = (
                "build or pull it first; `docker images` lists what is there, `bloatcheck clean` our builds"
            )
        else:
            hint = "the engine has no tagged image at all: build or pull it first"
        return NotThereError(f"the engine at {self._transport.host} has no image {name}", hint=hint)

    @contextmanager
    def _failures(self, doing: str) -> Iterator[None]:
        try:
            yield
        except RefusedError as error:
            host, why = self._transport.host, error.explanation
            hint = "write a name as docker does, for example api:latest" if _NO_NAME in why else None
            raise ReadError(f"the engine at {host} could not {doing}: {why}", hint=hint) from error
        except ValueError as error:
            raise ReadError(
                f"the answer of the engine at {self._transport.host} can't be understood: {error}"
            ) from error
        except self._transport.failures as error:
            raise ReadError(
                f"the connection to the engine at {self._transport.host} broke: {error}",
                hint="is the engine still running? Its log may say more",
            ) from error


def connect(patience: int = _ANSWER_SECONDS) -> Engine:
    """The engine that the docker CLI would talk to. Each small answer is waited for `patience` seconds.

    Raises:
        ReadError: none answers, or it may not be asked; the hint says what to do.
    """
    transport: Transport
    told: dict[str, object] = {}
    if path := local_socket(os.environ):
        transport = SocketTransport(path)
        told = _told.setdefault(transport.identity, told)
    else:
        # takes longer to import than all that is asked of an engine for an image whose layers are known
        from bloatcheck.image.docker_daemon.docker_py import DockerPyTransport  # noqa: PLC0415 - see above

        transport = DockerPyTransport(patience)
    try:
        if (about := told.get(_VERSION)) is None:
            about = told[_VERSION] = read_json(transport.get(_VERSION, {}, patience=patience))
        return Engine(transport, about, patience, told)
    except (RefusedError, ValueError) as error:
        transport.close()
        raise cant_connect(transport.host, error) from error
    except transport.failures as error:
        transport.close()
        raise cant_connect(transport.host, error) from error


def _as_query(platform: Platform) -> str:
    parts = {"os": platform.os, "architecture": platform.architecture, "variant": platform.variant}
    return json.dumps({name: part for name, part in parts.items() if part})
