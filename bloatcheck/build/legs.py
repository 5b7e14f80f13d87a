"""Sharing images between the legs of a matrix."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

UNKNOWN_SECONDS = 60.0
"""For an image that was never built, where nothing is known of any."""


@dataclass(frozen=True, slots=True)
class Leg:
    """Images that one machine builds, and how many seconds it is likely to take for them."""

    images: tuple[str, ...]
    seconds: float


def share(seconds: Mapping[str, float | None], legs: int) -> tuple[Leg, ...]:
    """At most so many legs, about equally long, none of them empty; the longest first.

    The longest build that is left goes to the leg that has the least to do, which is at worst a third longer
    than the best there is. The same images and durations give the same legs.

    Args:
        seconds: by image, what its last build took; None where that isn't known, which counts as the median.
        legs: how many there may be.
    """
    known = [each for each in seconds.values() if each is not None]
    usual = median(known) if known else UNKNOWN_SECONDS
    lasts = {name: usual if each is None else each for name, each in seconds.items()}
    # Of two that have as little to do, the one with fewer images: builds may take no time at all.
    open_legs: list[tuple[float, int, int, list[str]]] = [
        (0.0, 0, number, []) for number in range(min(legs, len(lasts)))
    ]
    for name in sorted(lasts, key=lambda name: (-lasts[name], name)):
        total, _, number, images = heapq.heappop(open_legs)
        images.append(name)
        heapq.heappush(open_legs, (total + lasts[name], len(images), number, images))
    made = (Leg(tuple(sorted(images)), total) for total, _, _, images in open_legs)
    return tuple(sorted(made, key=lambda leg: (-leg.seconds, leg.images)))
