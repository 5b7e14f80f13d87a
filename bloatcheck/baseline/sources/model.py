"""What a source of baselines is asked, and with what it may answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.baseline.choice import Choice
from bloatcheck.baseline.git import SHORT, Git
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.baseline.moved import days_ago
from bloatcheck.ci.host import Host
from bloatcheck.config.model import BaselineSettings, ImageSpec

Published = Callable[[str, ImageSpec], BaselineEntry | None]
"""The entry of an image that a registry has under a reference; None where it has none.

Raises ReadError where it can't be read.
"""
Built = Callable[[Path, Sequence[str]], tuple[ImageSnapshot, ...]]
"""The images of these names, built from a checked-out commit; without those that it doesn't have.

Raises BloatcheckError where they can't be built.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is looked for, and the means to get it.

    `images` are those that no earlier source had. `default_branch` is the one that renews the baseline.
    """

    settings: BaselineSettings
    git: Git
    choice: Choice
    images: tuple[ImageSpec, ...]
    now: datetime
    default_branch: str | None = None
    host: Host | None = None
    published: Published | None = None
    built: Built | None = None

    @property
    def commit(self) -> str | None:
        """The commit to compare with; where the files on disk are to count, the one that is checked out."""
        return self.choice.commit or self.git.commit("HEAD")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the images, each once."""
        return tuple(dict.fromkeys(image.name for image in self.images))

    def measured_before(self, measured: str) -> tuple[str, ...]:
        """What has to be said where not the commit itself was measured, but one before it."""
        if self.commit in (None, measured):
            return ()
        base = (self.commit or "")[:SHORT]
        return (
            f"{base} itself was not measured: what came after {measured[:SHORT]} counts with this change.",
        )

    def place(self, commit: str) -> str:
        """A commit for people: `1a2b3c4d5e6f, the commit before, committed 2026-01-31, 3 days ago`."""
        parts = [commit[:SHORT]]
        if commit == self.choice.commit:
            parts.append(self.choice.why)
        if committed := self.git.committed_at(commit):
            parts.append(f"committed {committed:%Y-%m-%d}, {days_ago(committed, self.now)}")
        return ", ".join(part for part in parts if part)


Source = Callable[[Question], Baseline]
"""One place that baselines come from.

Empty, with a note that says why, where it has none of the images. Raises OutOfReachError where it can't be
asked, and another BaselineError where what it has is damaged and somebody has to mend it.
"""
