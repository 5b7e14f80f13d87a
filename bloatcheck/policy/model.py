"""What a rule finds, and what all findings amount to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bloatcheck.config.limits import Metric, Threshold
from bloatcheck.errors import Place


class Level(str, Enum):
    """How bad: `fail` fails the job, `warn` only says so."""

    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One passed threshold of one image.

    `actual` and `allowed` are in bytes, or layers for the metric `layers`; `allowed` is the largest value
    that would have passed. `before` is the value the percentage refers to; None for absolute metrics.
    `instruction` and `place` name the layer where one is to blame, `subject` the package or the path.
    """

    metric: Metric
    level: Level
    image: str
    platform: str
    threshold: Threshold
    actual: int
    allowed: int
    before: int | None = None
    instruction: str | None = None
    place: Place | None = None
    subject: str | None = None

    @property
    def excess(self) -> int:
        """By how much the limit is broken."""
        return self.actual - self.allowed


class Outcome(str, Enum):
    """The verdict in one word, for an image or for the whole run."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    WARN = "warn"
    FAIL = "fail"
    ERROR = "error"
    """Could not be built or read, so it was not judged."""
