"""What is kept of a layer's contents so that it can be explained: package databases, facts of executables."""

from __future__ import annotations

from bloatcheck.analysis import packages
from bloatcheck.image.capture import Extract


class Explain:
    """See `bloatcheck.image.capture.Capture`."""

    version = f"packages {packages.VERSION}"

    def wants(self, path: bytes, size: int, mode: int) -> Extract | None:  # noqa: ARG002 - executables will ask
        """Package databases whole."""
        return packages.extract(path, size)


EXPLAIN = Explain()
