"""Approvals: ceilings under which a broken limit is accepted, by whom, why, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from bloatcheck.config.limits import Metric
from bloatcheck.errors import Place


class ApprovalSource(str, Enum):
    """Where an approval was given."""

    CONFIGURATION = "configuration"
    """An entry of the file, which was committed and reviewed like everything else in it."""
    LABEL = "label"
    COMMAND = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A ceiling. It is moot once the baseline has grown to it, so nothing ever has to be taken back.

    `image` is None for every image (a label approves them all); `platform` None for all of its platforms;
    `metric` None for everything that is measured against something before. `up_to` is in bytes, and of the
    image's `content_size` where a growth is approved; None for what was built at the commit that is judged.
    `until` is the last day, in UTC. `because` and `by` are a person's words. `place` is where the file lists
    it, `url` the page of the comment.
    """

    source: ApprovalSource
    image: str | None = None
    platform: str | None = None
    metric: Metric | None = None
    up_to: int | None = None
    until: date | None = None
    because: str | None = None
    by: str | None = None
    place: Place | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ApproveBy:
    """How a pull request is approved without a commit: the label's name, the first words of a comment.

    None turns that way off.
    """

    label: str | None = None
    command: str | None = None


def is_growth(metric: Metric) -> bool:
    """Whether it is measured against something before, and so approved unless an approval names another."""
    return metric.value.endswith("-growth") or metric.value == "creep"


def can_be_approved(metric: Metric) -> bool:
    """A ceiling is a size; what is counted or forbidden has none."""
    return metric.value not in {"layers", "forbidden"}
