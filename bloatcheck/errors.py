"""Everything that can go wrong in a way we foresee, and the exit code it leads to.

An error says what happened, where, and what to do next. It is raised where it is noticed and
turned into text and an exit code once, in `bloatcheck.cli.main`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

DOCUMENTATION = "https://github.com/bloatcheck/bloatcheck/blob/main/docs"
"""Our pages. A hint names one by its whole address: who reads it has another repository before them."""


class ExitCode(IntEnum):
    """The process's exit codes; documented in README.md."""

    OK = 0
    LIMIT_BROKEN = 1
    USAGE = 2
    UNREADABLE = 3
    INTERNAL = 4

    @staticmethod
    def worst(*codes: ExitCode) -> ExitCode:
        """The code that wins when several apply: 4, then 2, then 3, then 1, then 0."""
        severity = (
            ExitCode.OK,
            ExitCode.LIMIT_BROKEN,
            ExitCode.UNREADABLE,
            ExitCode.USAGE,
            ExitCode.INTERNAL,
        )
        return max(codes, key=severity.index, default=ExitCode.OK)


@dataclass(frozen=True, slots=True)
class Place:
    """Lines in a file of the repository. `file` is relative to the repository's root, lines count from 1."""

    file: str
    line: int | None = None
    end_line: int | None = None

    def __str__(self) -> str:
        """`file:line`, as editors and compilers write it."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


class BloatcheckError(Exception):
    """A foreseen failure.

    Args:
        message: what happened, in one sentence; may hold hostile text, so printers escape it.
        hint: what to do next, in one sentence.
        place: where, when it is in a file.
    """

    exit_code = ExitCode.INTERNAL

    def __init__(self, message: str, *, hint: str | None = None, place: Place | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place

    @property
    def told(self) -> str:
        """`message (hint)`, to stand within a line."""
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __str__(self) -> str:
        """The place, the message and the hint, ready for a terminal."""
        where = f"{self.place}: " if self.place else ""
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{where}{self.message}{hint}"


class UsageError(BloatcheckError):
    """The command line, the environment or the configuration asks for something impossible."""

    exit_code = ExitCode.USAGE


class ConfigError(UsageError):
    """The configuration is wrong. Holds every problem at once, so that one run mends them all."""

    def __init__(self, problems: tuple[BloatcheckError, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class BaselineError(UsageError):
    """A baseline file is damaged, foreign, or newer than this version of bloatcheck."""


class BuildError(BloatcheckError):
    """An image could not be built.

    `output` holds the last lines the builder printed.
    """

    exit_code = ExitCode.UNREADABLE

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        place: Place | None = None,
        output: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, place=place)
        self.output = output


class ReadError(BloatcheckError):
    """An image, archive, layer or registry answer could not be read."""

    exit_code = ExitCode.UNREADABLE


class NotThereError(ReadError):
    """An engine or a registry has no such image; or a registry doesn't tell a stranger."""


class NoEngineError(ReadError):
    """Nothing listens where a container engine would."""


class PublishError(BloatcheckError):
    """A report could not be posted. Never decides the exit code: the report is on disk already."""
