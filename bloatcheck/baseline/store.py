"""The baseline in files: one for all images, or, where the path ends in `/`, one for each."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from bloatcheck.analysis.snapshot import Fingerprint, ImageSnapshot
from bloatcheck.baseline.document import MAX_SIZE, from_json, to_json
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.baseline.moved import has_moved, is_aged
from bloatcheck.config.limits import Threshold
from bloatcheck.errors import BaselineError, Place
from bloatcheck.oci.named_platforms import NamedPlatforms
from bloatcheck.whole_file import write_whole

ReadFile = Callable[[str], bytes | None]
"""A file's content by its path relative to the root; None where there is none."""
ListFolder = Callable[[str], Iterable[str]]
"""The paths of the files in a folder, relative to the root."""


@dataclass(frozen=True, slots=True)
class WorkTree:
    """The files as they lie on disk."""

    root: Path

    def read(self, path: str) -> bytes | None:
        """The content, or None where there is no such file.

        Raises:
            BaselineError: it can't be read, or lies outside of the root.
        """
        try:
            # A pipe or a device is not opened: it might never end.
            mode = self.inside(path).stat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise BaselineError("can't be read: it is not a file", place=Place(path))
            with (self.root / path).open("rb") as file:
                return file.read(MAX_SIZE + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BaselineError(f"can't be read: {error.strerror or error}", place=Place(path)) from error

    def inside(self, path: str) -> Path:
        """The path, which need not exist.

        Raises:
            BaselineError: it leads out of the root through a symbolic link.
        """
        if not Path(os.path.realpath(self.root / path)).is_relative_to(os.path.realpath(self.root)):
            raise BaselineError(
                "leads out of the repository through a symbolic link",
                place=Place(path),
                hint="keep the baseline in the repository",
            )
        return self.root / path

    def files(self, folder: str) -> tuple[str, ...]:
        """The paths of the JSON files in a folder; none where there is no folder."""
        try:
            names = sorted(entry.name for entry in self.inside(folder).iterdir())
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise BaselineError(f"can't be read: {error.strerror or error}", place=Place(folder)) from error
        return tuple(folder + name for name in names if name.endswith(".json"))


def read_baseline(path: str, read: ReadFile, files: ListFolder, *, origin: str) -> Baseline:
    """The baseline under a path as the configuration writes it; empty where nothing is there yet.

    Raises:
        BaselineError: a file is damaged, foreign or newer, or they are larger than any baseline.
    """
    entries: list[BaselineEntry] = []
    total = 0
    home: dict[tuple[str, str], str] = {}
    for file in files(path) if path.endswith("/") else (path,):
        content = read(file)
        if content is None:
            continue
        total += len(content)
        if total > MAX_SIZE:
            raise BaselineError(
                f"its files are larger than {MAX_SIZE >> 20} MiB together",
                place=Place(path),
                hint="restore it from git, or remove it and run: bloatcheck baseline update",
            )
        for entry in from_json(content, file):
            key = entry.key
            if key in home:
                raise BaselineError(
                    f"{key[0]} on {key[1]} is in {home[key]} too",
                    place=Place(file),
                    hint="remove one of them",
                )
            home[key] = file
            entries.append(entry)
    return Baseline(entries=tuple(entries), origin=origin if entries else None)


def read_work_tree(root: Path, path: str) -> Baseline:
    """The baseline as it lies on disk; empty where nothing is there yet.

    Raises:
        BaselineError: a file can't be read, or is damaged, foreign or newer.
    """
    files = WorkTree(root)
    return read_baseline(path, files.read, files.files, origin=path)


def updated(
    baseline: Baseline,
    entries: Iterable[BaselineEntry],
    *,
    configured: NamedPlatforms | None = None,
    tolerance: Threshold | None = None,
    max_age: int | None = None,
) -> Baseline:
    """The baseline with these entries in place of those for the same image and platform.

    An entry that measured the same again, or moved no further than the `tolerance`, is left as it was, so
    that a file doesn't change for a date; but not past half of its `max_age`, in days. Where it was built
    from other inputs, it takes these and keeps its sizes. Entries of images that are not `configured`, or
    for other platforms, are dropped, where that is known.
    """
    renewed = {entry.key: entry for entry in baseline.entries}
    if configured is not None:
        renewed = {key: entry for key, entry in renewed.items() if configured.has(*key)}
    for entry in entries:
        before = renewed.get(entry.key)
        if before is None or is_aged(before, entry, max_age) or _differs(before, entry, tolerance):
            renewed[entry.key] = entry.succeeding(before)
        else:
            renewed[entry.key] = before.confirmed_by(entry)
    return Baseline(entries=tuple(renewed[key] for key in sorted(renewed)), origin=baseline.origin)


def _differs(before: BaselineEntry, after: BaselineEntry, tolerance: Threshold | None) -> bool:
    if tolerance is not None:
        return has_moved(before, after, tolerance)
    return _measured(before) != _measured(after)


def _measured(entry: BaselineEntry) -> ImageSnapshot:
    """What is stored of a snapshot, but for what tells about the measuring and not about the image."""
    (stored,) = from_json(to_json([entry]).encode(), entry.snapshot.name)
    measure = stored.snapshot.measure
    return replace(
        stored.snapshot,
        build_seconds=None,
        measure=Fingerprint(measure=measure.measure, compressor=measure.compressor),
    )


def write_baseline(root: Path, path: str, entries: Iterable[BaselineEntry]) -> tuple[str, ...]:
    """Writes the whole baseline: the file, or in a folder a file for each image, others there removed.

    Each file is written whole or not at all, and only in the place of one that is a baseline too.

    Returns:
        The paths that changed.

    Raises:
        BaselineError: a file can't be written, or holds something else. What was there stays.
    """
    tree = WorkTree(root)
    new = documents(path, entries)
    old_files = {*new, *tree.files(path)} if path.endswith("/") else set(new)
    old = {file: content for file in old_files if (content := tree.read(file)) is not None}
    for file, content in old.items():
        from_json(content, file)
    changed = sorted(file for file in old_files if old.get(file) != new.get(file))
    for file in changed:
        _put(root, file, new.get(file))
    return tuple(changed)


def _put(root: Path, file: str, content: bytes | None) -> None:
    try:
        if content is None:
            (root / file).unlink()
        else:
            write_whole(root / file, content, through_links=True)
    except OSError as error:
        raise BaselineError(f"can't be written: {error.strerror or error}", place=Place(file)) from error


def documents(path: str, entries: Iterable[BaselineEntry]) -> Mapping[str, bytes]:
    """The files of a whole baseline, by their path."""
    if not path.endswith("/"):
        return {path: to_json(entries).encode()}
    return {path + file_name(entry): to_json([entry]).encode() for entry in entries}


def file_name(entry: BaselineEntry) -> str:
    """The file of one image in a folder of its own; no two images share one."""
    name = quote(entry.snapshot.name, safe="").replace(".", "%2E", entry.snapshot.name.startswith("."))
    return f"{name}@{quote(entry.snapshot.platform.replace('/', '-'), safe='')}.json"
