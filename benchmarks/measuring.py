"""Whole processes, one after the other in turn, so that what else the machine does falls on all alike."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


def _nothing() -> None:
    """No preparation."""


@dataclass(frozen=True)
class Contestant:
    """A command; `prepare` runs before each time and isn't timed. Exit codes in `accepted` are success."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] = _nothing
    accepted: Sequence[int] = (0,)


@dataclass(frozen=True)
class Figures:
    """Medians over the runs: seconds by the clock, peak memory in MiB, seconds of the processor."""

    seconds: float
    peak: float
    processor: float


def measure(contestants: Mapping[str, Contestant], *, runs: int) -> dict[str, Figures]:
    """A B C A B C …: each of them `runs` times."""
    taken: dict[str, list[tuple[float, float, float]]] = {name: [] for name in contestants}
    for _ in range(runs):
        for name, contestant in contestants.items():
            contestant.prepare()
            taken[name].append(_run(contestant))
            print(f"  {name}: {taken[name][-1][0]:.2f} s, {taken[name][-1][1]:.0f} MiB", file=sys.stderr)
    return {
        name: Figures(*(statistics.median(column) for column in zip(*figures, strict=True)))
        for name, figures in taken.items()
    }


def _run(contestant: Contestant) -> tuple[float, float, float]:
    with tempfile.TemporaryFile() as complaints:
        environment = {**os.environ, **contestant.environment}
        quiet = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
        started = time.perf_counter()
        child = os.posix_spawnp(
            contestant.command[0],
            list(contestant.command),
            environment,
            file_actions=[quiet, (os.POSIX_SPAWN_DUP2, complaints.fileno(), 2)],
        )
        _, status, usage = os.wait4(child, 0)
        seconds = time.perf_counter() - started
        if os.waitstatus_to_exitcode(status) not in contestant.accepted:
            complaints.seek(0)
            sys.exit(f"{' '.join(contestant.command)} failed: {complaints.read().decode(errors='replace')}")
    return seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime
