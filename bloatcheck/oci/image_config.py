"""The image configuration document (OCI image-spec, config.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bloatcheck.oci.digest import Digest, parse_digest
from bloatcheck.oci.fields import array, as_object, parse_object, text, texts
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
    user: str = ""

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
    config = parse_object(document, "the image configuration")
    rootfs = as_object(config.get("rootfs") or {}, "rootfs")
    runtime = as_object(config.get("config") or {}, "config")
    return ImageConfig(
        platform=_platform(config),
        diff_ids=tuple(parse_digest(item) for item in array(rootfs, "diff_ids")),
        history=tuple(_history_entry(item) for item in array(config, "history")),
        labels={key: str(value) for key, value in as_object(runtime.get("Labels") or {}, "Labels").items()},
        entrypoint=texts(runtime, "Entrypoint"),
        cmd=texts(runtime, "Cmd"),
        env=texts(runtime, "Env"),
        working_dir=text(runtime, "WorkingDir"),
        user=text(runtime, "User"),
    )


def _platform(config: dict[str, object]) -> Platform:
    """Only what can be written as `os/architecture`: it names a baseline's entries and stands in reports."""
    platform = Platform.of(
        text(config, "os") or "linux",
        text(config, "architecture") or "unknown",
        text(config, "variant") or None,
    )
    try:
        return Platform.parse(str(platform))
    except ValueError:
        raise ValueError(f"the image configuration names no platform: {str(platform)[:100]!r}") from None


def _history_entry(item: object) -> HistoryEntry:
    entry = as_object(item, "history entry")
    return HistoryEntry(
        created_by=text(entry, "created_by"),
        comment=text(entry, "comment"),
        empty_layer=entry.get("empty_layer") is True,
    )
