"""The limit on slow growth: measured from a second, older reference."""

from __future__ import annotations

from pydantic import Field

from bloatcheck.config.fields import SinceText
from bloatcheck.config.limits_section import GrowthLimit


class CreepSection(GrowthLimit):
    """How much an image may grow in the long run, change by change, each of them within its limits."""

    since: SinceText = Field(
        description="What it is measured from: the last release (the newest tag before the commit that the "
        "change is compared with), or so many days ago.",
        examples=["last-release", "30d"],
    )


def short_creep(value: object) -> object:
    """A creep without a threshold would limit nothing."""
    if isinstance(value, dict) and not {"warn", "fail"} & value.keys():
        raise ValueError("has neither `warn` nor `fail`")
    return value
