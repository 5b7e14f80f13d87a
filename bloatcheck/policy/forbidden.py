"""`forbidden`: what the configuration forbids isn't in the image."""

from __future__ import annotations

from collections.abc import Sequence

from bloatcheck.analysis.forbidden import ForbiddenThing
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.config.limits import Metric, Threshold
from bloatcheck.policy.model import Finding, Level


def judge_forbidden(snapshot: ImageSnapshot, things: Sequence[ForbiddenThing]) -> tuple[Finding, ...]:
    """One finding for each, which fails the job; `actual` are its bytes."""
    return tuple(
        Finding(
            metric=Metric.FORBIDDEN,
            level=Level.FAIL,
            image=snapshot.name,
            platform=snapshot.platform,
            threshold=Threshold(bytes=0),
            actual=thing.size,
            allowed=0,
            instruction=layer.instruction if layer else None,
            place=layer.place if layer else None,
            subject=thing.subject,
        )
        for thing in things
        for layer in [snapshot.layer_at(thing.layer)]
    )
