"""Why a build failed, and at which Dockerfile line, read from what the builder printed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bloatcheck.build.client import Frontend
from bloatcheck.errors import Place
from bloatcheck.oci.dockerfile import Instruction

MAX_REASON_LENGTH = 500

_PARSE_ERROR = re.compile(r"dockerfile parse error (?:on )?line (?P<line>\d{1,9}):")
_PREFIXES = re.compile(
    r"(?:ERROR: |Error response from daemon: |failed to solve(?: with frontend dockerfile\.v0)?: "
    r"|failed to create LLB definition: |failed to compute cache key: "
    r"|failed to calculate checksum of ref \S+: |rpc error: code = \w+ desc = )+"
)
_COUNTED = {"ADD", "COPY", "RUN", "WORKDIR"}
"""What BuildKit's `[stage 2/5]` counts, besides a FROM that isn't an earlier stage."""


class Trace(Protocol):
    """Sees every line of a build's output and remembers what tells about a failure."""

    def see(self, line: str) -> None:
        """Takes the next line."""
        ...

    @property
    def reason(self) -> str:
        """The builder's own words for the failure."""
        ...

    def lines(self, instructions: Sequence[Instruction], dockerfile: str) -> tuple[int, int] | None:
        """First and last Dockerfile line of what failed; None where the output doesn't tell."""
        ...


def trace_for(frontend: Frontend) -> Trace:
    """The trace that reads this builder's output."""
    return LegacyTrace() if frontend is Frontend.LEGACY else BuildKitTrace()


def failing_place(trace: Trace, instructions: Sequence[Instruction], dockerfile: str) -> Place:
    """The failing instruction's place, or the file as a whole."""
    found = trace.lines(instructions, dockerfile)
    return Place(dockerfile, *found) if found else Place(dockerfile)


@dataclass
class _SourceBlock:
    """The source that newer BuildKits print under a failure."""

    file: str = ""
    marked: tuple[int, int] | None = None
    _file: str = ""
    _inside: bool = False

    _TITLE = re.compile(r"(?P<file>\S.*):(?P<line>\d{1,9})")
    _LINE = re.compile(r" *(?P<line>\d{1,9}) \| (?P<mark>>>> ?)?.*")
    _RULE = "-" * 20

    def see(self, line: str) -> bool:
        """Takes the next line; tells whether it belonged to a block."""
        if self._inside:
            if match := self._LINE.fullmatch(line):
                if match["mark"]:
                    number = int(match["line"])
                    self.marked = (self.marked[0] if self.marked else number, number)
                return True
            self._inside = False
            return line == self._RULE
        if line == self._RULE and self._file:
            self.file, self.marked, self._inside = self._file, None, True
            return True
        match = self._TITLE.fullmatch(line)
        self._file = match["file"] if match else ""
        return match is not None


@dataclass
class BuildKitTrace:
    """BuildKit, plain progress.

    What the Dockerfile's own commands print comes behind `#7 0.123 ` or `0.123 `, so a line that starts with
    anything else is BuildKit's own:

        > [stage 2/5] RUN make:
        Dockerfile:12
        --------------------
          12 | >>> RUN make
        --------------------
        ERROR: failed to solve: …
    """

    _step: str = ""
    _last: str = ""
    _error: str = ""
    _parse_line: int | None = None
    _block: _SourceBlock = field(default_factory=_SourceBlock)

    _OUTPUT = re.compile(r"#\d+ |\d+\.\d+ ")
    _STEP = re.compile(r" > (?P<step>.+):")

    def see(self, line: str) -> None:
        """Takes the next line."""
        if self._OUTPUT.match(line):
            return
        if self._block.see(line):
            return
        if match := self._STEP.fullmatch(line):
            self._step = match["step"]
        elif line.startswith("ERROR: "):
            self._error = line
        if line.strip(" -"):
            self._last = line
        if match := _PARSE_ERROR.search(line):
            self._parse_line = int(match["line"])

    @property
    def reason(self) -> str:
        """The `ERROR:` line, or the last line that is BuildKit's own; older clients print no `ERROR:`."""
        return _reason(self._error or self._last)

    def lines(self, instructions: Sequence[Instruction], dockerfile: str) -> tuple[int, int] | None:
        """From the marked source, else the step's name, else the parser's complaint."""
        name = dockerfile.rpartition("/")[2]
        if self._block.file.rpartition("/")[2] == name and (marked := self._block.marked):
            return marked
        if self._parse_line is not None:
            return self._parse_line, self._parse_line
        instruction = find_step(self._step, instructions) if self._step else None
        return (instruction.line, instruction.end_line) if instruction else None


