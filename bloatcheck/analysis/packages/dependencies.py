"""Why a package is there: which packages that somebody asked for lead to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from bloatcheck.analysis.packages.model import MAX_NAMED

_MOST_PROVIDERS = 8
"""Packages that are looked at for one name."""
_MOST_EDGES = 500_000
"""Ties between packages. Two thousand packages of a desktop have a tenth of that."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one package wants beside it, in the words of its manager."""

    name: str
    asked_for: bool | None = None
    provides: Sequence[str] = ()
    depends: Sequence[str] = ()
    recommends: Sequence[str] = ()
    essential: bool = False
    """Stays whether or not anybody asked for it."""


@dataclass(frozen=True, slots=True)
class Reason:
    """See `InstalledPackage`."""

    needed_by: tuple[str, ...] = ()
    recommended_by: tuple[str, ...] = ()
    only_recommended: bool = False


@dataclass(slots=True)
class _Graph:
    """Packages by number. What each depends on or recommends, and the same backwards."""

    depends: list[list[int]] = field(default_factory=list)
    recommends: list[list[int]] = field(default_factory=list)


def reasons(packages: Sequence[Wishes]) -> list[Reason]:
    """For each package why it is there, in the same order.

    A name stands for every package of that name or providing it, eight at most.
    """
    providers = _providers(packages)
    graph = _Graph()
    left = _MOST_EDGES
    for number, package in enumerate(packages):
        for names, edges in ((package.depends, graph.depends), (package.recommends, graph.recommends)):
            edges.append(_targets(names, providers, number, left))
            left -= len(edges[-1])
    roots = [
        number
        for number, package in enumerate(packages)
        if package.asked_for is not False or package.essential
    ]
    distances: dict[int, int] = {}
    _spread(distances, roots, graph.depends)
    needed = len(distances)
    _spread(
        distances,
        [target for number in list(distances) for target in graph.recommends[number]],
        [[*depends, *graph.recommends[number]] for number, depends in enumerate(graph.depends)],
    )
    only_recommended = set(islice(distances, needed, None))
    needed_by = _backwards(graph.depends)
    recommended_by = _backwards(graph.recommends)

    far = len(packages)

    def named(numbers: Iterable[int]) -> tuple[str, ...]:
        nearest = sorted((distances.get(number, far), packages[number].name) for number in numbers)
        return tuple(name for _, name in nearest[:MAX_NAMED])

    return [
        Reason(
            named(needed_by.get(number, ())),
            named(recommended_by.get(number, ())),
            number in only_recommended,
        )
        for number in range(len(packages))
    ]


def _providers(packages: Sequence[Wishes]) -> Mapping[str, Sequence[int]]:
    providers: dict[str, list[int]] = {}
    for number, package in enumerate(packages):
        for name in (package.name, *package.provides):
            known = providers.setdefault(name, [])
            if len(known) < _MOST_PROVIDERS:
                known.append(number)
    return providers


def _targets(
    names: Iterable[str], providers: Mapping[str, Sequence[int]], itself: int, most: int
) -> list[int]:
    targets = {number: None for name in names for number in providers.get(name, ())}
    targets.pop(itself, None)
    return list(islice(targets, most))


def _spread(distances: dict[int, int], start: Iterable[int], edges: Sequence[Sequence[int]]) -> None:
    """Adds how far from the start each package is that can be reached and has no distance yet."""
    first = 1 + max(distances.values(), default=-1)
    front = [number for number in dict.fromkeys(start) if number not in distances]
    distances.update(dict.fromkeys(front, first))
    while front:
        first += 1
        front = [
            target
            for target in dict.fromkeys(target for number in front for target in edges[number])
            if target not in distances
        ]
        distances.update(dict.fromkeys(front, first))


def _backwards(edges: Sequence[Sequence[int]]) -> Mapping[int, list[int]]:
    backwards: dict[int, list[int]] = {}
    for number, targets in enumerate(edges):
        for target in targets:
            backwards.setdefault(target, []).append(number)
    return backwards
