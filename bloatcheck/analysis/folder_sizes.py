"""How large each folder of an image is, down to a depth: what `du` says of the files that can be seen."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from bloatcheck.analysis.tree import Tree

MAX_DEPTH = 32


@dataclass(slots=True)
class Folder:
    """A folder, or a file, which has no `entries`.

    `size` are the bytes of all files below, those of hard links once; `files` counts them. `layer` is where
    a file comes from, counted from 0; None for a folder.
    """

    name: bytes
    size: int = 0
    files: int = 0
    layer: int | None = None
    entries: dict[bytes, Folder] = field(default_factory=dict)

    @property
    def largest(self) -> list[Folder]:
        """The entries, the largest first."""
        return sorted(self.entries.values(), key=lambda entry: (-entry.size, entry.name))


def folder_sizes(tree: Tree, *, depth: int, chosen: Container[bytes] | None = None) -> Folder:
    """The root folder.

    Args:
        tree: the image's.
        depth: how many folders deep there are entries: with 1 those of the root.
        chosen: the paths that count; None for all.
    """
    root = Folder(b"")
    for path, layer, size in tree.files():
        if chosen is not None and path not in chosen:
            continue
        parts = path.split(b"/", depth)
        is_whole = len(parts) <= depth
        at = root
        at.size += size
        at.files += 1
        for name in parts[:depth]:
            below = at.entries.get(name)
            if below is None:
                below = at.entries[name] = Folder(name)
            at = below
            at.size += size
            at.files += 1
        if is_whole:
            at.layer = layer
    return root
