"""Limits: a threshold in bytes, in percent, or both; at `warn` and at `fail`; per metric."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
    At least one is set.
    """

    bytes: int | None = None
    percent: float | None = None
    when: When = When.ANY


@dataclass(frozen=True, slots=True)
class Limit:
    """The thresholds of one metric. A broken `fail` fails the job, a broken `warn` only says so."""

    metric: Metric
    warn: Threshold | None = None
    fail: Threshold | None = None
