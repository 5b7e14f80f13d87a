"""From the paths that a database writes down to the files that are there."""

from __future__ import annotations

from collections.abc import Iterable

from bloatcheck.analysis.tree import Tree

_LONGEST = 4096
_MOST_FOLDERS = 100_000
_MOST_PATHS = 2_000_000
"""Looked up for one package manager; more than that no image has in its packages."""


class InstalledFiles:
    """Finds files under the names that package databases have for them.

    On a merged /usr, `/bin/sh` is found at `usr/bin/sh`: directories on the way are followed where they are
    links, the file itself isn't.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._folders: dict[bytes, bytes | None] = {}
        self._left = _MOST_PATHS

    def find(self, paths: Iterable[bytes]) -> tuple[bytes, ...]:
        """Those of the paths that are there and no directories, each once, in the order given."""
        tree, folders = self._tree, self._folders
        found: dict[bytes, None] = {}
        for path in paths:
            self._left -= 1
            if self._left < 0:
                break
            if len(path) > _LONGEST:
                continue
            above, slash, name = path.strip(b"/").rpartition(b"/")
            folder = folders[above] if above in folders else self.folder(above)
            if folder is None or name in (b"", b".", b".."):
                continue
            at = folder + slash + name if folder else name
            if at in tree and at not in found and not tree.is_folder(at):
                found[at] = None
        return tuple(found)

    def folder(self, path: bytes) -> bytes | None:
        """Where a folder really lies; None where there is none."""
        if path in self._folders:
            return self._folders[path]
        if len(self._folders) >= _MOST_FOLDERS:
            self._folders.clear()
        resolved = self._tree.resolve(path) if path else b""
        self._folders[path] = resolved
        return resolved
