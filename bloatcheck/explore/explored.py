"""One image, or two, as they are looked through: layers, listings, totals, packages, waste, advice."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from bloatcheck.analysis.advice import Advice
from bloatcheck.analysis.contents import PackageSize
from bloatcheck.analysis.dive import DiveFigures, dive_figures
from bloatcheck.analysis.explain import Explained
from bloatcheck.analysis.snapshot import LayerSnapshot
from bloatcheck.analysis.tree import Hidden, Tree
from bloatcheck.baseline.model import BaselineEntry
from bloatcheck.diff.compare import compare
from bloatcheck.diff.contents import contents_diff
from bloatcheck.diff.model import ImageDiff, LayerChange
from bloatcheck.explore.listing import Change
from bloatcheck.explore.scopes import Scope, View, between, up_to

MOST_HIDDEN = 5000
"""Wasted files that are listed."""
_KEPT = 6
"""Views that are kept; one of 100,000 files takes about 60 MB."""
_CHANGED = frozenset(Change) - {Change.UNMODIFIED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A line beside the tree: a layer, or a pair of layers of two images.

    `number` is that of the layer after, counted from 0, None for one that was removed; `old` that of the one
    before, None but for two images. `size` and `before` are content in bytes, `wasted` what of it later
    layers hide. `of_base`: the base image brought it. `change` is None but for two images.
    """

    number: int | None
    snapshot: LayerSnapshot
    size: int
    wasted: int = 0
    of_base: bool = False
    old: int | None = None
    before: int = 0
    change: LayerChange | None = None

    @property
    def delta(self) -> int:
        """Growth in bytes."""
        return self.size - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package in the image, or in one of two. Sizes are bytes of its files that can be seen."""

    manager: str
    name: str
    before: PackageSize | None
    after: PackageSize | None

    @property
    def size(self) -> int:
        """Bytes after."""
        return self.after.size if self.after else 0

    @property
    def delta(self) -> int:
        """Growth in bytes."""
        return self.size - (self.before.size if self.before else 0)


class Explored:
    """What was read, made ready to be looked through.

    Args:
        after: the image.
        before: what it is compared with, if anything.
    """

    def __init__(self, after: Explained, before: Explained | None = None) -> None:
        self.after = after
        self.before = before
        self._views: OrderedDict[tuple[int | None, Scope], View] = OrderedDict()

    @property
    def compares(self) -> bool:
        """Whether there are two images."""
        return self.before is not None

    @property
    def tree(self) -> Tree:
        """The image's files."""
        return self.after.inventory.tree

    @property
    def advice(self) -> Sequence[Advice]:
        """What would make it smaller, as `inspect` tells it."""
        return self.after.advice

    @cached_property
    def figures(self) -> DiveFigures:
        """Efficiency and waste as dive has them."""
        return dive_figures(self.tree.layers)

    @property
    def base_layers(self) -> int:
        """How many layers the base image has; where nobody knows, the first is taken for it, as in dive."""
        base = self.after.snapshot.base
        return base.layer_count if base else min(1, len(self.tree.layers))

    def prepare(self) -> None:
        """Makes what is shown first, so that nobody waits for it later."""
        self.view(None, Scope.CHANGES)
        for needed in (self.figures, self.layers, self.packages, self._hidden_by_path):
            del needed
        self.wasted_below(b"")

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """From base to top; of two images the pairs, a removed one where it stood."""
        if self.before is None:
            return tuple(
                self._layer(number, snapshot) for number, snapshot in enumerate(self.after.snapshot.layers)
            )
        diff = _compared(self.before, self.after)
        old = {id(layer): number for number, layer in enumerate(self.before.snapshot.layers)}
        new = {id(layer): number for number, layer in enumerate(self.after.snapshot.layers)}
        found = []
        for pair in diff.layers:
            snapshot = pair.after or pair.before
            if snapshot is None:
                continue
            number = new[id(pair.after)] if pair.after else None
            found.append(
                Layer(
                    number=number,
                    snapshot=snapshot,
                    size=pair.after.content_size if pair.after else 0,
                    wasted=self._wasted(number),
                    of_base=self._of_base(number),
                    old=old[id(pair.before)] if pair.before else None,
                    before=pair.before.content_size if pair.before else 0,
                    change=pair.change,
                )
            )
        return tuple(found)

    @cached_property
    def packages(self) -> tuple[Package, ...]:
        """The largest first; of two images those that changed, what has grown most first."""
        contents = self.after.snapshot.contents
        if self.before is None:
            listed = contents.packages if contents else ()
            return tuple(
                Package(manager=each.manager, name=each.name, before=None, after=each) for each in listed
            )
        changed = contents_diff(_compared(self.before, self.after))
        found = [
            Package(manager=each.manager, name=each.name, before=each.before, after=each.after)
            for each in (changed.packages if changed else ())
        ]
        return tuple(sorted(found, key=lambda each: (-each.delta, each.name)))

    @cached_property
    def hidden(self) -> tuple[Hidden, ...]:
        """Files whose bytes can't be seen any more, the largest first."""
        wasting = (file for file in self.tree.hidden() if file.size)
        return tuple(sorted(wasting, key=lambda file: (-file.size, file.path, file.layer)))

    @cached_property
    def wasted(self) -> int:
        """Bytes of all hidden files."""
        return sum(file.size for file in self.hidden)

    def hidden_at(self, path: bytes) -> list[Hidden]:
        """The copies of a file that later layers hid, base first."""
        return self._hidden_by_path.get(path, [])

    def wasted_below(self, folder: bytes) -> int:
        """Hidden bytes in a folder and below."""
        paths, sums = self._hidden_in_order
        start = folder + b"/" if folder else b""
        # the letter after the slash is the zero
        return (
            sums[bisect_left(paths, folder + b"0") if folder else len(paths)]
            - sums[bisect_left(paths, start)]
        )

    def view(self, place: int | None, scope: Scope) -> View:
        """What to show of a line in `layers`, or of the whole; two images have no scopes."""
        key = (place, Scope.ALONE if self.compares else scope)
        found = self._views.pop(key, None)
        if found is None:
            found = self._pair(place) if self.before is not None else self._single(place, scope)
        self._views[key] = found
        while len(self._views) > _KEPT:
            self._views.popitem(last=False)
        return found

    def has(self, place: int | None, scope: Scope) -> bool:
        """Whether `view` takes no time."""
        return (place, Scope.ALONE if self.compares else scope) in self._views

    def _single(self, place: int | None, scope: Scope) -> View:
        layers = self.tree.layers
        if place is None:
            return up_to(layers, len(layers) - 1, self.base_layers)
        if scope is Scope.SINCE_BASE:
            return up_to(layers, place, min(self.base_layers, place + 1))
        if scope is Scope.ALONE:
            return self.view(place, Scope.CHANGES).chosen(_CHANGED)
        return up_to(layers, place, place)

    def _pair(self, place: int | None) -> View:
        if self.before is None:
            raise ValueError("nothing to compare with")
        old_tree = self.before.inventory.tree
        if place is None:
            return between(old_tree, self.tree)
        layer = self.layers[place]
        paths: set[bytes] = set()
        if layer.number is not None:
            paths.update(self.tree.paths_of(layer.number))
        if layer.old is not None:
            paths.update(old_tree.paths_of(layer.old))
        return self.view(None, Scope.ALONE).only(paths)

    def _layer(self, number: int, snapshot: LayerSnapshot) -> Layer:
        return Layer(
            number=number,
            snapshot=snapshot,
            size=snapshot.content_size,
            wasted=self._wasted(number),
            of_base=self._of_base(number),
        )

    def _wasted(self, number: int | None) -> int:
        contents = self.after.snapshot.contents
        if number is None or contents is None or number >= len(contents.layers):
            return 0
        return contents.layers[number].wasted

    def _of_base(self, number: int | None) -> bool:
        base = self.after.snapshot.base
        return base is not None and number is not None and number < base.layer_count

    @cached_property
    def _hidden_by_path(self) -> dict[bytes, list[Hidden]]:
        found: dict[bytes, list[Hidden]] = {}
        for file in sorted(self.hidden, key=lambda file: file.layer):
            found.setdefault(file.path, []).append(file)
        return found

    @cached_property
    def _hidden_in_order(self) -> tuple[list[bytes], list[int]]:
        ordered = sorted((file.path, file.size) for file in self.hidden)
        return [path for path, _ in ordered], [*accumulate((size for _, size in ordered), initial=0)]


def _compared(before: Explained, after: Explained) -> ImageDiff:
    """Also of images for two platforms: here nobody is judged."""
    entry = BaselineEntry(snapshot=replace(before.snapshot, platform=after.snapshot.platform))
    return compare(entry, after.snapshot)
