"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding


@dataclass(frozen=True, slots=True)
class Rule:
    """Holds one image against a limit of one metric. `find` is pure and finds nothing in a gone image."""

    metric: Metric
    find: Callable[[ImageDiff, Limit], tuple[Finding, ...]]
