"""Which images of a run are built on others of it: those wait, or they would be built on older ones."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from bloatcheck.build.command import repository_path
from bloatcheck.config.model import ImageSpec
from bloatcheck.oci.dockerfile import Instruction, parse_dockerfile, read_dockerfile

_SOURCE = re.compile(r"^--(?:from=|mount=(?:.*,)?from=)(?P<image>[^,]+)", re.IGNORECASE)
_ANYTHING = "\0"
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)\}|\{[^}]*\}|(?P<plain>\w+))", re.ASCII)


def taken(specs: Sequence[ImageSpec], root: Path, environment: Mapping[str, str]) -> list[set[int]]:
    """For each image, the numbers of those that it stands on, or may stand on.

    Only an image with a tag of its own can be another's base, wherever it is listed. It is when the other's
    Dockerfile takes an image of that name, or one by a variable that could make it that name.
    """
    tagged = _tagged(specs)
    found: list[set[int]] = [set() for _ in specs]
    for number, spec in enumerate(specs if tagged else ()):
        for image in _images(spec, root, environment):
            names = [name for name in tagged if _could_be(name, image)] if _ANYTHING in image else [image]
            for name in names:
                found[number] |= _for_platform(spec, tagged.get(name, set()), specs)
        found[number].discard(number)
    return found


def needed(specs: Sequence[ImageSpec], stands_on: Sequence[Collection[int]]) -> list[frozenset[int]]:
    """For each image, the numbers of those that have to be built first; there is no circle in it.

    Those are what it stands on, and of images with the same tag the ones that are listed before, so that the
    last one has it. Of images that need each other, the one that is listed first is built first.

    Args:
        specs: the images.
        stands_on: what each of them is built on, from `taken`.
    """
    wanted = [set(others) for others in stands_on]
    for having in _tagged(specs).values():
        for before, after in pairwise(sorted(having)):
            # The tag goes on to the next one once all who want the one before have taken it.
            takers = (other for other, its in enumerate(wanted) if before in its and after not in its)
            wanted[after] |= {before, *(other for other in takers if other != after)}
    circle = _circles(wanted)
    return [
        frozenset(other for other in others if other < number or circle[other] != circle[number])
        for number, others in enumerate(wanted)
    ]


def _tagged(specs: Sequence[ImageSpec]) -> dict[str, set[int]]:
    """By tag, the numbers of the images that are given it."""
    tagged: dict[str, set[int]] = {}
    for number, spec in enumerate(specs):
        for tag in spec.tags:
            tagged.setdefault(_name(tag), set()).add(number)
    return tagged


def _for_platform(spec: ImageSpec, having: set[int], specs: Sequence[ImageSpec]) -> set[int]:
    """Of the images that have a tag, those for the same platform; all, where none is for it alone."""
    same = {other for other in having if specs[other].platform == spec.platform}
    return same or having


def in_order(after: Sequence[frozenset[int]]) -> list[int]:
    """All numbers, each as early as it can be after those that it needs."""
    order: dict[int, None] = {}
    for number in range(len(after)):
        waiting = [number]
        while waiting:
            first = waiting[-1]
            missing = sorted(after[first] - order.keys(), reverse=True)
            if missing:
                waiting += missing
            else:
                order[waiting.pop()] = None
    return list(order)


def with_what_they_need(numbers: Iterable[int], after: Sequence[frozenset[int]]) -> set[int]:
    """These, what they need, what that needs, and so on."""
    found: set[int] = set()
    waiting = list(numbers)
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting += after[number]
    return found


def _circles(wanted: Sequence[set[int]]) -> list[int]:
    """For each number that of its circle: those that need each other have the same (Kosaraju's algorithm)."""
    finished: list[int] = []
    seen: set[int] = set()
    for start in range(len(wanted)):
        # Each number once to go into it, and once more, negative, to come out of it.
        waiting = [start]
        while waiting:
            number = waiting.pop()
            if number < 0:
                finished.append(~number)
            elif number not in seen:
                seen.add(number)
                waiting.append(~number)
                waiting += wanted[number]
    needed_by: list[list[int]] = [[] for _ in wanted]
    for number, others in enumerate(wanted):
        for other in others:
            needed_by[other].append(number)
    circle = [-1] * len(wanted)
    for start in reversed(finished):
        waiting = [start]
        while waiting:
            number = waiting.pop()
            if circle[number] < 0:
                circle[number] = start
                waiting += needed_by[number]
    return circle


def _images(spec: ImageSpec, root: Path, environment: Mapping[str, str]) -> set[str]:
    """The names of the images that a build takes, each variable without a known value as `_ANYTHING`."""
    build = spec.build
    if build is None:
        return set()
    try:
        instructions = parse_dockerfile(read_dockerfile(root / repository_path(root, build.dockerfile)))
    except (OSError, ValueError):
        # its build fails, and says why
        return set()
    values = _defaults(instructions)
    for name, given in build.args.items():
        value = environment.get(name) if given is None else given
        values |= {} if value is None else {name: value}

    def value_of(match: re.Match[str]) -> str:
        return values.get(match["braced"] or match["plain"] or "", _ANYTHING)

    return {_name(_VARIABLE.sub(value_of, image.strip("\"'"))) for image in _written(instructions)}


def _written(instructions: Iterable[Instruction]) -> Iterator[str]:
    """The images of FROM, `COPY --from` and `RUN --mount=from`."""
    stages: set[str] = set()
    for instruction in instructions:
        taken = list(instruction.words[:1]) if instruction.keyword == "FROM" else []
        for each in filter(None, (instruction, instruction.trigger)):
            taken += (match["image"] for flag in each.flags if (match := _SOURCE.match(flag)))
        yield from (image for image in taken if image.lower() not in stages)
        if instruction.keyword == "FROM" and instruction.stage_name:
            stages.add(instruction.stage_name)


def _defaults(instructions: Iterable[Instruction]) -> dict[str, str]:
    """The plain values of the ARGs before the first FROM."""
    values: dict[str, str] = {}
    for instruction in instructions:
        if instruction.keyword == "FROM":
            break
        for word in instruction.words if instruction.keyword == "ARG" else ():
            name, _, value = word.partition("=")
            values.pop(name, None)
            if value and not set(value) & set("$\\\"'"):
                values[name] = value
    return values


def _name(image: str) -> str:
    """An image's name as people write it, without Docker Hub's, but with its tag."""
    head, slash, last = image.partition("@")[0].rpartition("/")
    # A variable may bring its tag along.
    if ":" not in last and _ANYTHING not in last:
        last += ":latest"
    return f"{head}{slash}{last}".removeprefix("docker.io/").removeprefix("library/")


def _could_be(name: str, image: str) -> bool:
    """Whether variables could make an image that name, in full or as people write it."""
    short = name.removesuffix(":latest")
    return any(
        _fits(f"{before}{each}", image)
        for each in dict.fromkeys((name, short))
        for before in ("", "docker.io/", "docker.io/library/")
    )


def _fits(name: str, pattern: str) -> bool:
    first, *middle = pattern.split(_ANYTHING)
    if not middle:
        return name == first
    last = middle.pop()
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    rest = name[len(first) : len(name) - len(last)]
    for piece in middle:
        _, found, rest = rest.partition(piece) if piece else ("", "-", rest)
        if not found:
            return False
    return True
