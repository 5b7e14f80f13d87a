"""Writing a file so that nobody ever reads half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_MODE = 0o644
"""Of a new file: everybody may read it, which a temporary file alone would not let them."""


def write_whole(file: Path, data: bytes, *, through_links: bool) -> None:
    """Writes a file whole or not at all, in a folder that is made if need be; the mode of an old one stays.

    Args:
        file: where to.
        data: its content.
        through_links: whether what a symbolic link stands for is written, and the link stays; else the link
            is replaced, so that nothing elsewhere is written.

    Raises:
        OSError: it can't be written. What was there stays.
    """
    target = file.resolve() if through_links else file
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = target.stat().st_mode & 0o777 if target.exists() and not target.is_symlink() else _MODE
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            os.fchmod(stream.fileno(), mode)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync(target.parent)


def _sync(folder: Path) -> None:
    """Makes the new name last too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
