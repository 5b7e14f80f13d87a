"""A growth that the change itself accepts: it renews the image's entry in the baseline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.baseline.model import BaselineEntry
from bloatcheck.config.approvals import is_growth
from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.compare import compare
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.judge import judge
from bloatcheck.policy.model import Finding, Level

GROWTH = frozenset(metric for metric in Metric if is_growth(metric)) - {Metric.CREEP}
"""What an entry of the baseline can accept. Absolute limits stand in the configuration, and creep is measured
from a reference of its own."""


def accepted_growth(
    diff: ImageDiff, findings: Iterable[Finding], proposed: BaselineEntry | None, limits: Iterable[Limit]
) -> tuple[Finding, ...]:
    """Those of the findings that the proposed entry takes back; empty where it takes none back.

    The entry is a ceiling: what was built may still grow beyond it by what the limits allow, and no further.

    Args:
        diff: the image against the baseline of the base commit.
        findings: what was found there.
        proposed: the image's entry as the change leaves it.
        limits: those in force for the image.
    """
    growth = tuple(finding for finding in findings if finding.metric in GROWTH)
    if not growth or proposed is None or _same(proposed.snapshot, diff.before):
        return ()
    # What is silent was decided before the change, not by it.
    against_proposed = compare(replace(proposed, noise=diff.noise_floor), diff.after)
    if against_proposed.delta is None:
        # An entry that nothing can be held against is no ceiling.
        return ()
    beyond = {finding.level for finding in judge(against_proposed, limits) if finding.metric in GROWTH}
    if Level.FAIL in beyond:
        return ()
    # Only a warning is left of it.
    return tuple(finding for finding in growth if finding.level not in beyond)


def _same(proposed: ImageSnapshot, before: ImageSnapshot | None) -> bool:
    """Whether nothing was renewed. What the images hold doesn't count: of one more may be known by now."""
    return before is not None and replace(proposed, contents=None) == replace(before, contents=None)
