"""Estimated pull sizes by diff_id on disk, beside the layer indexes, so that no layer is compressed twice."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from bloatcheck.analysis.layer_cache import default_folder, entry_name, write_entry
from bloatcheck.image.model import LayerDescriptor
from bloatcheck.log import Log

MAX_ENTRIES = 20_000
"""Each is a number, and takes a block of the disk."""

_ROOM = 0.9
_MAX_DIGITS = 15


class PullSizeCache:
    """Keeps one small file a layer; several processes may share the folder.

    What isn't a size there is as good as nothing. A folder that can't be written costs speed, not the run.

    Args:
        folder: of the layer cache; None keeps nothing.
        version: of the estimator; each has a folder of its own.
        log: told what goes wrong, as details.
        max_entries: of all; the oldest go first.
    """

    def __init__(
        self, folder: Path | None, *, version: int, log: Log | None = None, max_entries: int = MAX_ENTRIES
    ) -> None:
        self._entries = folder / f"pull-sizes-{version}" if folder else None
        self._log = log
        self._max_entries = max_entries

    @classmethod
    def open(cls, environment: Mapping[str, str], *, version: int, log: Log | None = None) -> PullSizeCache:
        """In the user's cache, where the layer indexes are."""
        return cls(default_folder(environment), version=version, log=log)

    def get(self, layer: LayerDescriptor) -> int | None:
        """The estimate in bytes: the proven layer's, else that of these very bytes on this machine."""
        size = self._get(entry_name(layer.diff_id, None))
        if size is None and layer.identity:
            size = self._get(entry_name(layer.diff_id, layer.identity))
        return size

    def put(self, layer: LayerDescriptor, size: int, *, proven: bool) -> None:
        """Keeps an estimate; an unproven layer's only for the bytes it was read from."""
        identity = None if proven else layer.identity
        if self._entries is None or not (proven or identity):
            return
        try:
            write_entry(self._entries, entry_name(layer.diff_id, identity), f"{size}\n".encode())
        except OSError as error:
            if self._log:
                self._log.detail(f"the estimated size of a layer can't be kept: {error.strerror}")

    def trim(self) -> None:
        """Removes the oldest, where there are too many."""
        entries: list[tuple[float, str]] = []
        if self._entries is not None:
            with contextlib.suppress(OSError), os.scandir(self._entries) as found:
                for entry in found:
                    with contextlib.suppress(OSError):
                        entries.append((entry.stat(follow_symlinks=False).st_mtime, entry.path))
        if len(entries) > self._max_entries:
            for _, path in sorted(entries)[: len(entries) - int(self._max_entries * _ROOM)]:
                with contextlib.suppress(OSError):
                    Path(path).unlink()

    def _get(self, name: str) -> int | None:
        if self._entries is None:
            return None
        try:
            with (self._entries / name).open("rb") as file:
                digits = file.read(_MAX_DIGITS + 2).removesuffix(b"\n")
        except OSError:
            return None
        return int(digits) if digits.isdigit() and len(digits) <= _MAX_DIGITS else None
