"""A log that keeps what it is told."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from bloatcheck.errors import Place


@dataclass
class RecordingLog:
    """Satisfies `bloatcheck.log.Log`."""

    lines: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    states: list[str | None] = field(default_factory=list)

    def group(self, title: str) -> AbstractContextManager[None]:
        """Kept as a line."""
        self.lines.append(title)
        return nullcontext()

    def output(self, text: str) -> None:
        """Kept as a line."""
        self.lines.append(text)

    def info(self, message: str) -> None:
        """Kept."""
        self.lines.append(message)

    def detail(self, message: str) -> None:
        """Kept."""
        self.details.append(message)

    def warning(self, message: str, *, place: Place | None = None) -> None:
        """Kept."""
        self.warnings.append(f"{place}: {message}" if place else message)

    def status(self, message: str | None) -> None:
        """Kept."""
        self.states.append(message)