@dataclass
class LegacyTrace:
    """The legacy builder: `Step 3/5 : RUN make`, counting every instruction from the top of the file."""

    _step: tuple[int, str] | None = None
    _last: str = ""
    _parse_line: int | None = None

    _STEP = re.compile(r"Step (?P<number>\d{1,9})/\d+ : (?P<text>.+)")
    _COMMAND = re.compile(r"The command '.*' returned a non-zero code: \d+")

    def see(self, line: str) -> None:
        """Takes the next line."""
        if match := self._STEP.fullmatch(line):
            self._step = (int(match["number"]), match["text"])
        if match := _PARSE_ERROR.search(line):
            self._parse_line = int(match["line"])
        if line.strip():
            self._last = line

    @property
    def reason(self) -> str:
        """The last line; where output without a newline stands before the builder's words, those alone."""
        command = self._COMMAND.search(self._last)
        return _reason(command[0] if command else self._last)

    def lines(self, instructions: Sequence[Instruction], dockerfile: str) -> tuple[int, int] | None:  # noqa: ARG002 - the legacy builder names no file
        """From the last step, or the parser's complaint before the first."""
        if self._step is None:
            return (self._parse_line, self._parse_line) if self._parse_line is not None else None
        number, text = self._step
        if not 1 <= number <= len(instructions):
            return None
        instruction = instructions[number - 1]
        if instruction.keyword != text.split(maxsplit=1)[0].upper():
            return None
        return instruction.line, instruction.end_line


@dataclass
class ContainersTrace:
    """Buildah and podman: `[1/2] STEP 3/5: RUN make`, counting the instructions of each stage from its FROM.

    The last line tells what failed: `Error: building at STEP "RUN make": …`.
    """

    _step: tuple[int, int, str] | None = None
    _error: str = ""
    _last: str = ""

    _STEP = re.compile(r"(?:\[(?P<stage>\d{1,9})/\d+\] )?STEP (?P<number>\d{1,9})/\d+: (?P<text>.+)")

    def see(self, line: str) -> None:
        """Takes the next line."""
        if match := self._STEP.fullmatch(line):
            self._step = (int(match["stage"] or 1), int(match["number"]), match["text"])
        if line.startswith(("Error: ", "error building")):
            self._error = line
        if line.strip():
            self._last = line

    @property
    def reason(self) -> str:
        """The last `Error:` line, or the last line of all."""
        # Behind an unknown instruction comes a dump of the builder's own data.
        line = (self._error or self._last).removeprefix("Error: ").partition(" &imagebuilder.")[0]
        if len(line) > MAX_REASON_LENGTH:
            # The whole instruction comes first, and what happened to it at the end.
            half = MAX_REASON_LENGTH // 2 - 1
            line = f"{line[:half]}…{line[-half:]}"
        return _reason(line)

    def lines(self, instructions: Sequence[Instruction], dockerfile: str) -> tuple[int, int] | None:  # noqa: ARG002 - it names no file
        """By the instruction's text, else from the last step, if the file has such an instruction there.

        Stages may be told out of order, so the text, where it stands once in the file, is the surer.
        """
        _, _, failed = " ".join(self._error.split()).partition('building at STEP "')
        named = [each for each in instructions if failed.startswith(f'{" ".join(each.text.split())}": ')]
        instruction = named[0] if len(named) == 1 else self._of_step(instructions, failed)
        return (instruction.line, instruction.end_line) if instruction else None

    def _of_step(self, instructions: Sequence[Instruction], failed: str) -> Instruction | None:
        if self._step is None:
            return None
        stage, number, text = self._step
        found = [instruction for instruction in instructions if instruction.stage == stage - 1]
        if not 1 <= number <= len(found):
            return None
        keywords = {words.split(maxsplit=1)[0].upper() for words in (text, failed) if words}
        return found[number - 1] if keywords == {found[number - 1].keyword} else None


