"""What is kept of a layer's contents so that it can be explained: package databases, facts of executables."""

from __future__ import annotations

from typing import BinaryIO

from bloatcheck.analysis import executable, packages
from bloatcheck.image.capture import Captured, Extract


class Explain:
    """See `bloatcheck.image.capture.Capture`."""

    version = f"packages {packages.VERSION}, executables {executable.VERSION}"

    def wants(self, path: bytes, size: int, mode: int) -> Extract | None:
        """Package databases and what loaders read whole; facts of executables."""
        if extract := packages.extract(path, size):
            return extract
        if executable.captures(path, size):
            return _whole
        return executable.EXTRACT if executable.wants_executable(path, size, mode) else None


def _whole(file: BinaryIO, size: int) -> Captured:
    return Captured("whole", file.read(size))


EXPLAIN = Explain()
