"""`layer-growth`: no single layer grows by more than this, and no new layer is larger than this."""

from __future__ import annotations

from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding
from bloatcheck.policy.rule import Rule, broken


def find(diff: ImageDiff, limit: Limit) -> tuple[Finding, ...]:
    """One finding per layer. A new layer is judged by bytes; a new image's layers are not judged."""
    if diff.delta is None:
        return ()
    return tuple(
        finding
        for layer in diff.layers
        if layer.after and not layer.is_noise
        for finding in broken(
            diff,
            limit,
            layer.delta,
            before=layer.before.content_size if layer.before else None,
            layer=layer.after,
        )
    )


RULE = Rule(Metric.LAYER_GROWTH, find)
