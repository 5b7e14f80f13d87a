"""A folder of the engine's storage, in which files are opened without ever leaving it.

What lies in there, an image made: a symbolic link in it may point anywhere on this machine. So each part of
a path is opened by itself, below the one before, and never through a link.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import PurePosixPath

from bloatcheck.errors import ReadError
from bloatcheck.image.layer_index import text
from bloatcheck.image.model import ClosedAtEnd

_MAX_DEPTH = 128
"""Folders that are open at once."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_METACOPY = "trusted.overlay.metacopy"


class LayerFolder(ClosedAtEnd):
    """A layer as a driver unpacked it; satisfies `bloatcheck.image.contents.Place`.

    Args:
        path: of the folder; what leads to it is the engine's, and so trusted.

    Raises:
        OSError: it isn't there or may not be read.
    """

    def __init__(self, path: PurePosixPath) -> None:
        self._path = path
        self._folders = [os.open(path, _FOLDER)]
        self._names: list[bytes] = []
        self._file: int | None = None

    def close(self) -> None:
        """Closes all that is open."""
        self._close_file()
        for folder in self._folders:
            os.close(folder)
        self._folders.clear()

    def find(self, path: bytes, size: int) -> int:
        """Opens a file; the one before is closed.

        Raises:
            ReadError: there is no regular file of this size, or it lies behind a link.
        """
        self._close_file()
        *folders, name = path.split(b"/")
        try:
            self._file = os.open(name, _FILE, dir_fd=self._enter(folders))
            status = os.fstat(self._file)
        except (OSError, ValueError) as error:
            raise self._not_there(path, str(error)) from error
        if not stat.S_ISREG(status.st_mode):
            raise self._not_there(path, "not a regular file")
        if status.st_size != size:
            raise self._not_there(path, f"{status.st_size} bytes in place of {size}")
        if not status.st_blocks and self._is_elsewhere(self._file):
            raise self._not_there(path, "its content is in another layer's folder")
        return self._file

    def _enter(self, names: list[bytes]) -> int:
        """Opens the folders that aren't open yet; mostly the next file lies near the last one."""
        if len(names) > _MAX_DEPTH:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
        same = 0
        for ours, wanted in zip(self._names, names, strict=False):
            if ours != wanted:
                break
            same += 1
        while len(self._folders) > same + 1:
            os.close(self._folders.pop())
        del self._names[same:]
        for name in names[same:]:
            self._folders.append(os.open(name, _FOLDER, dir_fd=self._folders[-1]))
            self._names.append(name)
        return self._folders[-1]

    def _is_elsewhere(self, file: int) -> bool:
        """Whether overlayfs only noted here that a file below has other attributes now."""
        try:
            os.getxattr(file, _METACOPY)
        except OSError as error:
            return error.errno not in (errno.ENODATA, errno.ENOTSUP)
        return True

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _not_there(self, path: bytes, why: str) -> ReadError:
        return ReadError(f"{self._path} doesn't hold {text(path)[:200]!r} as it was: {why}")
