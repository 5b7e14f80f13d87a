"""The engine's answers about itself and about one image, as values. No I/O in here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import PurePosixPath
from typing import cast

from bloatcheck.errors import ReadError
from bloatcheck.image.docker_daemon.history import ApiHistoryEntry, empty_layer_flags
from bloatcheck.image.docker_daemon.names import can_be_asked_for
from bloatcheck.oci.digest import Digest, parse_digest
from bloatcheck.oci.image_config import ImageConfig, parse_image_config
from bloatcheck.oci.platform import Platform

_TIME = re.compile(
    r"(?P<second>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?"
    r"(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})"
)
"""As Go writes it."""


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What the engine says about itself.

    `root_dir` is where it keeps its images, on its own machine. `containerd_store` tells the two kinds
    of docker's image stores apart; `local` is whether it was reached through a socket on this machine.
    """

    name: str
    version: str
    driver: str
    root_dir: PurePosixPath | None
    containerd_store: bool
    local: bool

    @property
    def store(self) -> str:
        """The store for people: `overlay2`, or `containerd overlayfs`."""
        return f"containerd {self.driver}" if self.containerd_store else self.driver


@dataclass(frozen=True, slots=True)
class Inspection:
    """What `GET /images/{name}/json` says.

    `engine_id` is the configuration's digest on a graphdriver store; on the containerd store it is the
    digest of a manifest or an index. `runtime` is the answer's `Config`, which has the configuration's
    own field names. `repository_digests` are `repository@digest`, one for each repository that the engine
    knows the manifest of.
    """

    engine_id: Digest
    platform: Platform
    diff_ids: tuple[Digest, ...]
    runtime: Mapping[str, object]
    repository_digests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tagged:
    """An image by one of its tags, and when it was given its last one, or else was created."""

    name: str
    at: datetime


def parse_facts(version: object, info: object, *, local: bool) -> EngineFacts:
    """Reads the answers of `GET /version` and `GET /info`.

    Raises:
        ReadError: an answer has another shape.
    """
    try:
        about, state = _mapping(version), _mapping(info)
        root_dir = str(state.get("DockerRootDir") or "")
        return EngineFacts(
            name="podman" if "podman engine" in str(about.get("Components")).lower() else "docker",
            version=str(about.get("Version") or "unknown"),
            driver=str(state.get("Driver") or "unknown"),
            root_dir=PurePosixPath(root_dir) if root_dir else None,
            containerd_store="io.containerd.snapshotter" in str(state.get("DriverStatus")),
            local=local,
        )
    except ValueError as error:
        raise ReadError(f"the engine's answer about itself can't be understood: {error}") from error


def parse_names(answer: object) -> tuple[str, ...]:
    """The tags in the answer of `GET /images/json`.

    Raises:
        ValueError: the answer has another shape.
    """
    return tuple(str(tag) for image in _list(answer) for tag in _list(_mapping(image).get("RepoTags")))


def parse_tagged(answer: object, repository: str) -> tuple[Tagged, ...]:
    """The images in the answer of `GET /images/json` that have a tag of this repository, when created.

    Raises:
        ValueError: the answer has another shape.
    """
    found = []
    for image in map(_mapping, _list(answer)):
        names = [str(name) for name in _list(image.get("RepoTags"))]
        named = [name for name in names if name.rpartition(":")[0] == repository and can_be_asked_for(name)]
        if named:
            found.append(Tagged(max(named), _moment(image.get("Created"))))
    return tuple(found)


def parse_tagging(answer: object) -> datetime | None:
    """When the image of an inspection was tagged last; None where the engine doesn't tell.

    Raises:
        ValueError: the answer has another shape.
    """
    told = _TIME.fullmatch(str(_mapping(_mapping(answer).get("Metadata") or {}).get("LastTagTime")))
    if not told:
        return None
    offset = "+00:00" if told["offset"] == "Z" else told["offset"]
    moment = datetime.fromisoformat(f"{told['second']}.{told['fraction'] or '':0<6.6}{offset}")
    # Go's zero stands for never.
    return moment if moment.year > 1 else None


def parse_inspection(answer: object) -> Inspection:
    """Reads the answer of docker's and podman's `inspect`.

    Raises:
        ReadError: the answer has another shape.
    """
    try:
        image = _mapping(answer)
        layers = _list(_mapping(image.get("RootFS")).get("Layers"))
        return Inspection(
            engine_id=parse_digest(_with_algorithm(image.get("Id"))),
            platform=Platform.of(
                str(image.get("Os") or "linux"),
                str(image.get("Architecture") or "unknown"),
                str(image.get("Variant") or "") or None,
            ),
            diff_ids=tuple(parse_digest(layer) for layer in layers),
            runtime=_mapping(image.get("Config")),
            repository_digests=tuple(str(name) for name in _list(image.get("RepoDigests"))),
        )
    except ValueError as error:
        raise ReadError(f"the engine's answer about the image can't be understood: {error}") from error


def parse_history(answer: object) -> tuple[ApiHistoryEntry, ...]:
    """Reads the answer of `GET /images/{name}/history`; oldest entry first, as in a configuration.

    Raises:
        ReadError: the answer has another shape.
    """
    if not isinstance(answer, list) or not all(isinstance(entry, dict) for entry in answer):
        raise ReadError("the engine's answer about the image's history can't be understood")
    return tuple(
        ApiHistoryEntry(
            created_by=str(entry.get("CreatedBy") or ""),
            comment=str(entry.get("Comment") or ""),
            size=size if isinstance(size := entry.get("Size"), int) else 0,
        )
        for entry in reversed(answer)
    )


def config_from_history(inspection: Inspection, history: Sequence[ApiHistoryEntry]) -> ImageConfig | None:
    """The configuration put together from the engine's answers; None where they leave the history open.

    Only for graphdriver stores (see `empty_layer_flags`).
    """
    flags = empty_layer_flags(history, len(inspection.diff_ids))
    if flags is None:
        return None
    document = {
        "os": inspection.platform.os,
        "architecture": inspection.platform.architecture,
        "variant": inspection.platform.variant,
        "config": inspection.runtime,
        "rootfs": {"diff_ids": inspection.diff_ids},
        "history": [
            {"created_by": entry.created_by, "comment": entry.comment, "empty_layer": empty}
            for entry, empty in zip(history, flags, strict=True)
        ],
    }
    try:
        return parse_image_config(json.dumps(document).encode())
    except ValueError as error:
        raise ReadError(f"the engine's answer about the image can't be understood: {error}") from error


def _with_algorithm(identifier: object) -> object:
    """Podman's older versions leave out `sha256:`."""
    if isinstance(identifier, str) and ":" not in identifier:
        return f"sha256:{identifier}"
    return identifier


def _mapping(value: object) -> Mapping[str, object]:
    """An object; Go writes an empty one as null."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one error type for a malformed answer
    return value


def _moment(seconds: object) -> datetime:
    """Since 1970; of what is no time, 1970 itself."""
    try:
        return datetime.fromtimestamp(seconds if isinstance(seconds, int) else 0, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, timezone.utc)


def _list(value: object) -> list[object]:
    """An array; Go writes an empty one as null."""
    if not isinstance(value or [], list):
        raise ValueError("not a JSON array")  # noqa: TRY004 - as above
    return cast("list[object]", value or [])
