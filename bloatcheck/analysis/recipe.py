"""The instructions of a Dockerfile that made an image: its stage's, and those of the stages it is FROM."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bloatcheck.oci.dockerfile import Instruction
from bloatcheck.oci.platform import Platform

_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::?-(?P<default>[^${}]*))?\}|(?P<plain>\w+))", re.ASCII)
_MAX_REFERENCE = 1024
"""An image reference is far shorter; ARGs that double each other would grow without end."""
_QUOTES = str.maketrans("", "", "\"'")


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
    stages = _stages(dockerfile)
    number = _target_stage(stages, target)
    arguments = _global_arguments(dockerfile, platform, build_args or {})
    from_top_down: list[Instruction] = []
    while number is not None:
        from_, *own = stages[number]
        from_top_down += reversed(own)
        number = _base_stage(stages, number, from_, arguments)
        if number is not None:
            from_top_down += [kept.trigger for kept in reversed(stages[number]) if kept.trigger]
    return tuple(reversed(from_top_down))


def _stages(dockerfile: Sequence[Instruction]) -> list[list[Instruction]]:
    """FROM and what follows it, stage by stage."""
    stages: list[list[Instruction]] = []
    for instruction in dockerfile:
        if instruction.keyword == "FROM":
            stages.append([])
        if stages:
            stages[-1].append(instruction)
    return stages


def _target_stage(stages: Sequence[Sequence[Instruction]], target: str | None) -> int | None:
    if target is None:
        return len(stages) - 1 if stages else None
    named = _stage_named(stages, len(stages), target)
    if named is None and re.fullmatch("[0-9]{1,6}", target) and int(target) < len(stages):
        return int(target)
    return named


def _stage_named(stages: Sequence[Sequence[Instruction]], before: int, name: str) -> int | None:
    """The last one of that name before the number `before`, as builders take it."""
    numbers = range(before - 1, -1, -1)
    return next((number for number in numbers if stages[number][0].stage_name == name.lower()), None)


def _base_stage(
    stages: Sequence[Sequence[Instruction]], number: int, from_: Instruction, arguments: Mapping[str, str]
) -> int | None:
    image = _expand(from_.words[0], arguments) if from_.words else None
    return _stage_named(stages, number, image) if image else None


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
        for word in instruction.words if instruction.keyword == "ARG" else ():
            name, defined, default = word.partition("=")
            given = build_args.get(name) if name in build_args else _expand(default, known)
            if given is not None and (defined or name in build_args):
                known[name] = given
            elif name in build_args:
                known.pop(name, None)
    return known


def _expand(word: str, arguments: Mapping[str, str]) -> str | None:
    """`word` without quotes and variables; None if a variable isn't known or the word needs a real shell."""
    if len(word) > _MAX_REFERENCE:
        return None

    def value(match: re.Match[str]) -> str:
        known = arguments.get(match["braced"] or match["plain"])
        return known or match["default"] or ("$" if known is None else known)

    expanded = _VARIABLE.sub(value, word).translate(_QUOTES)
    return None if re.search(r"[$\\]", expanded) or len(expanded) > _MAX_REFERENCE else expanded
