"""From layers to listings: the image up to a layer, with what changed since another; two images."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from bloatcheck.analysis.tree import Node, Tree
from bloatcheck.explore.listing import Change, Listing, Row
from bloatcheck.image.layer_index import Kind, LayerIndex


class Scope(str, Enum):
    """What is shown of a layer."""

    CHANGES = "changes"
    """The image up to the layer; what the layer itself changed is marked."""
    ALONE = "alone"
    """Only what the layer itself changed."""
    SINCE_BASE = "since base"
    """The image up to the layer; whatever changed above the base image is marked."""


@dataclass(frozen=True, slots=True)
class View:
    """A listing, with the file systems that it tells of."""

    listing: Listing
    before: Tree
    after: Tree

    def chosen(self, changes: Collection[Change]) -> View:
        """Only what was changed so."""
        return View(self.listing.chosen(changes), self.before, self.after)

    def only(self, paths: Collection[bytes]) -> View:
        """Only what stands at these paths."""
        rows = (row for row in self.listing if row.path in paths)
        return View(self.listing.of(rows), self.before, self.after)


def up_to(layers: Sequence[LayerIndex], last: int, first: int) -> View:
    """The image of layers 0 to `last`; what those from `first` on changed is marked.

    A file that a layer writes again counts as modified even if it is the same: its bytes are there again.
    """
    before, after = Tree(layers[:first]), Tree(layers[: last + 1])

    def is_same(path: bytes, now: Node) -> bool:
        if now.layer < first:
            return True
        then = before.get(path)
        return then is not None and now.kind != Kind.REGULAR and _looks(then) == _looks(now)

    return View(Listing(_rows(before, after, is_same, modified=None)), before, after)


def between(before: Tree, after: Tree) -> View:
    """Two images; what is the same in both is unmodified, wherever it lies in the layers."""

    def is_same(path: bytes, now: Node) -> bool:
        then = before.get(path)
        return (
            then is not None
            and then.size == now.size
            and _looks(then) == _looks(now)
            and before.digest(path) == after.digest(path)
        )

    return View(Listing(_rows(before, after, is_same, modified=_by_size), compares=True), before, after)


def _rows(
    before: Tree,
    after: Tree,
    is_same: Callable[[bytes, Node], bool],
    modified: Callable[[int, int], Change] | None,
) -> Iterator[Row]:
    old = {path: size for path, _, size in before.files()}
    new = {path: size for path, _, size in after.files()}
    for path, node in after.items():
        size = new.get(path, 0)
        if is_same(path, node):
            # a hard link may now have the bytes that another name had
            change, was = Change.UNMODIFIED, old.get(path, size)
        elif path in before:
            was = old.get(path, 0)
            change = modified(was, size) if modified else Change.MODIFIED
        else:
            change, was = Change.ADDED, 0
        yield Row(path, node.kind, change, size, was)
    for path in before:
        if path not in after and (gone := before.get(path)):
            yield Row(path, gone.kind, Change.REMOVED, 0, old.get(path, 0))


def _by_size(before: int, after: int) -> Change:
    if before == after:
        return Change.MODIFIED
    return Change.GROWN if after > before else Change.SHRUNK


def _looks(node: Node) -> tuple[int, int, int, int, bytes]:
    return node.kind, node.mode, node.uid, node.gid, node.link_target
