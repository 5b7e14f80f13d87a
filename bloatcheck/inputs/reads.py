"""What a Dockerfile reads: from the context, and from other images. Only the stages that its target needs."""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bloatcheck.analysis.recipe import SCRATCH, Stages, assignments, expand
from bloatcheck.inputs.model import UnresolvedError
from bloatcheck.oci.dockerfile import Instruction
from bloatcheck.oci.frontend import ARGUMENT, ForeignFrontendError, frontend_of
from bloatcheck.oci.platform import Platform

_URL = re.compile(r"https?://", re.IGNORECASE)
_GIT = re.compile(r"(?:git|ssh)://|[\w.-]+@[\w.-]+:|https?://[^#?]+\.git(?:#|\?|$)", re.IGNORECASE)
_PINNED_URL = re.compile(r"--checksum=sha(?:256|384|512):[0-9a-f]{64,128}")
_PINNED_GIT = re.compile(r"#(?:[0-9a-f]{40}|[0-9a-f]{64})(?::|$)")
_CHECKED_GIT = re.compile(r"--checksum=(?:[0-9a-f]{40}|[0-9a-f]{64})")
_REFERRED = re.compile(r"\$\{?(\w+)", re.ASCII)
_OF_THE_BUILDER = frozenset({"BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT", "TARGETSTAGE"})
"""Variables that an ARG of their name fills, from what isn't known here."""
_NOT_FROM_THE_CONTEXT = frozenset({"cache", "tmpfs", "secret", "ssh"})
"""Kinds of mounts."""
_MOST_INSTRUCTIONS = 100_000
"""Of all stages together, each with those that it is FROM."""
_MOST_IMAGES = 100
"""Each is asked for at its registry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What a build asks for: sources in the context, variables expanded, and names of images.

    `mounts` are those that RUN mounts: of them not every builder leaves out what the ignore file says.
    """

    sources: tuple[str, ...]
    mounts: tuple[str, ...]
    images: tuple[str, ...]


def reads_of(
    text: str,
    instructions: Sequence[Instruction],
    *,
    platform: Platform,
    target: str | None,
    build_args: Mapping[str, str],
) -> Reads:
    """What a Dockerfile's target reads.

    Args:
        text: the Dockerfile.
        instructions: the same, parsed.
        platform: that is built for.
        target: the stage; None for the last.
        build_args: those that have a value.

    Raises:
        UnresolvedError: it can't be told; says which line.
    """
    if ARGUMENT in build_args:
        raise UnresolvedError(f"the build argument {ARGUMENT} chooses another language")
    try:
        syntax = frontend_of(text)
    except ForeignFrontendError as error:
        raise UnresolvedError(str(error)) from None
    stages = Stages.of(instructions, platform=platform, build_args=build_args)
    last = stages.target(target)
    if last is None:
        raise UnresolvedError(
            f"the Dockerfile has no stage {target}" if target else "the Dockerfile has no FROM"
        )
    found = _Search(instructions, stages, platform)
    found.need(last)
    if len(found.images) > _MOST_IMAGES:
        raise UnresolvedError(f"it takes more than {_MOST_IMAGES} images")
    return Reads(
        sources=tuple(sorted(found.sources)),
        mounts=tuple(sorted(found.mounts)),
        images=tuple(sorted(found.images | ({syntax} if syntax else set()))),
    )


class _Search:
    """Collects what the stages read that are needed, each stage once."""

    def __init__(self, instructions: Sequence[Instruction], stages: Stages, platform: Platform) -> None:
        self.sources: set[str] = set()
        self.mounts: set[str] = set()
        self.images: set[str] = set()
        self._stages = stages
        self._seen: set[int] = set()
        self._read_so_far = 0
        self._global: dict[str, _Value] = {
            "TARGETPLATFORM": str(platform),
            "TARGETOS": platform.os,
            "TARGETARCH": platform.architecture,
            "TARGETVARIANT": platform.variant or "",
            **dict.fromkeys(_OF_THE_BUILDER, _UNKNOWN),
            **dict.fromkeys(_global_names(instructions), _UNKNOWN),
            **stages.arguments,
        }

    def need(self, number: int) -> None:
        """A stage, and all that it needs."""
        waiting = [number]
        while waiting:
            stage = waiting.pop()
            if stage in self._seen:
                continue
            self._seen.add(stage)
            waiting += self._base(stage)
            waiting += self._read(stage)

    def _base(self, number: int) -> Iterator[int]:
        image = self._stages.image(number)
        from_ = self._stages.stages[number][0]
        if not image or any(self._global.get(name) is _UNKNOWN for name in _REFERRED.findall(from_.words[0])):
            raise UnresolvedError(f"line {from_.line}: what FROM names can't be told")
        base = self._stages.base(number)
        if base is not None:
            yield base
        elif image != SCRATCH:
            self.images.add(image)

    def _read(self, number: int) -> Iterator[int]:
        """The stages that a stage copies from; the ONBUILD of those that it is FROM runs in it."""
        scope = _Scope(
            self._global,
            self._stages.build_args,
            nothing_below=self._stages.foundation(number).image == SCRATCH,
        )
        recipe = self._stages.recipe(number)
        self._read_so_far += len(recipe) + len(self._stages.chain(number))
        if self._read_so_far > _MOST_INSTRUCTIONS:
            raise UnresolvedError("its stages stand on each other too often to read them all")
        for instruction in recipe:
            if instruction.keyword in {"ARG", "ENV"}:
                scope.define(instruction)
            elif instruction.keyword in {"COPY", "ADD"}:
                yield from self._copy(instruction, number, scope)
            elif instruction.keyword == "RUN":
                for flag in instruction.flags:
                    if flag.startswith("--mount="):
                        written = flag.removeprefix("--mount=")
                        yield from self._mount(instruction, written, number, scope)

    def _copy(self, instruction: Instruction, number: int, scope: _Scope) -> Iterator[int]:
        source = _flag(instruction.flags, "--from")
        if source is not None:
            yield from self._other(source, number, instruction)
            return
        *words, _ = instruction.words or ("",)
        bodies = {heredoc.name for heredoc in instruction.heredocs}
        for word in words:
            if not (word.startswith("<<") and word.lstrip("<-").strip("'\"") in bodies):
                self._from_context(instruction, word, scope)

    def _from_context(self, instruction: Instruction, word: str, scope: _Scope) -> None:
        expanded = scope.expanded(instruction, word)
        remote = instruction.keyword == "ADD" and (_GIT.match(expanded) or _URL.match(expanded))
        if not remote:
            self.sources.add(_clean(expanded))
            return
        flags = " ".join(instruction.flags)
        if _GIT.match(expanded):
            pinned = _PINNED_GIT.search(expanded) or _CHECKED_GIT.search(flags)
        else:
            pinned = _PINNED_URL.search(flags)
        if not pinned:
            raise UnresolvedError(f"line {instruction.line}: what ADD downloads has no checksum")

    def _mount(self, instruction: Instruction, written: str, number: int, scope: _Scope) -> Iterator[int]:
        try:
            fields = next(csv.reader([written]), [])
        except csv.Error:
            raise UnresolvedError(f"line {instruction.line}: a mount that can't be read") from None
        settings = {
            key.strip().lower(): value for key, _, value in (field.partition("=") for field in fields)
        }
        if "from" in settings:
            yield from self._other(settings["from"], number, instruction)
        # One whose kind is a variable may be a bind mount.
        elif settings.get("type", "bind").lower() not in _NOT_FROM_THE_CONTEXT:
            source = settings.get("source", settings.get("src", "."))
            self.mounts.add(_clean(scope.expanded(instruction, source)))

    def _other(self, name: str, number: int, instruction: Instruction) -> Iterator[int]:
        """What `--from` names: a stage before, or an image."""
        if "$" in name or not name:
            raise UnresolvedError(f"line {instruction.line}: what `from` names can't be told")
        before = number if instruction.stage is None else instruction.stage
        stage = self._stages.find(name, before=before)
        if stage is not None:
            yield stage
        elif name.lower() != SCRATCH:
            self.images.add(name)


