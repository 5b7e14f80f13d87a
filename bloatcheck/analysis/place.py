"""The Dockerfile lines that an image's layers come from.

Every builder leaves one history entry for each instruction, or none for those that only set metadata. So the
two are walked from the last instruction down, side by side, and each entry must also read like its
instruction: a line is told only where both hold.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bloatcheck.analysis.instruction import Step, entries_of_layers, one_line, steps_of
from bloatcheck.analysis.recipe import recipe_of
from bloatcheck.errors import Place
from bloatcheck.oci.dockerfile import Instruction
from bloatcheck.oci.image_config import ImageConfig

_RUNS_OR_COPIES = {"ADD", "COPY", "RUN"}
_SHELL = re.compile(r"\S+(?: (?:-\S+|pipefail))*? (?:-\w*c|-Command|/[CScs])")
_FLAGS = re.compile(r"(?:--\S+ +)*")
_NAMELESS = re.compile(r"(?:file|dir|multi):… in (?P<destination>.*)", re.DOTALL)
_LEADING_TABS = re.compile(r"^\t+", re.MULTILINE)
_LONGEST = 64 * 1024
"""BuildKit builds no longer instruction."""
_UNKNOWN = "\0"
_NOT_LITERAL = re.compile(r"\$\{[^}]{0,200}\}|\$\w*|[\\`].?|(?P<quote>[\"'])", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLayers:
    """Where an image's layers come from.

    `instructions` are those of the Dockerfile that filled each layer: mostly one, several where a builder
    made one layer of them, none for the base image's layers and wherever it isn't certain.

    `rest` is the number of layers that lie below everything that the Dockerfile's own instructions made;
    None unless each of those was found again. They are the base image's, and, only where `triggers`, may also
    be from its ONBUILD.
    """

    instructions: tuple[tuple[Instruction, ...], ...]
    rest: int | None = None
    triggers: bool = False

    @property
    def first_known(self) -> int:
        """The lowest layer that comes from a line; their number where none does."""
        return next(
            (number for number, known in enumerate(self.instructions) if known), len(self.instructions)
        )


def place_layers(
    config: ImageConfig,
    dockerfile: Sequence[Instruction],
    *,
    target: str | None = None,
    build_args: Mapping[str, str | None] | None = None,
) -> PlacedLayers:
    """Finds the instructions of every layer.

    `build_args` are those of the build; None stands for a value taken from the environment.
    """
    recipe = recipe_of(dockerfile, platform=config.platform, target=target, build_args=build_args)
    steps = steps_of(config.history)
    found: dict[int, Instruction] = {}
    lowest = _walk(steps, recipe, found)
    layers = entries_of_layers(config)
    return PlacedLayers(
        instructions=tuple(
            tuple(found[entry] for entry in entries) if all(entry in found for entry in entries) else ()
            for entries in layers
        ),
        rest=None if lowest is None else _layers_below(layers, lowest),
        triggers=any(step.keyword == "ONBUILD" for step in steps[:lowest]),
    )


def instructions_of_layers(
    config: ImageConfig,
    dockerfile: Sequence[Instruction],
    *,
    target: str | None = None,
    build_args: Mapping[str, str | None] | None = None,
) -> tuple[tuple[Instruction, ...], ...]:
    """The instructions of every layer, as `place_layers` finds them."""
    return place_layers(config, dockerfile, target=target, build_args=build_args).instructions


def place_of(instructions: Sequence[Instruction], path: str) -> Place | None:
    """The lines from the first instruction to the last; None for no instruction."""
    if not instructions:
        return None
    return Place(path, instructions[0].line, max(instruction.end_line for instruction in instructions))


def text_of(instructions: Sequence[Instruction]) -> str:
    """The instructions as written, on one line, here-documents included; several are joined by `; `."""
    return one_line("; ".join(_text(instruction) for instruction in instructions))


def _text(instruction: Instruction) -> str:
    heredocs = "".join(f"\n{heredoc.body}{heredoc.name}" for heredoc in instruction.heredocs)
    return f"{instruction.keyword} {_after_keyword(instruction)}{heredocs}"


def _after_keyword(instruction: Instruction) -> str:
    return instruction.text[len(instruction.keyword) :].strip()


def _walk(steps: Sequence[Step], recipe: Sequence[Instruction], found: dict[int, Instruction]) -> int | None:
    """Puts the instruction of each place in `steps` into `found`, from the last one down.

    Ends where the two no longer go together. Returns how many steps lie below the recipe; None where not
    every instruction of it that may make a layer was found.
    """
    index = len(steps) - 1
    complete = True
    for position in range(len(recipe) - 1, -1, -1):
        instruction = recipe[position]
        if instruction.keyword in _RUNS_OR_COPIES:
            while index >= 0 and _only_sets_metadata(steps[index]):
                # Not from the Dockerfile: docker build --label, for one.
                index -= 1
        if index < 0:
            left = recipe[: position + 1]
            return 0 if complete and not any(each.keyword in _RUNS_OR_COPIES for each in left) else None
        step = steps[index]
        if step.keyword == instruction.keyword or (instruction.keyword == "RUN" and not step.keyword):
            if _reads_like(step, instruction):
                found[index] = instruction
            else:
                complete = False
            index -= 1
        elif instruction.keyword in _RUNS_OR_COPIES:
            return None
    return index + 1 if complete else None


def _layers_below(layers: Sequence[Sequence[int]], step: int) -> int | None:
    """How many layers were made by the steps before `step`; None if one was made on both sides of it."""
    if not all(layers):
        return None
    below = [entries for entries in layers if entries[0] < step]
    return len(below) if all(entries[-1] < step for entries in below) else None


def _only_sets_metadata(step: Step) -> bool:
    return step.keyword not in _RUNS_OR_COPIES | {"", "WORKDIR"}


def _reads_like(step: Step, instruction: Instruction) -> bool:
    if len(instruction.text) > _LONGEST:
        return False
    if instruction.keyword == "RUN":
        return _runs(step.arguments, instruction)
    if instruction.keyword in {"ADD", "COPY"}:
        return _copies(step.arguments, instruction)
    if instruction.keyword == "WORKDIR":
        return _enters(step.arguments, instruction)
    return True


def _runs(recorded: str, instruction: Instruction) -> bool:
    """Whether this is the command, bare or with a shell before it that the base image chose."""
    recorded = _squeeze(recorded)
    for form in _commands(instruction):
        command = _squeeze(form)
        if recorded == command:
            return True
        shell = recorded.removesuffix(f" {command}")
        if shell != recorded and _SHELL.fullmatch(shell[:200]):
            return True
    return False


def _commands(instruction: Instruction) -> Iterator[str]:
    """The forms in which builders record the command of a RUN."""
    yield instruction.arguments
    yield _after_keyword(instruction)  # buildah keeps the flags
    if instruction.json:
        yield " ".join(instruction.json)
    if instruction.heredocs:
        yield "\n".join([instruction.arguments, *(doc.body + doc.name for doc in instruction.heredocs)])
        yield "\n".join([_after_keyword(instruction), *(doc.body for doc in instruction.heredocs)])  # buildah
        first = instruction.heredocs[0]
        yield _LEADING_TABS.sub("", first.body) if first.strip_tabs else first.body
        yield f"/dev/pipes/{first.name}"


def _copies(recorded: str, instruction: Instruction) -> bool:
    """Whether sources and destination are these; the destination alone where the sources aren't recorded."""
    recorded = recorded[_FLAGS.match(recorded).end() :].strip()  # type: ignore[union-attr] # matches always
    *sources, destination = instruction.words or ("",)
    nameless = _NAMELESS.fullmatch(recorded)
    if nameless:
        return _matches(nameless["destination"], _pattern(destination))
    if instruction.heredocs:
        sources = [source for source in sources if "<<" not in source]
        sources += [f"<<{heredoc.name}" for heredoc in instruction.heredocs]
    return _matches(recorded, " ".join(map(_pattern, [*sources, destination])))


