"""Sharing images between the legs of a matrix."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import TypeVar

ImageKey = tuple[str, "str | None"]
"""An image's name, and the platform that it is listed for."""
_Key = TypeVar("_Key", str, ImageKey)

UNKNOWN_SECONDS = 60.0
"""For an image that was never built, where nothing is known of any."""


@dataclass(frozen=True, slots=True)
class Leg:
    """Images that one machine builds, and how many seconds it is likely to take for them.

    `platform` is the only one that they are built for there; None where it is whatever each is listed for.
    """

    images: tuple[str, ...]
    seconds: float
    platform: str | None = None


def share(seconds: Mapping[str, float | None] | Mapping[str, float], legs: int) -> tuple[Leg, ...]:
    """At most so many legs, about equally long, none of them empty; the longest first.

    The longest build that is left goes to the leg that has the least to do, which is at worst a third longer
    than the best there is. The same images and durations give the same legs.

    Args:
        seconds: by image, what its last build took; None where that isn't known, which counts as the median.
        legs: how many there may be.
    """
    lasts = _estimated(seconds)
    open_legs: list[tuple[float, int, int, list[str]]] = [
        (0.0, 0, number, []) for number in range(min(legs, len(lasts)))
    ]
    for name in sorted(lasts, key=lambda name: (-lasts[name], name)):
        # Of builds that take no time each leg gets its own, too.
        total, held, number, images = heapq.heappop(open_legs)
        images.append(name)
        heapq.heappush(open_legs, (total + lasts[name], held + 1, number, images))
    made = (Leg(tuple(sorted(images)), total) for total, _, _, images in open_legs)
    return tuple(sorted(made, key=lambda leg: (-leg.seconds, leg.images)))


def share_by_platform(
    seconds: Mapping[ImageKey, float | None],
    legs: int,
    needs: Mapping[ImageKey, Collection[ImageKey]] | None = None,
) -> tuple[Leg, ...]:
    """As `share`, but each leg is for one platform, so that it can run on such a machine.

    There are at least as many legs as platforms. The others go where there is most to do. An image that
    others stand on is built in each of their legs: no machine has what another one built.

    Args:
        seconds: by image and platform, as `share` takes it; None for one that is listed for no platform.
        legs: how many there may be.
        needs: by image, all that it stands on, and what that does.
    """
    lasts, needs = _estimated(seconds), needs or {}
    below = {other for key in lasts for other in needs.get(key, ()) if key not in needs.get(other, ())}
    groups: dict[str | None, dict[str, float]] = {}
    for name, platform in lasts.keys() - below:
        with_needs = {(name, platform), *needs.get((name, platform), ())} & lasts.keys()
        groups.setdefault(platform, {})[name] = sum(lasts[key] for key in with_needs)
    shares = dict.fromkeys(groups, 1)
    for _ in range(legs - len(groups)):
        wanting = [platform for platform, group in groups.items() if shares[platform] < len(group)]
        if not wanting:
            break
        most = max(wanting, key=lambda platform: sum(groups[platform].values()) / shares[platform])
        shares[most] += 1
    made = [
        _with_needs(replace(leg, platform=platform), needs, lasts)
        for platform, group in groups.items()
        for leg in share(group, shares[platform])
    ]
    return tuple(sorted(made, key=lambda leg: (-leg.seconds, leg.platform or "", leg.images)))


def _with_needs(
    leg: Leg, needs: Mapping[ImageKey, Collection[ImageKey]], lasts: Mapping[ImageKey, float]
) -> Leg:
    keys = {(name, leg.platform) for name in leg.images}
    keys |= {key for above in tuple(keys) for key in needs.get(above, ()) if key in lasts}
    return replace(
        leg,
        images=tuple(sorted({name for name, _ in keys})),
        seconds=sum(lasts[key] for key in sorted(keys, key=str)),
    )


def _estimated(seconds: Mapping[_Key, float | None]) -> dict[_Key, float]:
    known = [each for each in seconds.values() if each is not None]
    usual = median(known) if known else UNKNOWN_SECONDS
    return {key: usual if each is None else each for key, each in seconds.items()}
