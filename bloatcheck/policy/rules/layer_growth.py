"""`layer-growth`: no single layer grows by more than this, and no new layer is larger than this."""

from __future__ import annotations

from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding
from bloatcheck.policy.rule import Rule
from bloatcheck.policy.threshold import worst_broken


def find(diff: ImageDiff, limit: Limit) -> tuple[Finding, ...]:
    """One finding per layer. A new layer is judged by bytes; a new image's layers are not judged."""
    if diff.delta is None:
        return ()
    findings = []
    for layer in diff.layers:
        if layer.after is None:
            continue
        before = layer.before.content_size if layer.before else None
        broken = worst_broken(limit, layer.delta, before)
        if broken is None:
            continue
        findings.append(
            Finding(
                metric=Metric.LAYER_GROWTH,
                level=broken.level,
                image=diff.name,
                platform=diff.platform,
                threshold=broken.threshold,
                actual=layer.delta,
                allowed=broken.allowed,
                before=before,
                instruction=layer.after.instruction,
                place=layer.after.place,
            )
        )
    return tuple(findings)


RULE = Rule(Metric.LAYER_GROWTH, find)
