"""Numbers as they are told: rounded where that says enough, exact where rounding would hide a difference."""

from __future__ import annotations

from bloatcheck.config.limits import Metric, Threshold
from bloatcheck.policy.model import Finding, Level
from bloatcheck.units import count, format_bytes, format_delta, format_exact, format_percent

__all__ = [
    "OF_A_THING",
    "broken_in_brief",
    "broken_limit",
    "change",
    "count",
    "over_limit",
    "percent",
    "told_apart",
]

OF_A_THING = frozenset({Metric.PACKAGE_GROWTH, Metric.FORBIDDEN})
"""Metrics whose finding is about the package or path that it names."""

_MOST_PERCENT = 10_000


def told_apart(*sizes: int) -> tuple[str, ...]:
    """Sizes in bytes that stand beside each other: all exact where two that differ would print alike."""
    rounded = tuple(format_bytes(size) for size in sizes)
    if len(set(rounded)) == len(set(sizes)):
        return rounded
    return tuple(format_exact(size) for size in sizes)


def percent(value: float) -> str:
    """`+4.2 %`; beyond ten thousand percent, where digits say nothing more, `+>9999 %`."""
    return format_percent(value) if abs(value) < _MOST_PERCENT else "+>9999 %"


def change(delta: int, before: int | None = None) -> str:
    """`+1.20 MB (+4.2 %)`; without the percentage where there was nothing before."""
    share = f" ({percent(100 * delta / before)})" if before and delta else ""
    return format_delta(delta) + share


def broken_limit(finding: Finding) -> str:
    """What is wrong, to follow its subject: `grew by 12.4 MB (+16 %), 2.40 MB over its limit of 10.0 MB`."""
    if finding.metric is Metric.LAYERS:
        layers = count(finding.actual, "layer")
        return f"has {layers}, {finding.excess:,} over {_limit(finding)} of {finding.allowed:,}"
    if finding.metric is Metric.FORBIDDEN:
        size = f", with {format_bytes(finding.actual)}" if finding.actual else ""
        return f"is in the image{size}, and forbidden"
    actual, _ = told_apart(finding.actual, finding.allowed)
    over = over_limit(finding)
    if finding.metric is Metric.CONTENT:
        return f"is {actual}, {over}"
    if finding.metric is Metric.WASTED:
        return f"wastes {actual}, {over}"
    if finding.metric in (Metric.LAYER_GROWTH, Metric.PACKAGE_GROWTH) and finding.before is None:
        return f"adds {actual}, {over}"
    share = f" ({percent(100 * finding.actual / finding.before)})" if finding.before else ""
    without = "" if finding.threshold.noise else " without caches, logs and databases"
    since = f" since {finding.subject}" if finding.metric is Metric.CREEP and finding.subject else ""
    return f"grew by {actual}{share}{without}{since}, {over}"


def broken_in_brief(finding: Finding) -> str:
    """The same of one among several, without the limit: `+12.4 MB (+16.9 %), 2.40 MB over`."""
    if finding.metric is Metric.LAYERS:
        return f"has {count(finding.actual, 'layer')}, {finding.excess:,} over"
    if finding.metric is Metric.FORBIDDEN:
        return "is forbidden"
    actual = change(finding.actual, finding.before)
    if finding.metric in (Metric.CONTENT, Metric.WASTED):
        verb = "is" if finding.metric is Metric.CONTENT else "wastes"
        actual = f"{verb} {format_bytes(finding.actual)}"
    return f"{actual}, {format_bytes(finding.excess)} over"


def over_limit(finding: Finding, *, briefly: bool = False) -> str:
    """The end of it, for limits in bytes: `2.40 MB over the limit of 10.0 MB`; `of 10 %` alone briefly."""
    _, allowed = told_apart(finding.actual, finding.allowed)
    of = _allowed(finding, allowed)
    return f"{format_bytes(finding.excess)} over {_limit(finding)} of {of.split(' (')[0] if briefly else of}"


def _limit(finding: Finding) -> str:
    return "the limit" if finding.level is Level.FAIL else "the warning limit"


def _allowed(finding: Finding, allowed: str) -> str:
    threshold: Threshold = finding.threshold
    if threshold.percent is None or threshold.bytes == finding.allowed:
        return allowed
    return f"{threshold.percent:g} % ({allowed})"
