"""What became of an image of the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from bloatcheck.analysis.advice import Advice
from bloatcheck.analysis.dive import DiveFigures
from bloatcheck.analysis.forbidden import ForbiddenThing
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.analysis.start_problem import StartProblem
from bloatcheck.baseline.model import BaselineEntry
from bloatcheck.config.model import ImageSpec
from bloatcheck.report.html.model import NOTHING_SEEN, Sight
from bloatcheck.report.model import Failure


@dataclass(frozen=True, slots=True)
class Measured:
    """An image that was built, or found, and read. `dockerfile` is relative to the repository's root.

    What a baseline has no use for stands beside the snapshot: what is forbidden and there, what would make
    the image smaller, why it won't start, dive's figures, and its files for the HTML report.
    """

    spec: ImageSpec
    snapshot: ImageSnapshot
    dockerfile: str | None
    forbidden: tuple[ForbiddenThing, ...] = ()
    advice: tuple[Advice, ...] = ()
    problems: tuple[StartProblem, ...] = ()
    dive: DiveFigures | None = None
    sight: Sight = NOTHING_SEEN


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """An image that could not be built or read; the others went on."""

    spec: ImageSpec
    failure: Failure


@dataclass(frozen=True, slots=True)
class Unbuilt:
    """An image that was not built: its inputs are those of the baseline's entry, which stands for it."""

    spec: ImageSpec
    entry: BaselineEntry


Result = Union[Measured, Unmeasured, Unbuilt]  # noqa: UP007 - evaluated, and Python 3.10 can't
