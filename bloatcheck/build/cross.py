"""Whether a build for another platform can succeed here, found out before it is begun.

Taking files from the context or from other images works for every platform. Running a program of it doesn't.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from bloatcheck.build.command import repository_path
from bloatcheck.config.model import BuildSpec, ImageSpec
from bloatcheck.errors import DOCUMENTATION, BuildError, Place
from bloatcheck.oci.dockerfile import Instruction, parse_dockerfile, read_dockerfile
from bloatcheck.oci.platform import Platform

HOW_TO_RUN_OTHERS = (
    "let this machine run such programs with QEMU (on GitHub's runners by docker/setup-qemu-action, "
    "elsewhere by `docker run --privileged --rm tonistiigi/binfmt --install all` or Debian's "
    "qemu-user-static), or check it on a runner of that platform in a leg of its own "
    f"({DOCUMENTATION}/platforms.md#what-can-be-built-where)"
)
_MOST_STAGES = 1_000
"""Of a Dockerfile with more, the build itself says what it needs."""
_FROM = re.compile(r"(?:^|,)from=(?P<stage>[^,]+)")


def check_platform(
    spec: ImageSpec, build: BuildSpec, *, root: Path, runs: Collection[Platform] | None, builder: str
) -> None:
    """Refuses a build that is bound to fail.

    Args:
        spec: the image, and the platform that it is for.
        build: how it is built.
        root: the repository's root.
        runs: the platforms whose programs the builder can start; None where that isn't known, so that the
            build itself has to tell.
        builder: its name, for people.

    Raises:
        BuildError: the Dockerfile runs programs of a platform that can't be started.
    """
    if spec.platform is None or runs is None or _is_among(spec.platform, runs):
        return
    dockerfile = repository_path(root, build.dockerfile)
    try:
        instructions = parse_dockerfile(read_dockerfile(root / dockerfile))
    except (OSError, ValueError):
        # The build says what is wrong with it.
        return
    run = next(_foreign_runs(instructions, build.target), None)
    if run is None:
        return
    there = ", ".join(sorted(map(str, runs))[:20])
    raise BuildError(
        f"{spec.name} could not be built: its Dockerfile runs programs of {spec.platform}, and {builder} "
        f"starts those of {there} only",
        hint=HOW_TO_RUN_OTHERS,
        place=Place(dockerfile, run.line, run.end_line if run.end_line != run.line else None),
    )


def _is_among(wanted: Platform, runs: Collection[Platform]) -> bool:
    """Of a variant one says little: who runs arm at all most often runs the wanted one."""
    pairs = {(each.os, each.architecture) for each in runs}
    return (wanted.os, wanted.architecture) in pairs


def _foreign_runs(instructions: Sequence[Instruction], target: str | None) -> Iterator[Instruction]:
    """The RUNs of the target's platform that a build comes by, in the order of their lines."""
    stages: list[list[Instruction]] = []
    for each in instructions:
        if each.keyword == "FROM":
            stages.append([])
        if stages:
            stages[-1].append(each)
    last = _number(stages, target, len(stages)) if target else len(stages) - 1
    if last is None or not 0 <= last < _MOST_STAGES:
        return
    needed = {last}
    # A stage needs only stages above it.
    for number in range(last, -1, -1):
        if number in needed:
            needed |= {
                other
                for name in _taken(stages[number])
                if (other := _number(stages, name, number)) is not None
            }
    for number in sorted(needed):
        if _is_foreign(stages, number):
            yield from (each for each in stages[number] if each.keyword == "RUN")


def _taken(stage: Sequence[Instruction]) -> Iterator[str]:
    """Names of what a stage is made from: stages, or images."""
    yield from stage[0].words[:1]
    for each in stage[1:]:
        for flag in each.flags:
            name, _, value = flag.partition("=")
            if name == "--from":
                yield value
            elif name == "--mount" and (match := _FROM.search(value)):
                yield match["stage"]


def _number(stages: Sequence[Sequence[Instruction]], name: str, before: int) -> int | None:
    for number in range(before - 1, -1, -1):
        if stages[number][0].stage_name == name.lower():
            return number
    return int(name) if re.fullmatch("[0-9]{1,4}", name) and int(name) < before else None


def _is_foreign(stages: Sequence[Sequence[Instruction]], number: int) -> bool:
    """Whether a stage is of the target's platform: so it is, unless FROM says otherwise."""
    below: int | None = number
    while below is not None:
        from_ = stages[below][0]
        said = next((flag.partition("=")[2] for flag in from_.flags if flag.startswith("--platform=")), "")
        if said:
            return "TARGET" in said
        below = _number(stages, from_.words[0], below) if from_.words else None
    return True
