"""The instructions of a Dockerfile that made an image: its stage's, and those of the stages it is FROM."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bloatcheck.oci.dockerfile import Instruction
from bloatcheck.oci.platform import Platform

SCRATCH = "scratch"
"""What FROM calls having no base image."""

_VARIABLE = re.compile(
    r"\$(?:\{(?P<braced>\w+)(?:(?P<operator>:?[-+])(?P<word>[^${}]*))?\}|(?P<plain>\w+))", re.ASCII
)
_MAX_WORD = 1024
"""An image reference is far shorter; ARGs that double each other would grow without end."""
_QUOTES = str.maketrans("", "", "\"'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """The FROM that the lowest stage of an image begins with.

    `image` is what it names, variables expanded; None where a value isn't known here. `platform` is what
    `--platform` says, as far as it is known.
    """

    instruction: Instruction
    image: str | None
    platform: Platform | None = None


@dataclass(frozen=True, slots=True)
class Stages:
    """A Dockerfile's stages, and what its FROMs can refer to.

    `stages` has FROM and what follows it, stage by stage. `arguments` are the ARGs before the first FROM and
    the target platform, as far as their values are known; `build_args` is as the build was told. `by_name`
    has the numbers of the stages of each name, in order.
    """

    stages: Sequence[Sequence[Instruction]]
    arguments: Mapping[str, str]
    build_args: Mapping[str, str | None]
    by_name: Mapping[str, Sequence[int]]

    @classmethod
    def of(
        cls,
        dockerfile: Sequence[Instruction],
        *,
        platform: Platform,
        build_args: Mapping[str, str | None] | None = None,
    ) -> Stages:
        """Takes a Dockerfile apart."""
        stages: list[list[Instruction]] = []
        for instruction in dockerfile:
            if instruction.keyword == "FROM":
                stages.append([])
            if stages:
                stages[-1].append(instruction)
        given = build_args or {}
        by_name: dict[str, list[int]] = {}
        for number, (from_, *_) in enumerate(stages):
            if from_.stage_name is not None:
                by_name.setdefault(from_.stage_name, []).append(number)
        return cls(stages, _global_arguments(dockerfile, platform, given), given, by_name)

    def target(self, target: str | None) -> int | None:
        """The number of the stage that a build makes; the last one without a target."""
        if target is None:
            return len(self.stages) - 1 if self.stages else None
        return self.find(target, before=len(self.stages))

    def find(self, name: str, *, before: int) -> int | None:
        """The stage of that name, else number, before the number `before`, as `COPY --from` takes it."""
        named = self._named(name, before)
        if named is None and re.fullmatch("[0-9]{1,6}", name) and int(name) < before:
            return int(name)
        return named

    def base(self, number: int) -> int | None:
        """The stage that a stage is FROM; None if that is no stage of this Dockerfile, or can't be told."""
        image = self.image(number)
        return self._named(image, number) if image else None

    def image(self, number: int) -> str | None:
        """What a stage's FROM names; None where the value of a variable isn't known."""
        from_ = self.stages[number][0]
        return expand(from_.words[0], self.arguments) if from_.words else None

    def chain(self, number: int) -> tuple[int, ...]:
        """The stage, the one it is FROM, and so on; each stands above the one before, so it ends."""
        chain = [number]
        while (below := self.base(chain[-1])) is not None:
            chain.append(below)
        return tuple(chain)

    def recipe(self, number: int) -> tuple[Instruction, ...]:
        """The instructions that ran, in order, without FROM; triggers of a stage's ONBUILD where they ran."""
        ran: list[Instruction] = []
        below: Sequence[Instruction] = ()
        for stage in reversed(self.chain(number)):
            ran += [kept.trigger for kept in below if kept.trigger]
            below = self.stages[stage][1:]
            ran += below
        return tuple(ran)

    def foundation(self, number: int) -> Foundation:
        """The FROM under everything that the stage is made of."""
        lowest = self.chain(number)[-1]
        return Foundation(
            instruction=self.stages[lowest][0],
            image=self.image(lowest) or None,
            platform=self._platform(self.stages[lowest][0]),
        )

    def _named(self, name: str, before: int) -> int | None:
        """The last one of that name, as builders take it."""
        numbers = self.by_name.get(name.lower(), ())
        earlier = bisect_left(numbers, before)
        return numbers[earlier - 1] if earlier else None

    def _platform(self, from_: Instruction) -> Platform | None:
        for flag in from_.flags:
            name, _, value = flag.partition("=")
            if name == "--platform":
                try:
                    return Platform.parse(expand(value, self.arguments) or "")
                except ValueError:
                    return None
        return None