def find_step(step: str, instructions: Sequence[Instruction]) -> Instruction | None:
    """The instruction that BuildKit calls by `step`, such as `[linux/arm64 build 2/5] RUN make`.

    Told by its text, by its number in the stage, or by both where the text stands there twice: BuildKit
    fills in variables, so text alone may not match, and older versions count differently.
    """
    match = re.fullmatch(r"\[(?P<where>[^\]]+)\] (?P<text>.+)", step)
    if match is None:
        return None
    if match["where"] == "internal":
        return _find_base(match["text"], instructions)
    *where, counts = match["where"].split()
    stage = [word for word in where if "/" not in word]
    number, _, total = counts.partition("/")
    if not (number.isdecimal() and total.isdecimal()):
        return None
    wanted = " ".join(match["text"].split())
    candidates = _stage_instructions(stage[-1] if stage else None, instructions)
    same_text = [instruction for instruction in candidates if " ".join(instruction.text.split()) == wanted]
    if len(same_text) == 1:
        return same_text[0]
    counted = _counted(candidates, instructions)
    if len(counted) != int(total) or not 1 <= int(number) <= len(counted):
        return None
    instruction = counted[int(number) - 1]
    return instruction if instruction.keyword == wanted.partition(" ")[0] else None


def _stage_instructions(stage: str | None, instructions: Sequence[Instruction]) -> list[Instruction]:
    """The instructions of a stage: by its name, by `stage-2`, or of the only one."""
    if stage is None:
        return [instruction for instruction in instructions if instruction.stage is not None]
    named = [instruction for instruction in instructions if instruction.stage_name == stage.lower()]
    if named:
        return named
    number = re.fullmatch(r"stage-(\d{1,9})", stage)
    return [instruction for instruction in instructions if number and instruction.stage == int(number[1])]


def _counted(stage: Sequence[Instruction], instructions: Sequence[Instruction]) -> list[Instruction]:
    earlier = {
        name
        for instruction in instructions
        if stage and instruction.line < stage[0].line and (name := instruction.stage_name)
    }
    return [
        instruction
        for instruction in stage
        if instruction.keyword in _COUNTED
        or (instruction.keyword == "FROM" and _base(instruction).lower() not in {*earlier, "scratch", ""})
    ]


def _find_base(text: str, instructions: Sequence[Instruction]) -> Instruction | None:
    """The FROM whose image could not be looked up (`load metadata for docker.io/library/debian:12`)."""
    image = text.removeprefix("load metadata for ")
    if image == text:
        return None
    found = [
        instruction
        for instruction in instructions
        if instruction.keyword == "FROM" and _full_name(_base(instruction)) == image
    ]
    return found[0] if found else None


def _base(instruction: Instruction) -> str:
    return next(iter(instruction.words), "")


def _full_name(image: str) -> str:
    """An image's name in full, as BuildKit prints it (the distribution project's "familiar names")."""
    name, at, digest = image.partition("@")
    first, slash, _ = name.partition("/")
    if not slash:
        name = f"docker.io/library/{name}"
    elif "." not in first and ":" not in first and first != "localhost":
        name = f"docker.io/{name}"
    if not at and ":" not in name.rpartition("/")[2]:
        name += ":latest"
    return f"{name}{at}{digest}"


def _reason(line: str) -> str:
    line = _PREFIXES.sub("", line.strip(), count=1)
    return line if len(line) <= MAX_REASON_LENGTH else line[: MAX_REASON_LENGTH - 1] + "…"
