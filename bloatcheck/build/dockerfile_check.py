"""What a builder would refuse in a Dockerfile, told before anything is built.

Only what is wrong for certain: an unknown instruction, a stage or a file that isn't there. Whatever hangs on
a variable, or on a frontend of its own (`# syntax=`), is left to the builder.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from bloatcheck.config.model import BuildSpec, ImageSpec
from bloatcheck.config.quote import quote
from bloatcheck.errors import BloatcheckError, Place, UsageError
from bloatcheck.oci.dockerfile import Instruction, parse_dockerfile, read_dockerfile
from bloatcheck.oci.frontend import ARGUMENT, ForeignFrontendError, frontend_of

MOST_PROBLEMS = 50
"""Of one Dockerfile."""
_MOST_NAMED = 20
KEYWORDS = frozenset(
    {
        *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL"),
        *("MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
    }
)
_WITHOUT_ARGUMENTS = frozenset({"CMD", "ENTRYPOINT"})
_NUMBER = re.compile("[0-9]{1,6}")
_BUILDERS_OWN = re.compile(
    r"(?i:http_proxy|https_proxy|ftp_proxy|no_proxy|all_proxy)|BUILDKIT_.*|SOURCE_DATE_EPOCH"
    r"|(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT|STAGE)"
)


def check_dockerfile(root: Path, spec: ImageSpec) -> tuple[BloatcheckError, ...]:
    """Everything that is wrong for certain with an image's Dockerfile, in the order of its lines.

    Args:
        root: the repository's root.
        spec: an image; one that is not built has nothing to check.
    """
    build = spec.build
    if build is None:
        return ()
    try:
        text, instructions = _read(root, build)
    except ForeignFrontendError:
        return ()
    except OSError as error:
        return (UsageError(f"can't be read: {error.strerror}", place=Place(build.dockerfile)),)
    except ValueError as error:
        return (UsageError(str(error), place=Place(build.dockerfile)),)
    check = _Check(root, build, instructions, text)
    return tuple(islice(check.problems(), MOST_PROBLEMS))


def has_stage(root: Path, build: BuildSpec) -> bool:
    """Whether the Dockerfile has a FROM; also where it is empty or unreadable, or a frontend decides."""
    try:
        _, instructions = _read(root, build)
    except (OSError, ValueError):
        return True
    return not instructions or any(instruction.keyword == "FROM" for instruction in instructions)


def unused_build_args(root: Path, spec: ImageSpec) -> tuple[str, ...]:
    """The build arguments that no ARG of the Dockerfile takes: most often a slip of the pen."""
    build = spec.build
    if build is None or not build.args:
        return ()
    try:
        _, instructions = _read(root, build)
    except (OSError, ValueError):
        return ()
    taken = {
        word.partition("=")[0]
        for instruction in instructions
        if instruction.keyword == "ARG"
        for word in instruction.words
    }
    return tuple(name for name in build.args if name not in taken and not _BUILDERS_OWN.fullmatch(name))


def _read(root: Path, build: BuildSpec) -> tuple[str, Sequence[Instruction]]:
    """The Dockerfile's text, and its instructions.

    Raises:
        OSError: it can't be read.
        ValueError: it is too long.
        ForeignFrontendError: its language may be another.
    """
    text = read_dockerfile(root / build.dockerfile)
    if build.dockerfile.endswith(".in") or ARGUMENT in build.args:
        raise ForeignFrontendError("something else reads it first")
    frontend_of(text)
    return text, parse_dockerfile(text)


@dataclass(frozen=True, slots=True)
class _Check:
    root: Path
    build: BuildSpec
    instructions: Sequence[Instruction]
    text: str

    def problems(self) -> Iterator[BloatcheckError]:
        stages = self._stages()
        needed = self._needed(stages)
        for instruction in self.instructions:
            yield from self._shape(instruction)
            if instruction.stage is not None and (needed is None or instruction.stage in needed):
                yield from self._sources(instruction, stages)
        if not any(one.keyword == "FROM" for one in self.instructions):
            yield self._wrong(None, "there is no FROM", "begin with a base image, or `FROM scratch`")
        elif self.build.target is not None and self._target(stages) is None:
            names = ", ".join(sorted(stages)[:_MOST_NAMED]) or "none has a name"
            names += f" and {len(stages) - _MOST_NAMED} more" if len(stages) > _MOST_NAMED else ""
            yield self._wrong(
                None, f"there is no stage {quote(self.build.target)}", f"the stages are: {names}"
            )
        unread = self._unread()
        if unread:
            yield UsageError(
                "a here-document that begins here is not closed",
                hint="end it with a line that holds its word alone",
                place=Place(self.build.dockerfile, unread),
            )

    def _shape(self, instruction: Instruction) -> Iterator[BloatcheckError]:
        keyword = instruction.keyword
        if keyword not in KEYWORDS:
            meant = get_close_matches(keyword[:100], sorted(KEYWORDS), n=1)
            yield self._wrong(
                instruction,
                f"{quote(keyword)} is no instruction",
                f"did you mean {meant[0]}?" if meant else None,
            )
        elif not (instruction.arguments or instruction.heredocs or keyword in _WITHOUT_ARGUMENTS):
            yield self._wrong(instruction, f"{keyword} has nothing to work on")
        elif instruction.stage is None and keyword != "ARG":
            yield self._wrong(instruction, f"{keyword} stands before the first FROM", "only ARG may")
        elif keyword in {"COPY", "ADD"} and len(instruction.words) + len(instruction.heredocs) < 2:  # noqa: PLR2004
            yield self._wrong(
                instruction, f"{keyword} has no destination", f"as in: {keyword} file /directory/"
            )

    def _sources(self, instruction: Instruction, stages: Mapping[str, int]) -> Iterator[BloatcheckError]:
        if instruction.keyword not in {"COPY", "ADD"} or len(instruction.words) < 2:  # noqa: PLR2004
            return
        source = _flag(instruction, "--from")
        if source is not None:
            yield from self._copied_stage(instruction, source, stages)
            return
        for word in instruction.words[:-1]:
            path = word.strip("\"'")
            if _is_not_a_file(path) or any(flag.startswith("--exclude") for flag in instruction.flags):
                continue
            if not self._is_there(path):
                yield self._wrong(
                    instruction,
                    f"{quote(path)} is not in the context {quote(self.build.context)}",
                    "paths start at the context, not at the Dockerfile",
                )

    def _copied_stage(
        self, instruction: Instruction, source: str, stages: Mapping[str, int]
    ) -> Iterator[BloatcheckError]:
        here = instruction.stage or 0
        if _NUMBER.fullmatch(source):
            if int(source) >= here and source not in stages:
                yield self._wrong(instruction, f"stage {source} does not come before this one", None)
        elif stages.get(source.lower(), -1) >= here:
            yield self._wrong(instruction, f"stage {quote(source)} does not come before this one", None)

    def _is_there(self, path: str) -> bool:
        """Whether the context has it. What leads out of the context stays in it, as builders have it.

        A pattern that nothing matches is none of BuildKit's worries.
        """
        if set("*?[\\") & set(path):
            return True
        inside = posixpath.normpath("/" + path).lstrip("/")
        return os.path.lexists(self.root / self.build.context / inside)

    def _stages(self) -> dict[str, int]:
        return {
            one.stage_name: one.stage or 0
            for one in self.instructions
            if one.keyword == "FROM" and one.stage_name is not None
        }

    def _target(self, stages: Mapping[str, int]) -> int | None:
        """The stage that is built; None if there is none of that name."""
        last = max((one.stage for one in self.instructions if one.stage is not None), default=0)
        target = self.build.target
        if target is None:
            return last
        if target.lower() in stages:
            return stages[target.lower()]
        return int(target) if _NUMBER.fullmatch(target) and int(target) <= last else None

    def _needed(self, stages: Mapping[str, int]) -> set[int] | None:
        """The stages that building the target needs; None where a variable decides."""
        target = self._target(stages)
        if target is None:
            return set()
        needed, ahead = set(), [target]
        uses: dict[int, set[str]] = {}
        for one in self.instructions:
            if one.stage is None:
                continue
            names = uses.setdefault(one.stage, set())
            if one.keyword == "FROM" and one.words:
                names.add(one.words[0])
            names.update(_from_of(one))
        while ahead:
            number = ahead.pop()
            if number in needed:
                continue
            needed.add(number)
            for name in uses.get(number, ()):
                if "$" in name:
                    return None
                found = stages.get(name.lower(), int(name) if _NUMBER.fullmatch(name) else -1)
                if 0 <= found < number:
                    ahead.append(found)
        return needed

    def _unread(self) -> int | None:
        """The line where the parser stopped since a here-document has no end; None if it read everything."""
        lines = self.text.split("\n")
        last = self.instructions[-1].end_line if self.instructions else 0
        rest = enumerate(lines[last:], last + 1)
        return next(
            (number for number, line in rest if line.strip() and not line.lstrip().startswith("#")), None
        )

    def _wrong(
        self, instruction: Instruction | None, message: str, hint: str | None = None
    ) -> BloatcheckError:
        line = instruction.line if instruction else None
        return UsageError(message, hint=hint, place=Place(self.build.dockerfile, line))


def _is_not_a_file(path: str) -> bool:
    """Whether a source hangs on a variable, is fetched, or stands in the Dockerfile itself."""
    return "$" in path or "://" in path or path.startswith(("<<", "git@"))


def _flag(instruction: Instruction, name: str) -> str | None:
    parts = (flag.partition("=") for flag in instruction.flags)
    return next((value for flag, _, value in parts if flag == name and value and "$" not in value), None)


def _from_of(instruction: Instruction) -> Iterator[str]:
    for flag in instruction.flags:
        name, _, value = flag.partition("=")
        if name == "--from":
            yield value
        elif name == "--mount":
            yield from (part[5:] for part in value.split(",") if part.startswith("from="))