def recipe_of(
    dockerfile: Sequence[Instruction],
    *,
    platform: Platform,
    target: str | None = None,
    build_args: Mapping[str, str | None] | None = None,
) -> tuple[Instruction, ...]:
    """The instructions that ran, in order, without FROM; triggers of a stage's ONBUILD where they ran.

    A base that is no stage of this Dockerfile, or can't be told (a variable whose value isn't known here),
    adds nothing. Empty where the Dockerfile has no stage `target`.
    """
    stages = Stages.of(dockerfile, platform=platform, build_args=build_args)
    number = stages.target(target)
    return () if number is None else stages.recipe(number)


def foundation_of(
    dockerfile: Sequence[Instruction],
    *,
    platform: Platform,
    target: str | None = None,
    build_args: Mapping[str, str | None] | None = None,
) -> Foundation | None:
    """The FROM of the base image, through all stages. None where the Dockerfile has no stage `target`."""
    stages = Stages.of(dockerfile, platform=platform, build_args=build_args)
    number = stages.target(target)
    return None if number is None else stages.foundation(number)


def expand(word: str, known: Mapping[str, str]) -> str | None:
    """`word` without quotes and variables; None if a variable isn't known or the word needs a real shell."""
    if len(word) > _MAX_WORD:
        return None

    def value(match: re.Match[str]) -> str:
        value = known.get(match["braced"] or match["plain"])
        operator = match["operator"]
        if operator is None:
            return "$" if value is None else value
        # With a colon, to be empty is to be unset.
        is_set = bool(value) if operator.startswith(":") else value is not None
        if operator.endswith("+"):
            return str(match["word"]) if is_set else ""
        return str(value if is_set else match["word"])

    expanded = _VARIABLE.sub(value, word).translate(_QUOTES)
    return None if re.search(r"[$\\]", expanded) or len(expanded) > _MAX_WORD else expanded


def assignments(instruction: Instruction) -> Iterator[tuple[str, str | None]]:
    """Names and values of an ARG or ENV, not expanded; None for an ARG without a default.

    Also None for a value with white space in quotes, which isn't put together here.
    """
    words = instruction.words
    if instruction.keyword == "ENV" and words and "=" not in words[0]:
        yield words[0], " ".join(words[1:])
        return
    for word in words:
        name, defined, value = word.partition("=")
        if defined or instruction.keyword == "ARG":
            whole = not (value.count('"') % 2 or value.count("'") % 2)
            yield name, value if defined and whole else None


def _global_arguments(
    dockerfile: Sequence[Instruction], platform: Platform, build_args: Mapping[str, str | None]
) -> dict[str, str]:
    """What FROM can refer to: the ARGs before the first FROM, and the target platform."""
    known = {
        "TARGETPLATFORM": str(platform),
        "TARGETOS": platform.os,
        "TARGETARCH": platform.architecture,
        "TARGETVARIANT": platform.variant or "",
    }
    for instruction in dockerfile:
        if instruction.keyword == "FROM":
            break
        for name, default in assignments(instruction) if instruction.keyword == "ARG" else ():
            given = build_args.get(name) if name in build_args else expand(default or "", known)
            if given is not None and (default is not None or name in build_args):
                known[name] = given
            elif name in build_args:
                known.pop(name, None)
    return known
