"""The files that a configuration names, looked up in the checked-out repository."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bloatcheck.config.quote import quote

DOCKERFILE_NAMES = ("Dockerfile", "Containerfile")
"""In the order in which a folder is searched for one."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """The repository's root, and the images whose files must be there.

    A leg of a build matrix may have checked out the files of its own images only.
    """

    root: Path
    wants: Callable[[str], bool]

    def contained(self, path: str) -> str:
        """The path, followed through symbolic links; it need not exist.

        Raises:
            ValueError: a link leads out of the repository.
        """
        real = Path(os.path.realpath(self.root / path))
        if not real.is_relative_to(os.path.realpath(self.root)):
            raise ValueError(f"{quote(path)} leads out of the repository through a symbolic link")
        return path

    def folder(self, path: str) -> str:
        """A folder that is there.

        Raises:
            ValueError: it is not, or it is something else.
        """
        if not (self.root / self.contained(path)).is_dir():
            raise ValueError(f"{quote(path)} is no folder of the repository")
        return path

    def dockerfile(self, path: str | None, context: str) -> str:
        """The Dockerfile that is there; without a path the one in the context.

        Raises:
            ValueError: there is none.
        """
        if path is None:
            return self._in_context(context)
        if (self.root / self.contained(path)).is_file():
            return path
        in_context = posixpath.normpath(posixpath.join(context, path))
        if in_context != path and (self.root / in_context).is_file():
            raise ValueError(
                f"{quote(path)} is no file, but {quote(in_context)} is; the path starts at the repository's "
                "root, not at the context"
            )
        raise ValueError(f"{quote(path)} is no file of the repository")

    def _in_context(self, context: str) -> str:
        candidates = [posixpath.normpath(posixpath.join(context, name)) for name in DOCKERFILE_NAMES]
        for candidate in candidates:
            if (self.root / self.contained(candidate)).is_file():
                return candidate
        raise ValueError(f"neither {' nor '.join(map(quote, candidates))} is there; name the `dockerfile`")
