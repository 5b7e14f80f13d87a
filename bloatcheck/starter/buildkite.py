"""Buildkite."""

from __future__ import annotations

from bloatcheck.starter.example import IN_EXAMPLES, RELEASE, example
from bloatcheck.starter.model import Starter

BUILDKITE = Starter(
    name="buildkite",
    title="Buildkite",
    signs=(".buildkite",),
    files=lambda _: {".buildkite/pipeline.yml": example("buildkite/pipeline.yml", {IN_EXAMPLES: RELEASE})},
    next_steps=(
        "give the job BLOATCHECK_TOKEN, a GitHub token that may comment; docs/ci.md",
        "set a schedule for each night (Pipeline Settings): it builds every image",
    ),
)
