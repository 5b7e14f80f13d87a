"""Which images need not be built: their inputs are those of the baseline's entry, which stands for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from bloatcheck.analysis.snapshot import MEASURE
from bloatcheck.baseline.git import SHORT
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.baseline.moved import is_aged
from bloatcheck.config.limits import Metric
from bloatcheck.config.model import Config, ImageSpec
from bloatcheck.inputs.derive import derive_inputs, platform_of
from bloatcheck.inputs.model import Inputs
from bloatcheck.log import Log

_OF_CONTENTS = frozenset(
    {
        Metric.WASTED,
        Metric.WASTED_GROWTH,
        Metric.BASE_GROWTH,
        Metric.PACKAGES_GROWTH,
        Metric.OWN_GROWTH,
        Metric.PACKAGE_GROWTH,
    }
)
"""Limits that are judged by what an image holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether an image is built. Exactly one of `entry`, which stands for it, and `build_because` is set."""

    spec: ImageSpec
    inputs: Inputs
    entry: BaselineEntry | None = None
    build_because: str | None = None

    @property
    def reason(self) -> str:
        """For people, beginning in small letters: why it is built, or why not."""
        return self.build_because or (unchanged_since(self.entry) if self.entry else "")


def decide_all(
    config: Config, before: Baseline, *, log: Log, environment: Mapping[str, str]
) -> tuple[Decision, ...]:
    """Derives what every image is built from, and decides; the log is told each reason, as a detail."""
    inputs = derive_inputs(config, log=log, environment=environment)
    decisions = decide(config, inputs, before, environment=environment)
    for decision in decisions:
        what = "not built" if decision.entry else "built"
        log.detail(f"{decision.spec.name} is {what}: {decision.reason}")
    return decisions


def decide(
    config: Config, inputs: Sequence[Inputs], before: Baseline, *, environment: Mapping[str, str]
) -> tuple[Decision, ...]:
    """Decides for every image, in the configuration's order.

    An image that another one of the configuration stands on is built too where that one is: it would miss it.

    Args:
        config: the images.
        inputs: of each, from `derive_inputs`.
        before: what the run is compared with. The change's own entries have no say.
        environment: what the builder's platform depends on.
    """
    decisions = [
        _decide(config, spec, its, before, environment)
        for spec, its in zip(config.images, inputs, strict=True)
    ]
    waiting = [decision for decision in decisions if decision.build_because]
    while waiting:
        above = waiting.pop()
        for at in above.inputs.needs:
            if decisions[at].entry:
                because = f"{above.spec.name} is built, which stands on it"
                decisions[at] = replace(decisions[at], entry=None, build_because=because)
                waiting.append(decisions[at])
    return tuple(decisions)


def unchanged_since(entry: BaselineEntry) -> str:
    """What is said of an image that isn't built."""
    since = entry.commit[:SHORT] if entry.commit else "the baseline"
    return f"inputs unchanged since {since}"


def _decide(
    config: Config, spec: ImageSpec, inputs: Inputs, before: Baseline, environment: Mapping[str, str]
) -> Decision:
    if inputs.unresolved:
        return Decision(spec=spec, inputs=inputs, build_because=inputs.unresolved)
    wanted = platform_of(spec, environment)
    entry = before.entry(spec.name, str(wanted))
    because = _needed_because(spec, inputs, entry, config.baseline.max_age)
    if because:
        return Decision(spec=spec, inputs=inputs, build_because=because)
    return Decision(spec=spec, inputs=inputs, entry=entry)


def _needed_because(
    spec: ImageSpec, inputs: Inputs, entry: BaselineEntry | None, max_age: int | None
) -> str | None:
    if entry is None:
        return "the baseline doesn't have it"
    if entry.stale_because:
        return entry.stale_because
    now = datetime.now(timezone.utc).isoformat()
    if is_aged(entry, replace(entry, measured_at=now), max_age):
        # A run that renews has to see it before nothing is compared with it any more.
        return "half of `max-age` is over since it was measured"
    snapshot = entry.snapshot
    if snapshot.measure.measure != MEASURE:
        return f"the baseline was measured as {snapshot.measure.measure}"
    if snapshot.inputs_digest is None:
        return "the baseline doesn't say what it was built from"
    if snapshot.inputs_digest != inputs.digest:
        since = f" since {entry.commit[:SHORT]}" if entry.commit else ""
        return f"inputs changed{since}"
    if snapshot.contents is None and any(limit.metric in _OF_CONTENTS for limit in spec.limits):
        return "the baseline doesn't say what it holds, and a limit asks for that"
    return None
