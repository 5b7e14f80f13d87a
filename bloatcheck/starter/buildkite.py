"""Buildkite."""

from __future__ import annotations

from bloatcheck.errors import DOCUMENTATION
from bloatcheck.starter.example import IN_EXAMPLES, RELEASE, example
from bloatcheck.starter.model import Starter

BUILDKITE = Starter(
    name="buildkite",
    title="Buildkite",
    signs=(".buildkite",),
    files=lambda _: {".buildkite/pipeline.yml": example("buildkite/pipeline.yml", {IN_EXAMPLES: RELEASE})},
    next_steps=(
        f"give the job BLOATCHECK_TOKEN, a GitHub token that may comment; {DOCUMENTATION}/ci.md#buildkite",
        "set a schedule for each night (Pipeline Settings): it builds every image",
    ),
)