_Value = str | UnresolvedError | None
"""Of a variable: what it is, that it can't be told, or that it isn't set."""
_UNKNOWN = UnresolvedError("its value can't be told")


class _Scope:
    """The variables that an instruction can refer to, as far as they are known.

    ENV holds for the stages that follow FROM its own, ARG for its own alone; ENV wins. What the base image's
    ENV says isn't known; where there is none below, nothing else is set.
    """

    def __init__(
        self, outside: Mapping[str, _Value], build_args: Mapping[str, str | None], *, nothing_below: bool
    ) -> None:
        self._outside = outside
        self._build_args = build_args
        self._other: _Value = None if nothing_below else _UNKNOWN
        self._environment: dict[str, _Value] = {}
        self._arguments: dict[int | None, dict[str, _Value]] = {}

    def expanded(self, instruction: Instruction, word: str) -> str:
        """A word of an instruction.

        Raises:
            UnresolvedError: it can't be told.
        """
        expanded = self._expand(instruction, word)
        if isinstance(expanded, UnresolvedError):
            raise UnresolvedError(f"line {instruction.line}: what {word[:100]} is can't be told")
        return expanded

    def _expand(self, instruction: Instruction, word: str) -> str | UnresolvedError:
        if "`" in word or "\N{REPLACEMENT CHARACTER}" in word or ("'" in word and "$" in word):
            return _UNKNOWN
        values = {name: self._value(instruction, name) for name in _REFERRED.findall(word)}
        if _UNKNOWN in values.values():
            return _UNKNOWN
        expanded = expand(word, {name: value for name, value in values.items() if isinstance(value, str)})
        return _UNKNOWN if expanded is None else expanded

    def _value(self, instruction: Instruction, name: str) -> _Value:
        for scope in (self._environment, self._arguments.get(instruction.stage, {})):
            if name in scope:
                return scope[name]
        return self._other

    def define(self, instruction: Instruction) -> None:
        """Takes in an ARG or ENV."""
        is_environment = instruction.keyword == "ENV"
        defined = self._environment if is_environment else self._arguments.setdefault(instruction.stage, {})
        pairs = tuple(assignments(instruction))
        if not is_environment:
            # Its own defaults are nothing to an ARG's others, of all builders so far.
            defined |= dict.fromkeys((name for name, _ in pairs), _UNKNOWN)
        new: dict[str, _Value] = {}
        for word, (name, written) in zip(instruction.words, pairs, strict=False):
            new[name] = _UNKNOWN if written is None else self._expand(instruction, written)
            if not is_environment and name in self._build_args:
                new[name] = self._build_args[name]
            elif not is_environment and "=" not in word:
                new[name] = self._outside.get(name)
        # One ENV doesn't see what it defines itself.
        defined |= new


def _global_names(instructions: Sequence[Instruction]) -> Iterator[str]:
    """The ARGs before the first FROM that have a default."""
    for instruction in instructions:
        if instruction.keyword == "FROM":
            return
        if instruction.keyword == "ARG":
            yield from (
                name for name, equals, _ in (word.partition("=") for word in instruction.words) if equals
            )


def _flag(flags: Sequence[str], name: str) -> str | None:
    return next((value for key, _, value in (flag.partition("=") for flag in flags) if key == name), None)


def _clean(source: str) -> str:
    """From the context's root, wherever it begins; "." is the root."""
    return posixpath.normpath(f"/{source}").lstrip("/") or "."
