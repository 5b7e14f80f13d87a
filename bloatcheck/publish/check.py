"""A verdict beside a commit, as a code host shows it: GitHub's check run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

MAX_SUMMARY_CHARACTERS = 65_535
MAX_TITLE_CHARACTERS = 255
"""GitHub's; no host shows less of a title that is worth reading."""


class Conclusion(str, Enum):
    """What the check says of the commit. Only `failure` keeps a pull request from being merged."""

    SUCCESS = "success"
    NEUTRAL = "neutral"
    FAILURE = "failure"


class AnnotationLevel(str, Enum):
    """How loud a remark is; `failure` is red."""

    NOTICE = "notice"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAnnotation:
    """A remark beside lines of a file. `path` starts at the repository's top, lines count from 1."""

    path: str
    start_line: int
    end_line: int
    level: AnnotationLevel
    title: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What is to be shown. Those of one name and commit replace each other, the newest is shown.

    `summary` is markdown. `details_url` leads to the job that measured.
    """

    name: str
    head_sha: str
    conclusion: Conclusion
    title: str
    summary: str
    annotations: tuple[LineAnnotation, ...] = ()
    details_url: str | None = None
