"""`layers`: the image has no more layers than this.

A layer is an entry of the configuration's `diff_ids`. History entries without one (`ENV`, `CMD`, `LABEL`)
are no layers.
"""

from __future__ import annotations

from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding
from bloatcheck.policy.rule import Rule, broken


def find(diff: ImageDiff, limit: Limit) -> tuple[Finding, ...]:
    """Judges the number of layers; of new and incomparable images too."""
    return broken(diff, limit, len(diff.after.layers)) if diff.after else ()


RULE = Rule(Metric.LAYERS, find)
