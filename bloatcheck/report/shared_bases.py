"""One base image that changed under several images of a run, or that the run builds itself: told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bloatcheck.analysis.base_image import BaseChange, own_bases
from bloatcheck.analysis.contents import Cause
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.diff.model import ImageDiff
from bloatcheck.report.figures import count
from bloatcheck.report.model import ImageReport
from bloatcheck.report.why import Named, base_change, reasons

_MOST_NAMES = 3
_Key = tuple[str, "str | None"]
"""Name and platform."""


@dataclass(frozen=True, slots=True)
class SharedBase:
    """A change of a base image; `delta` are the bytes by which it changed each of the `diffs`.

    `names` are the packages and files behind it. `ours` is the image of this run that is the base.
    """

    change: BaseChange
    delta: int
    diffs: tuple[ImageDiff, ...]
    names: tuple[Named, ...] = ()
    ours: str | None = None

    @property
    def images(self) -> tuple[str, ...]:
        """The images' names, each once."""
        return tuple(dict.fromkeys(diff.name for diff in self.diffs))


def shared_bases(images: Iterable[ImageReport]) -> tuple[SharedBase, ...]:
    """What several images have in common, the largest change first; none without any bytes."""
    diffs = [image.diff for image in images if image.diff and image.diff.delta is not None]
    ours = own_bases([diff.after for diff in diffs if diff.after])
    together: dict[object, list[ImageDiff]] = {}
    for diff in diffs:
        if diff.before and diff.after and base_change(diff):
            key = (_identity(diff.before), _identity(diff.after))
            together.setdefault(key, []).append(diff)
    found = [shared for same in together.values() for shared in _shared(same, ours)]
    return tuple(sorted(found, key=lambda shared: -abs(shared.delta)))


def told_once(shared: Iterable[SharedBase]) -> frozenset[_Key]:
    """The images whose base is told of."""
    return frozenset((diff.name, diff.platform) for each in shared for diff in each.diffs)


def told_by_another(shared: Sequence[SharedBase], order: Iterable[_Key]) -> frozenset[_Key]:
    """The images whose details would say again what those of an image before them in `order` say.

    They are those in which nothing changed but a base that is told of, without the first of each.
    """
    base_of: dict[_Key, int] = {
        (diff.name, diff.platform): number
        for number, each in enumerate(shared)
        for diff in each.diffs
        if _changed_in_base_only(diff)
    }
    told: set[int] = set()
    repeated = []
    for key in order:
        if (number := base_of.get(key)) in told:
            repeated.append(key)
        elif number is not None:
            told.add(number)
    return frozenset(repeated)


def in_images(shared: SharedBase) -> tuple[str, Sequence[str], str]:
    """`in each of 12 images`, the first of their names, and how many more there are, or nothing."""
    names = shared.images
    more = len(names) - _MOST_NAMES
    where = f"in each of {count(len(names), 'image')}" if len(names) > 1 else "in 1 image"
    return where, names[:_MOST_NAMES], f"{more:,} more" if more > 0 else ""


def _shared(diffs: Sequence[ImageDiff], ours: dict[tuple[str, str], str]) -> Iterator[SharedBase]:
    first = diffs[0]
    change = base_change(first)
    if change is None or first.before is None or first.after is None:
        return
    other = ours.get((first.name, first.platform))
    delta = _base_size(first.after) - _base_size(first.before)
    if delta and (len(diffs) > 1 or other):
        names = next((each.names for each in reasons(first) if each.cause is Cause.BASE), ())
        yield SharedBase(change, delta, tuple(diffs), names, other)


def _changed_in_base_only(diff: ImageDiff) -> bool:
    bases = {
        layer for side in (diff.before, diff.after) if side for layer in side.layers[: _base_layers(side)]
    }
    return all({layer.before, layer.after} - {None} <= bases for layer in diff.layers if layer.delta)


def _base_layers(snapshot: ImageSnapshot) -> int:
    return snapshot.base.layer_count if snapshot.base else 0


def _base_size(snapshot: ImageSnapshot) -> int:
    return sum(layer.content_size for layer in snapshot.layers[: _base_layers(snapshot)])


def _identity(snapshot: ImageSnapshot) -> tuple[object, ...]:
    layers = snapshot.layers[: _base_layers(snapshot)]
    name = snapshot.base.name if snapshot.base else None
    return (name, *(layer.diff_id for layer in layers))
