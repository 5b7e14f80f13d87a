"""Report files, written so that a reader never sees half a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bloatcheck.errors import PublishError
from bloatcheck.whole_file import write_whole


def write_files(directory: Path, files: Mapping[str, str]) -> dict[str, Path]:
    """Writes texts as UTF-8 into a directory, which is made if need be.

    Each file appears whole or not at all, and replaces what had its name, a symbolic link included: nothing
    outside the directory is written.

    Args:
        directory: where to.
        files: plain file name -> text.

    Returns:
        File name -> absolute path.

    Raises:
        PublishError: the directory can't be made or written.
        ValueError: a name that is no plain file name.
    """
    for name in files:
        if name in {"", ".", ".."} or any(mark in name for mark in "/\\\0"):
            raise ValueError(f"no plain file name: {name!r}")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        home = directory.resolve()
        return {name: _write(home / name, text) for name, text in files.items()}
    except OSError as error:
        raise PublishError(
            f"the report can't be written into {directory}: {error.strerror or error}",
            hint="name a directory that can be made and written",
        ) from error


def _write(path: Path, text: str) -> Path:
    write_whole(path, text.encode("utf-8", "replace"), through_links=False)
    return path
