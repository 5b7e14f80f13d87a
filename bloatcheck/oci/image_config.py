"""The image configuration document (OCI image-spec, config.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from bloatcheck.oci.digest import Digest, parse_digest
from bloatcheck.oci.platform import Platform


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One entry of `history`, oldest first. `empty_layer` entries made no layer."""

    created_by: str = ""
    comment: str = ""
    empty_layer: bool = False


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """What an image's configuration says that we use. `diff_ids` and `history` run from base to top."""

    platform: Platform
    diff_ids: tuple[Digest, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    working_dir: str = ""

    @property
    def layer_history(self) -> tuple[HistoryEntry | None, ...]:
        """The history entry that made each layer, joined by `empty_layer` alone.

        None for every layer where the history doesn't account for exactly these layers (squashed
        images, builders that write no history): a join is made from what is recorded or not at all.
        """
        made_a_layer = tuple(entry for entry in self.history if not entry.empty_layer)
        if len(made_a_layer) != len(self.diff_ids):
            return (None,) * len(self.diff_ids)
        return made_a_layer


def parse_image_config(document: bytes) -> ImageConfig:
    """Reads a configuration document of the OCI or docker schema.

    Raises:
        ValueError: not JSON, names no platform, or a field has another type than the specification gives it.
    """
    try:
        data = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the image configuration is not JSON: {error}") from error
    config = _mapping(data, "the image configuration")
    rootfs = _mapping(config.get("rootfs") or {}, "rootfs")
    runtime = _mapping(config.get("config") or {}, "config")
    return ImageConfig(
        platform=_platform(config),
        diff_ids=tuple(parse_digest(item) for item in _list(rootfs, "diff_ids")),
        history=tuple(_history_entry(item) for item in _list(config, "history")),
        labels={key: str(value) for key, value in _mapping(runtime.get("Labels") or {}, "Labels").items()},
        entrypoint=_texts(runtime, "Entrypoint"),
        cmd=_texts(runtime, "Cmd"),
        env=_texts(runtime, "Env"),
        working_dir=_text(runtime, "WorkingDir"),
    )


def _platform(config: dict[str, object]) -> Platform:
    """Only what can be written as `os/architecture`: it names a baseline's entries and stands in reports."""
    platform = Platform.of(
        _text(config, "os") or "linux",
        _text(config, "architecture") or "unknown",
        _text(config, "variant") or None,
    )
    try:
        return Platform.parse(str(platform))
    except ValueError:
        raise ValueError(f"the image configuration names no platform: {str(platform)[:100]!r}") from None


def _history_entry(item: object) -> HistoryEntry:
    entry = _mapping(item, "history entry")
    return HistoryEntry(
        created_by=_text(entry, "created_by"),
        comment=_text(entry, "comment"),
        empty_layer=entry.get("empty_layer") is True,
    )


def _mapping(value: object, what: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not a JSON object")  # noqa: TRY004 - one error type for a malformed document
    return value


def _list(mapping: dict[str, object], key: str) -> list[object]:
    value = mapping.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{key} is not a JSON array")  # noqa: TRY004 - one error type for a malformed document
    return value


def _text(mapping: dict[str, object], key: str) -> str:
    value = mapping.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{key} is not a JSON string")  # noqa: TRY004 - one error type for a malformed document
    return value


def _texts(mapping: dict[str, object], key: str) -> tuple[str, ...]:
    return tuple(item for item in _list(mapping, key) if isinstance(item, str))
