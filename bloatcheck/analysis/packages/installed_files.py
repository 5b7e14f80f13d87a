"""From the paths that a database writes down to the files that are there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from bloatcheck.analysis.tree import Tree
from bloatcheck.image.layer_index import Kind

_LONGEST = 4096
_NO_NAMES = (b"", b".", b"..")
_MOST_REMEMBERED = 32 << 20
"""Bytes of the folders that were found; an image of 100,000 files has 1 MB of them."""
_MOST_PATHS = 2_000_000
"""Looked up in one image, and steps on the way to them; more than that nobody has in packages."""


class InstalledFiles:
    """Finds files under the names that package databases have for them.

    On a merged /usr, `/bin/sh` is found at `usr/bin/sh`: directories on the way are followed where they are
    links, the file itself isn't.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._steps: dict[bytes, bytes | None] = {}
        self._remembered = 0
        self._left = _MOST_PATHS

    def find(self, paths: Iterable[bytes]) -> tuple[bytes, ...]:
        """Those of the paths that are there and no directories, each once, in the order given."""
        there, folders = self._there, self._steps
        found: dict[bytes, None] = {}
        for path in paths:
            self._left -= 1
            if self._left < 0:
                break
            at = path.strip(b"/")
            if at not in there:
                above, slash, name = at.rpartition(b"/")
                folder = folders[above] if above in folders else self.folder(above)
                if folder is None or name in _NO_NAMES:
                    continue
                at = folder + slash + name if folder else name
                if at not in there:
                    continue
            found[at] = None
        return tuple(found)

    def folder(self, path: bytes) -> bytes | None:
        """Where a folder really lies; None where there is none."""
        if path in self._steps:
            return self._steps[path]
        if len(path) > _LONGEST or self._left < 0:
            return None
        if self._remembered > _MOST_REMEMBERED:
            self._steps.clear()
            self._remembered = 0
        done: bytes | None = b""
        for part in path.split(b"/") if path else ():
            if part in _NO_NAMES:
                done = self._tree.resolve(path)
                break
            step = done + b"/" + part if done else part
            if step not in self._steps:
                self._left -= 1
                self._remembered += len(step)
                self._steps[step] = self._step(step)
            done = self._steps[step]
            if done is None:
                break
        self._remembered += len(path)
        self._steps[path] = done
        return done

    def _step(self, path: bytes) -> bytes | None:
        """The folder at a path in which all but the last part is no link."""
        node = self._tree.get(path)
        if node is None:
            return path if self._tree.is_folder(path) else None
        if node.kind == Kind.SYMLINK:
            real = self._tree.resolve(path)
            return real if real is not None and self._tree.is_folder(real) else None
        return path if node.kind == Kind.DIRECTORY else None

    @cached_property
    def _there(self) -> frozenset[bytes]:
        return frozenset(self._tree.not_folders())
