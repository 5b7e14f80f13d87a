"""Which step a build is at, read from what its builder prints."""

from __future__ import annotations

import re

from bloatcheck.build.lines import LineCutter, without_escapes

_MOST_OPEN = 1000
"""Steps that are told apart at once; a Dockerfile's number in the tens."""
_LONGEST = 200

_VERTEX = re.compile(r"#(?P<number>\d{1,9}) (?P<text>.+)")
_NAME = re.compile(r"\[[^\]]+\] .+")
_DONE = re.compile(r"(?:DONE|CACHED|CANCELED|ERROR)\b")
_TIME = re.compile(r"\d+\.\d+ ")
_STEP = re.compile(r"(?:\[\d{1,9}/\d{1,9}\] )?(?:Step|STEP) (?P<counts>\d{1,9}/\d{1,9}) ?: (?P<text>.+)")


class StepReader:
    """Reads BuildKit's plain progress (`#7 [2/5] RUN make`), and the words of the other builders.

    BuildKit works on several steps at once: the last one that said anything is the one to show.
    """

    def __init__(self) -> None:
        self.step = ""
        """Such as `[2/5] RUN make`; "" before the first. It may be hostile."""
        self._cutter = LineCutter()
        self._open: dict[int, str] = {}

    def feed(self, text: str) -> None:
        """Takes a piece of the output."""
        for line in self._cutter.feed(text):
            self._see(without_escapes(line).rstrip("\r"))

    def _see(self, line: str) -> None:
        if vertex := _VERTEX.fullmatch(line):
            self._see_vertex(int(vertex["number"]), vertex["text"])
        elif step := _STEP.fullmatch(line):
            self.step = f"[{step['counts']}] {step['text']}"[:_LONGEST]

    def _see_vertex(self, number: int, text: str) -> None:
        if _NAME.fullmatch(text) and len(self._open) < _MOST_OPEN:
            self._open[number] = self.step = text[:_LONGEST]
        elif _DONE.match(text):
            self._open.pop(number, None)
            self.step = next(reversed(self._open.values()), self.step)
        elif _TIME.match(text):
            self.step = self._open.get(number, self.step)
