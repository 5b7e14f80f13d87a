"""What can be wrong with an image, as rules with a sentence and a page of the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bloatcheck.config.limits import Metric
from bloatcheck.report.links import advice_url, documentation_url, limit_url


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Its id is a metric's, a piece of advice's, or one of our own; all words are ours."""

    id: str
    summary: str
    url: str
    is_advice: bool = False


def metric_rule(metric: Metric) -> Rule:
    """The rule of a limit."""
    return Rule(metric.value, _METRICS[metric], limit_url(metric))


def advice_rule(name: str) -> Rule | None:
    """The rule of a piece of advice; None for what is no id."""
    url = advice_url(name)
    summary = f"An image could be smaller: {name.replace('-', ' ')}."
    return Rule(name, summary, url, is_advice=True) if url else None


def other_rule(name: str) -> Rule:
    """The rule of what is neither."""
    summary, page = _OTHERS[name]
    return Rule(name, summary, documentation_url(page))


_METRICS: Mapping[Metric, str] = {
    Metric.CONTENT: "An image is larger than its limit allows.",
    Metric.CONTENT_GROWTH: "An image grew by more than its limit allows.",
    Metric.LAYER_GROWTH: "A layer grew by more than its limit allows.",
    Metric.LAYERS: "An image has more layers than its limit allows.",
    Metric.WASTED: "Later layers hide more bytes than the limit allows.",
    Metric.WASTED_GROWTH: "The bytes that later layers hide grew by more than their limit allows.",
    Metric.BASE_GROWTH: "The base image grew by more than its limit allows.",
    Metric.PACKAGES_GROWTH: "An image's packages grew by more than their limit allows.",
    Metric.OWN_GROWTH: "An image's own files grew by more than their limit allows.",
    Metric.PACKAGE_GROWTH: "A package grew by more than its limit allows.",
    Metric.CREEP: "An image grew slowly, and in sum by more than its limit allows.",
    Metric.FORBIDDEN: "Something is in an image that the configuration forbids.",
}

_OTHERS: Mapping[str, tuple[str, str]] = {
    "not-measured": ("An image could not be built or read.", "action.md"),
    "not-comparable": ("An image can't be compared with its baseline.", "baseline.md"),
    "wont-start": ("An image won't start.", "report.md#the-document"),
    "dive": ("An image breaks a rule of .dive-ci.", "configuration.md#dives-limits"),
}
