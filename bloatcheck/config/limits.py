"""Limits: a threshold in bytes, in percent, or both; at `warn` and at `fail`; per metric."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction


class Metric(str, Enum):
    """The metric ids used in limits, reports and docs."""

    CONTENT = "content"
    CONTENT_GROWTH = "content-growth"
    LAYER_GROWTH = "layer-growth"
    LAYERS = "layers"
    WASTED = "wasted"
    WASTED_GROWTH = "wasted-growth"
    BASE_GROWTH = "base-growth"
    PACKAGES_GROWTH = "packages-growth"
    OWN_GROWTH = "own-growth"
    PACKAGE_GROWTH = "package-growth"
    CREEP = "creep"
    FORBIDDEN = "forbidden"


class When(str, Enum):
    """Which of `bytes` and `percent` must be passed for the threshold to be passed."""

    ALL = "all"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Threshold:
    """Passed when the measured value is greater.

    `bytes` counts bytes, or layers for the metric `layers`; `percent` is of the same thing before.
    At least one is set. With `noise` False the growth of caches, logs and the like doesn't count.
    """

    bytes: int | None = None
    percent: float | None = None
    when: When = When.ANY
    noise: bool = True


def largest_allowed(threshold: Threshold, before: int | None) -> int | None:
    """The largest whole value that does not pass the threshold: exact arithmetic, no rounding.

    Args:
        threshold: in bytes (or layers), percent, or both.
        before: what the percentage is of. None or 0 where there was nothing: then only `bytes` counts,
            because any growth is endlessly many percent of nothing.

    Returns:
        None where the threshold says nothing about this value.
    """
    bounds = []
    if threshold.bytes is not None:
        bounds.append(threshold.bytes)
    if threshold.percent is not None and before:
        # The shortest decimal that means this float is what the user wrote: 0.1 is a tenth here.
        bounds.append(int(Fraction(repr(threshold.percent)) * before / 100))
    if not bounds:
        return None
    return max(bounds) if threshold.when is When.ALL else min(bounds)


@dataclass(frozen=True, slots=True)
class Limit:
    """The thresholds of one metric. A broken `fail` fails the job, a broken `warn` only says so."""

    metric: Metric
    warn: Threshold | None = None
    fail: Threshold | None = None
