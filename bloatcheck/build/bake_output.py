"""What `docker buildx bake` prints: which step belongs to which target, and which target failed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bloatcheck.build.failure import BuildKitTrace
from bloatcheck.build.lines import LineCutter, without_escapes
from bloatcheck.build.steps import StepReader
from bloatcheck.works import Work

_STEP = re.compile(r"#(?P<number>\d{1,9}) ")
_NAMED = re.compile(r"#\d+ \[(?P<target>[A-Za-z0-9_-]+)(?: (?P<where>[^\]]+))?\] (?P<text>.+)")
_DONE = re.compile(r"#\d+ DONE (?P<seconds>\d{1,9}(?:\.\d+)?)s")
_FAILED_STEP = re.compile(r" > \[(?P<target>[A-Za-z0-9_-]+) (?P<rest>.+:)")
_FAILED_TARGET = re.compile(r"(?P<error>ERROR: )(?:failed to solve: )?target (?P<target>[A-Za-z0-9_-]+): ")
_MOST_STEPS = 10_000


class BakeOutput:
    """Reads it line by line.

    A step that several targets share is told under the name of one of them. `seconds` are those of the steps
    that are told as a target's own.

    Args:
        works: what each target's step is told to.
    """

    def __init__(self, works: Mapping[str, Work]) -> None:
        self.trace = BuildKitTrace()
        self.failed: str | None = None
        """The target that failed first; None where the output doesn't tell."""
        self.seconds = dict.fromkeys(works, 0.0)
        self._works = works
        self._targets: dict[int, str] = {}
        self._steps = {target: StepReader() for target in works}
        self._cutter = LineCutter()

    def feed(self, text: str) -> None:
        """Takes a piece of the output."""
        for line in self._cutter.feed(text):
            self._see(without_escapes(line).rstrip("\r"))

    def close(self) -> None:
        """That was all."""
        for line in self._cutter.close():
            self._see(without_escapes(line).rstrip("\r"))

    def _see(self, line: str) -> None:
        if step := _STEP.match(line):
            self._see_step(int(step["number"]), line)
        else:
            self.trace.see(self._without_target(line))

    def _see_step(self, number: int, line: str) -> None:
        named = _NAMED.fullmatch(line)
        if named and named["target"] in self._works and len(self._targets) < _MOST_STEPS:
            self._targets[number] = named["target"]
            line = f"#{number} [{named['where'] or 'image'}] {named['text']}"
        target = self._targets.get(number)
        if target is None:
            return
        if done := _DONE.fullmatch(line):
            self.seconds[target] += float(done["seconds"])
        steps = self._steps[target]
        steps.feed(f"{line}\n")
        self._works[target].doing = steps.step

    def _without_target(self, line: str) -> str:
        """A line about a failure as `docker build` prints it for one image; the target is noted."""
        for pattern in (_FAILED_STEP, _FAILED_TARGET):
            match = pattern.match(line)
            if match and match["target"] in self._works:
                self.failed = self.failed or match["target"]
                if pattern is _FAILED_STEP:
                    return f" > [{match['rest']}"
                return f"{match['error']}{line[match.end() :]}"
        return line
