"""The repository's files as they lie on disk, each read once, whichever images take it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bloatcheck.inputs.model import InputFile, UnresolvedError

MOST_FILES = 200_000
"""That are looked at in one repository."""
MOST_LINKS = 40
"""That are followed one after the other, as Linux does."""
_PIECE = 1 << 20
_EXECUTABLE = 0o100


@dataclass(frozen=True, slots=True)
class Entry:
    """What a folder holds under a name: a `file`, `folder`, `link` or, as sockets and devices, `other`."""

    name: str
    kind: str


@dataclass(slots=True)
class Tree:
    """The files below `root`. Paths are clean, from there, with `/` between names; "" is the root itself.

    What is told is remembered: one is for one moment. Contents are read, and not taken from git's index:
    filters, line ends and attributes make other files of the same blob, and a change could choose them.
    """

    root: Path
    _folders: dict[str, tuple[Entry, ...]] = field(default_factory=dict, repr=False)
    _kinds: dict[str, str | None] = field(default_factory=dict, repr=False)
    _files: dict[str, InputFile] = field(default_factory=dict, repr=False)
    _seen: int = 0

    def entries(self, folder: str) -> tuple[Entry, ...]:
        """What is in a folder, by name.

        Raises:
            UnresolvedError: it can't be read, or there is too much.
        """
        found = self._folders.get(folder)
        if found is None:
            try:
                with os.scandir(self.root / folder) as scanned:
                    found = tuple(sorted(map(_entry, scanned), key=lambda entry: entry.name))
            except OSError as error:
                raise UnresolvedError(f"{folder or '.'} can't be read: {error.strerror or error}") from None
            self._seen += len(found)
            if self._seen > MOST_FILES:
                raise UnresolvedError(f"there are more than {MOST_FILES:,} files to look at")
            self._folders[folder] = found
            self._kinds |= {join(folder, entry.name): entry.kind for entry in found}
        return found

    def kind(self, path: str) -> str | None:
        """What is at a path whose parent is a folder; None where nothing is."""
        if not path:
            return "folder"
        if path not in self._kinds:
            try:
                self._kinds[path] = _kind_of((self.root / path).lstat().st_mode)
            except (OSError, ValueError):
                self._kinds[path] = None
        return self._kinds[path]

    def target(self, link: str) -> str:
        """Where a link leads, as it is written."""
        try:
            # Path.readlink would tidy it up.
            return os.readlink(self.root / link)  # noqa: PTH115 - see above
        except OSError as error:
            raise UnresolvedError(f"{link} can't be read: {error.strerror or error}") from None

    def input(self, path: str) -> InputFile:
        """A file or link, with its digest.

        Raises:
            UnresolvedError: it can't be read.
        """
        found = self._files.get(path)
        if found is None:
            found = self._files[path] = self._read(path)
        return found

    def _read(self, path: str) -> InputFile:
        kind = self.kind(path)
        if kind == "link":
            target = os.fsencode(self.target(path))
            return InputFile(path, "120000", hashlib.sha256(target).hexdigest())
        if kind == "other":
            # To open a device may be more than to read it.
            raise UnresolvedError(f"{path} is neither file, folder nor link")
        try:
            # What is no regular file any more is not waited for.
            handle = os.open(self.root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb", buffering=0) as file:
                status = os.fstat(handle)
                if not stat.S_ISREG(status.st_mode):
                    raise UnresolvedError(f"{path} is neither file, folder nor link")
                content = hashlib.sha256()
                # One that grows would have no end.
                left = status.st_size
                while left > 0 and (piece := file.read(min(left, _PIECE))):
                    content.update(piece)
                    left -= len(piece)
        except OSError as error:
            raise UnresolvedError(f"{path} can't be read: {error.strerror or error}") from None
        mode = "100755" if status.st_mode & _EXECUTABLE else "100644"
        return InputFile(path, mode, content.hexdigest())

    def below(self, folder: str = "") -> Iterator[str]:
        """The paths of all files and links in a folder and below it; links are not followed.

        What git keeps for itself at the top is none of them.
        """
        waiting = [folder]
        while waiting:
            here = waiting.pop()
            for entry in self.entries(here):
                path = join(here, entry.name)
                if entry.kind != "folder":
                    yield path
                elif path != ".git":
                    waiting.append(path)


def _entry(scanned: os.DirEntry[str]) -> Entry:
    if scanned.is_symlink():
        return Entry(scanned.name, "link")
    if scanned.is_dir(follow_symlinks=False):
        return Entry(scanned.name, "folder")
    return Entry(scanned.name, "file" if scanned.is_file(follow_symlinks=False) else "other")


def _kind_of(mode: int) -> str:
    for is_one, kind in ((stat.S_ISLNK, "link"), (stat.S_ISDIR, "folder"), (stat.S_ISREG, "file")):
        if is_one(mode):
            return kind
    return "other"


def join(folder: str, name: str) -> str:
    """A path of a name in a folder; "" is the root."""
    return f"{folder}/{name}" if folder else name
