"""Reading the engine's own files: as root, or through `sudo -n` where the user allows it. Never writing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from bloatcheck.image.docker_daemon.documents import MAX_DOCUMENT
from bloatcheck.image.docker_daemon.folder import LayerFolder


class Files(Protocol):
    """Opens files of this machine for reading."""

    def open(self, path: PurePosixPath) -> AbstractContextManager[IO[bytes]]:
        """The file's bytes.

        Raises:
            OSError: it isn't there or may not be read; also on leaving, where that shows only then.
        """
        ...

    def folder(self, path: PurePosixPath) -> LayerFolder | None:
        """A folder in which many files will be opened; None where each of them would cost too much.

        Raises:
            OSError: it isn't there or may not be read.
        """
        ...


def read_document(files: Files, path: PurePosixPath) -> bytes | None:
    """A small file; None where it can't be read."""
    try:
        with files.open(path) as file:
            return file.read(MAX_DOCUMENT + 1)
    except OSError:
        return None


class OwnFiles:
    """What this process may read itself."""

    @contextmanager
    def open(self, path: PurePosixPath) -> Iterator[IO[bytes]]:
        """The file's bytes."""
        with Path(path).open("rb") as file:
            yield file

    def folder(self, path: PurePosixPath) -> LayerFolder:
        """See `Files`."""
        return LayerFolder(path)


class SudoFiles:
    """What `sudo -n cat` may read: one fixed program, no shell, no question, nothing written."""

    @contextmanager
    def open(self, path: PurePosixPath) -> Iterator[IO[bytes]]:
        """The file's bytes, through a pipe."""
        command = ["sudo", "-n", "cat", "--", str(path)]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            if process.stdout is None:
                raise OSError("no pipe from sudo")
            yield process.stdout
            # A reader that has seen enough leaves early: then the pipe closes and cat ends by itself.
            complete = not process.stdout.read(1)
        if complete and process.returncode:
            raise OSError(f"sudo -n may not read {path}, or it isn't there")

    def folder(self, path: PurePosixPath) -> None:  # noqa: ARG002 - whichever it is
        """None: it would take a process for each file."""
        return
