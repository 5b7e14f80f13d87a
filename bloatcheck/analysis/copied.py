"""From a file that `COPY --from` brought back to the lines that made it, through all stages.

A Dockerfile doesn't say what a RUN writes, so mostly the lines that may have made a file are told; one is
told for certain where its text names the file, or where nothing else is left.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bloatcheck.analysis.recipe import SCRATCH, Stages, assignments, expand
from bloatcheck.analysis.shell_outputs import Outputs, absolute, outputs_of
from bloatcheck.oci.dockerfile import Instruction
from bloatcheck.oci.platform import Platform

MAX_PATHS = 10_000
"""Files of one COPY that are traced; the first ones of those that are asked for."""
_MAX_STAGES = 20
"""That a file is followed through."""
_MAX_DEPTH = 40
"""Directories that a file is looked for in."""
_COMMON_NAMES = (
    *("bin", "boot", "etc", "etc/ssl", "home", "lib", "lib64", "media", "mnt", "opt", "root", "run", "sbin"),
    *("srv", "tmp", "usr", "usr/bin", "usr/include", "usr/lib", "usr/lib64", "usr/libexec", "usr/local"),
    *("usr/local/bin", "usr/local/include", "usr/local/lib", "usr/local/sbin", "usr/local/share", "usr/sbin"),
    *("usr/share", "usr/src", "var", "var/cache", "var/lib", "var/log", "var/tmp"),
)
_COMMON = {"/", *(f"/{path}" for path in _COMMON_NAMES)}
"""Directories that most base images have: to name one says nothing about what is in it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a copied file comes from.

    `instructions` are those that may have made it, in the order they ran; one where it is `certain`. `image`
    is the one that it was copied from, or that the stage is FROM and that may have brought it.
    """

    instructions: tuple[Instruction, ...]
    certain: bool
    image: str | None = None


def origins(
    copy: Instruction,
    dockerfile: Sequence[Instruction],
    paths: Collection[bytes],
    *,
    platform: Platform,
    build_args: Mapping[str, str | None] | None = None,
) -> dict[bytes, Origin]:
    """The origin of each path (clean, in the image) that a `COPY --from` brought.

    Empty for any other instruction. Paths that it can't have brought are left out.
    """
    if copy.stage is None or source_of(copy) is None:
        return {}
    search = _Search(Stages.of(dockerfile, platform=platform, build_args=build_args))
    step = next((step for step in search.steps(copy.stage) if step.instruction is copy), None)
    if step is None:
        # of a stage that the instructions here don't have
        return {}
    found = {}
    for path, _ in zip(paths, range(MAX_PATHS), strict=False):
        sources = step.sources(f"/{path.decode(errors='surrogateescape')}")
        if sources:
            found[path] = search.through(step, sources.paths, 0)
    return found


def sizes_by_origin(
    copy: Instruction,
    dockerfile: Sequence[Instruction],
    sizes: Mapping[bytes, int],
    *,
    platform: Platform,
    build_args: Mapping[str, str | None] | None = None,
) -> tuple[tuple[Origin, int], ...]:
    """The bytes of a `COPY --from` by where they come from, the most first.

    `sizes` are those of the files of its layer. Of very many files the largest are traced.
    """
    largest = sorted(sizes, key=lambda path: (-sizes[path], path))[:MAX_PATHS]
    found: dict[Origin, int] = {}
    for path, origin in origins(copy, dockerfile, largest, platform=platform, build_args=build_args).items():
        found[origin] = found.get(origin, 0) + sizes[path]
    return tuple(sorted(found.items(), key=lambda item: -item[1]))


def source_of(copy: Instruction) -> str | None:
    """What `--from` names; None for any instruction without."""
    if copy.keyword != "COPY":
        return None
    flags = (flag.partition("=") for flag in copy.flags)
    return next((value for name, _, value in flags if name == "--from" and value), None)


@dataclass(frozen=True, slots=True)
class _Sources:
    """What a file may have been before it was copied. `exact`: it is surely what the copy names."""

    paths: tuple[str, ...]
    exact: bool


@dataclass(frozen=True, slots=True)
class _Step:
    """A RUN, COPY or ADD, its words expanded. A destination, or directory to run in, is None if unknown."""

    instruction: Instruction
    outputs: Outputs | None = None
    copied: Sequence[str] = ()
    destination: str | None = None
    into_directory: bool = False
    directory: str | None = None

    def sources(self, path: str) -> _Sources | None:
        """What of a COPY or ADD may have become `path`; None if nothing of it."""
        if self.destination is None:
            return _Sources(tuple(self.copied), exact=False)
        if path == self.destination:
            plain = tuple(self.copied[:1])
            return _Sources(plain, exact=True) if plain and not self.into_directory else None
        prefix = self.destination.rstrip("/") + "/"
        if not path.startswith(prefix):
            return None
        inner = path.removeprefix(prefix)
        if "--parents" in self.instruction.flags:
            return _Sources((f"/{inner}",), exact=False)
        named = tuple(source for source in self.copied if posixpath.basename(source) == inner)
        if named and self.into_directory:
            return _Sources(named, exact=True)
        return _Sources(tuple(self._within(inner)), exact=False)

    def _within(self, inner: str) -> Iterator[str]:
        first = inner.partition("/")[0]
        for source in self.copied:
            parent, pattern = posixpath.split(source)
            if not set("*?[") & set(pattern):
                yield absolute(inner, source)
            elif fnmatchcase(first, pattern):
                yield absolute(inner, parent)


class _Search:
    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self._steps: dict[int, list[_Step]] = {}

    def steps(self, number: int) -> list[_Step]:
        """What may have put files into a stage, in the order it ran."""
        if number not in self._steps:
            self._steps[number] = list(self._read(number))
        return self._steps[number]

    def through(self, step: _Step, paths: Sequence[str], depth: int) -> Origin:
        """The origin of what a COPY or ADD brought."""
        copy = step.instruction
        source = source_of(copy)
        if source is None or copy.stage is None:
            return Origin((copy,), certain=True)
        number = self._stages.find(source, before=copy.stage)
        if number is None:
            return Origin((copy,), certain=True, image=source)
        if depth == _MAX_STAGES:
            return Origin((copy,), certain=False)
        return self._made(number, paths, depth + 1)

    def _made(self, number: int, paths: Sequence[str], depth: int) -> Origin:
        for candidates in self._candidates(number, paths):
            if len(candidates) == 1:
                [(step, sources)] = candidates
                return self.through(step, sources.paths, depth)
            if candidates:
                return Origin(tuple(step.instruction for step, _ in candidates), certain=False)
        return self._perhaps(number, paths, depth)

    def _candidates(self, number: int, paths: Sequence[str]) -> Iterator[list[tuple[_Step, _Sources]]]:
        """The steps whose text speaks for them, the clearest kind first."""
        exact, mentioning, around = [], [], []
        for step in self.steps(number):
            for path in paths:
                sources = step.sources(path) if step.outputs is None else _Sources((), exact=False)
                if sources is None:
                    continue
                if sources.exact or (step.outputs and _writes(step.outputs, path)):
                    exact.append((step, sources))
                elif step.outputs and path in step.outputs.mentioned:
                    mentioning.append((step, sources))
                elif _is_around(step, path):
                    around.append((step, sources))
                else:
                    continue
                break
        yield exact
        yield mentioning
        yield around

    def _perhaps(self, number: int, paths: Sequence[str], depth: int) -> Origin:
        """No text speaks for any step: it may be whichever is there, the base image too."""
        left = []
        for step in self.steps(number):
            if step.outputs is not None:
                left.append((step, _Sources((), exact=False)))
                continue
            covering = [sources for path in paths if (sources := step.sources(path))]
            if covering:
                left.append((step, covering[0]))
        foundation = self._stages.foundation(number)
        if foundation.image == SCRATCH and len(left) == 1:
            [(step, sources)] = left
            return self.through(step, sources.paths, depth)
        instructions = tuple(step.instruction for step, _ in left)
        if foundation.image == SCRATCH:
            return Origin(instructions or (foundation.instruction,), certain=False)
        return Origin((foundation.instruction, *instructions), certain=False, image=foundation.image)

    def _read(self, number: int) -> Iterator[_Step]:
        stages = self._stages
        directory = "/" if stages.foundation(number).image == SCRATCH else None
        variables: dict[str, str] = {}
        for instruction in stages.recipe(number):
            if instruction.keyword in {"ARG", "ENV"}:
                self._define(instruction, variables)
            elif instruction.keyword == "WORKDIR":
                directory = _entered(expand(instruction.arguments, variables), directory)
            elif instruction.keyword == "RUN":
                outputs = outputs_of(instruction, directory=directory, variables=variables)
                yield _Step(instruction, outputs=outputs, directory=directory)
            elif instruction.keyword in {"ADD", "COPY"}:
                yield _copying(instruction, directory, variables)

    def _define(self, instruction: Instruction, variables: dict[str, str]) -> None:
        stages = self._stages
        for name, written in assignments(instruction):
            value = None if written is None else expand(written, variables)
            if instruction.keyword == "ARG" and name in stages.build_args:
                value = stages.build_args[name]
            elif instruction.keyword == "ARG" and written is None:
                value = stages.arguments.get(name)
            if value is None:
                variables.pop(name, None)
            else:
                variables[name] = value


def _copying(instruction: Instruction, directory: str | None, variables: Mapping[str, str]) -> _Step:
    *words, last = instruction.words or ("",)
    sources = [expanded for word in words if "<<" not in word and (expanded := expand(word, variables))]
    sources += [heredoc.name for heredoc in instruction.heredocs]
    written = expand(last, variables)
    return _Step(
        instruction,
        copied=[absolute(source, "/") for source in sources],
        destination=_entered(written, directory),
        into_directory=len(words) > 1 or (written or "").endswith(("/", "/.")) or written == ".",
    )


def _entered(path: str | None, directory: str | None) -> str | None:
    """The directory that a path leads to from another; None where that isn't known."""
    if not path or (directory is None and not path.startswith("/")):
        return None
    return absolute(path, directory or "/")


def _writes(outputs: Outputs, path: str) -> bool:
    return path in outputs.written or any(path.endswith(f"/{relative}") for relative in outputs.relative)


def _is_around(step: _Step, path: str) -> bool:
    """Whether a step names a directory above the path, and one that isn't in every image."""
    if step.outputs is None:
        return step.destination is not None and step.destination not in _COMMON
    parent = posixpath.dirname(path)
    for _ in range(_MAX_DEPTH):
        if parent in _COMMON:
            break
        if parent in step.outputs.mentioned or parent in step.outputs.written or parent == step.directory:
            return True
        parent = posixpath.dirname(parent)
    return False
