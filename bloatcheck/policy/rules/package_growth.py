"""`package-growth`: no single package grows by more than this, and no new package is larger than this."""

from __future__ import annotations

from bloatcheck.config.limits import Limit, Metric
from bloatcheck.diff.contents import contents_diff
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding
from bloatcheck.policy.rule import Rule, broken


def find(diff: ImageDiff, limit: Limit) -> tuple[Finding, ...]:
    """One finding per package. A new one is judged by bytes; a new image's packages are not judged."""
    changed = contents_diff(diff)
    if changed is None or diff.after is None:
        return ()
    return tuple(
        finding
        for package in changed.packages
        if package.after
        for finding in broken(
            diff,
            limit,
            package.delta,
            before=package.before.size if package.before else None,
            layer=diff.after.layer_at(package.after.layer),
            subject=f"{package.name} {package.after.version}",
        )
    )


RULE = Rule(Metric.PACKAGE_GROWTH, find)
