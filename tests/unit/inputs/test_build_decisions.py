"""Which images are built, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from support.snapshots import snapshot

from bloatcheck.analysis.snapshot import Fingerprint
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.config.limits import Limit, Metric, Threshold
from bloatcheck.config.model import BaselineSettings, BuildSpec, Config, ImageSpec
from bloatcheck.inputs.decide import Decision, decide
from bloatcheck.inputs.model import Inputs
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.platform import Platform

ONE, OTHER = Digest("sha256:" + "1" * 64), Digest("sha256:" + "2" * 64)
COMMIT = "1a2b3c4d5e6f" + "0" * 28
API = ImageSpec("api", build=BuildSpec("Dockerfile"), platform=Platform("linux", "amd64"))
ENTRY = BaselineEntry(snapshot=replace(snapshot("api"), inputs_digest=ONE), commit=COMMIT)


def decided(
    *entries: BaselineEntry, spec: ImageSpec = API, inputs: Inputs | None = None, platform: str = ""
) -> Decision:
    config = Config(root=Path(), images=(spec,))
    environment = {"DOCKER_DEFAULT_PLATFORM": platform} if platform else {}
    found = inputs or Inputs(digest=ONE)
    (decision,) = decide(config, [found], Baseline(entries=entries), environment=environment)
    return decision


def test_an_image_of_the_same_inputs_is_not_built() -> None:
    decision = decided(ENTRY)
    assert decision.entry is ENTRY
    assert decision.reason == "inputs unchanged since 1a2b3c4d5e6f"


@pytest.mark.parametrize(
    ("entry", "because"),
    [
        (None, "the baseline doesn't have it"),
        (replace(ENTRY, stale_because="it is too old"), "it is too old"),
        (
            replace(ENTRY, snapshot=replace(ENTRY.snapshot, measure=Fingerprint(measure="content/0"))),
            "the baseline was measured as content/0",
        ),
        (
            replace(ENTRY, snapshot=replace(ENTRY.snapshot, inputs_digest=None)),
            "the baseline doesn't say what it was built from",
        ),
        (
            replace(ENTRY, snapshot=replace(ENTRY.snapshot, inputs_digest=OTHER)),
            "inputs changed since 1a2b3c4d5e6f",
        ),
        (
            replace(ENTRY, snapshot=replace(ENTRY.snapshot, platform="linux/arm64")),
            "the baseline doesn't have it",
        ),
    ],
)
def test_anything_else_is(entry: BaselineEntry | None, because: str) -> None:
    decision = decided(*([entry] if entry else []))
    assert (decision.entry, decision.reason) == (None, because)


def test_so_is_what_can_not_be_told_whatever_the_baseline_says() -> None:
    decision = decided(ENTRY, inputs=Inputs(unresolved="no registry answers"))
    assert (decision.entry, decision.reason) == (None, "no registry answers")


def test_an_entry_has_to_say_what_a_limit_asks_for() -> None:
    limit = Limit(Metric.WASTED, fail=Threshold(bytes=1))
    entry = replace(ENTRY, snapshot=replace(ENTRY.snapshot, contents=None))
    decision = decided(entry, spec=replace(API, limits=(limit,)))
    assert decision.reason == "the baseline doesn't say what it holds, and a limit asks for that"
    assert decided(entry).entry


def test_without_a_platform_it_is_that_of_the_builder() -> None:
    anywhere = replace(API, platform=None)
    assert decided(ENTRY, spec=anywhere, platform="linux/amd64").entry
    assert not decided(ENTRY, spec=anywhere, platform="linux/arm64").entry


def test_what_a_built_image_stands_on_is_built_too() -> None:
    middle, below = replace(API, name="middle"), replace(API, name="below")
    entries = tuple(
        replace(ENTRY, snapshot=replace(ENTRY.snapshot, name=name)) for name in ("api", "middle", "below")
    )
    inputs = [
        Inputs(unresolved="it can't be told", needs=frozenset({1})),
        Inputs(digest=ONE, needs=frozenset({2})),
        Inputs(digest=ONE),
    ]
    config = Config(root=Path(), images=(API, middle, below))
    reasons = [
        decision.build_because
        for decision in decide(config, inputs, Baseline(entries=entries), environment={})
    ]
    assert reasons == [
        "it can't be told",
        "api is built, which stands on it",
        "middle is built, which stands on it",
    ]


def test_an_entry_is_measured_again_before_it_is_stale() -> None:
    settings = BaselineSettings(max_age=30)
    config = Config(root=Path(), images=(API,), baseline=settings)
    now = datetime.now(timezone.utc)
    reasons = []
    for days in (14, 16):
        entry = replace(ENTRY, measured_at=(now - timedelta(days=days)).isoformat())
        (decision,) = decide(config, [Inputs(digest=ONE)], Baseline(entries=(entry,)), environment={})
        reasons.append(decision.build_because)
    assert reasons == [None, "half of `max-age` is over since it was measured"]