def _enters(recorded: str, instruction: Instruction) -> bool:
    """Whether this is the directory, which most builders record as an absolute path."""
    pattern = _pattern(instruction.arguments)
    if _matches(recorded, pattern):
        return True
    directory = posixpath.normpath(pattern)
    if directory.startswith("/"):
        return _matches(recorded, directory)
    return ".." in directory or directory == "." or _matches(recorded, f"{_UNKNOWN}/{directory}")


def _squeeze(text: str) -> str:
    return " ".join(text.split())


def _pattern(word: str) -> str:
    """`word` without quotes, and `_UNKNOWN` in the place of variables and escapes."""
    return _NOT_LITERAL.sub(lambda match: "" if match["quote"] else _UNKNOWN, word.replace(_UNKNOWN, " "))


def _matches(text: str, pattern: str) -> bool:
    """Whether text is the pattern with any text for each `_UNKNOWN`. Time grows with the length only."""
    first, *rest = _squeeze(pattern).split(_UNKNOWN)
    text = _squeeze(text)
    if not rest:
        return text == first
    *middle, last = rest
    if not text.startswith(first):
        return False
    at = len(first)
    for literal in middle:
        found = text.find(literal, at)
        if found < 0:
            return False
        at = found + len(literal)
    return text.endswith(last) and len(text) - len(last) >= at
