"""What advice is, what it is made from, and what every adviser offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Protocol

from annotated_types import Ge, MaxLen

from bloatcheck.analysis.advice.shown import MAX_MESSAGE, MAX_REPLACEMENT, shown
from bloatcheck.analysis.packages.model import InstalledPackage
from bloatcheck.analysis.tree import Hidden, Hiding, Tree
from bloatcheck.errors import Place
from bloatcheck.oci.dockerfile import Instruction
from bloatcheck.oci.image_config import ImageConfig

SYSTEM = ("deb", "apk", "rpm")
"""The managers whose packages are what an image's system consists of."""
MAX_ADVICE = 50
MAX_EXAMPLES = 5
"""Paths that are named with a piece of advice."""

Record = tuple[int, bytes]
"""(layer, path): the file that a layer put there. Layers count from 0 at the base."""
File = tuple[bytes, int, int]
"""(path, layer, size)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One thing that would make the image smaller.

    `saves` are the bytes of content that this image would lose, measured in it; None where it isn't for
    bytes, or nobody can know. `about` tells of an alternative outside the image, from a table with a date
    and a source. `layer` is the one that it stands in, counted from 0.

    `replacement` is text to paste in place of the lines of `place`, or, where `append_to` names a file
    beside the Dockerfile, to add to that. Where several pieces of advice are about one instruction, the one
    text does all of it: it stands with the first, whose `together_with` has the ids of the others, and in
    theirs is that of the first. `conflicts_with` are the ids of those whose text is for some of the same
    lines, and can't be joined with this one. All texts are printable but for the line ends of `replacement`.
    """

    id: Annotated[str, MaxLen(40)]
    message: Annotated[str, MaxLen(MAX_MESSAGE)]
    saves: Annotated[int, Ge(0)] | None = None
    about: bool = False
    layer: Annotated[int, Ge(0)] | None = None
    place: Place | None = None
    replacement: Annotated[str, MaxLen(MAX_REPLACEMENT)] | None = None
    append_to: Annotated[str, MaxLen(40)] | None = None
    together_with: Annotated[tuple[Annotated[str, MaxLen(40)], ...], MaxLen(MAX_ADVICE)] = ()
    conflicts_with: Annotated[tuple[Annotated[str, MaxLen(40)], ...], MaxLen(MAX_ADVICE)] = ()
    paths: Annotated[tuple[str, ...], MaxLen(MAX_EXAMPLES)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What an adviser found: advice, and which bytes of which records would be gone.

    `freed` is None for advice that isn't for bytes. It has no base image's records but in `scratch`.
    `always`: it matters however few bytes they are. `instructions` are those that it is about.
    """

    message: str
    freed: Mapping[Record, int] | None = None
    about: bool = False
    always: bool = False
    layer: int | None = None
    instructions: Sequence[Instruction] = ()
    replacement: str | None = None
    append_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What matters here of an executable or a shared library.

    `static`: it runs without any library. `symbols` are the bytes that strip(1) takes out of it. `needs`
    are the names of the libraries that it is linked against.
    """

    static: bool
    symbols: int = 0
    needs: Sequence[bytes] = ()


class Adviser(Protocol):
    """Looks for one kind of bloat. One module each, named like its id."""

    def __call__(self, facts: Facts) -> Iterable[Proposal]:
        """Everything of the kind, in this image."""
        ...


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that is known of an image.

    `instructions` are those of each layer, as `place.instructions_of_layers` gives them; empty where no
    Dockerfile is at hand. `dockerfile` are all instructions of it, `dockerfile_path` is where it lies, from
    the repository's root. `program` tells of the executable at a path, None where none is.
    `context_ignore` is whether the build context has a `.dockerignore`; None where nobody knows.
    """

    tree: Tree
    config: ImageConfig
    packages: Sequence[InstalledPackage] = ()
    owners: Mapping[bytes, InstalledPackage] = field(default_factory=dict)
    base_layers: int = 0
    base_name: str | None = None
    instructions: Sequence[Sequence[Instruction]] = ()
    dockerfile: Sequence[Instruction] = ()
    dockerfile_path: str | None = None
    program: Callable[[bytes], Program | None] = lambda _: None
    context_ignore: bool | None = None

    @cached_property
    def first_own(self) -> int:
        """The lowest layer that advice may be about.

        With a Dockerfile at hand, whatever lies below its first known line counts as the base image's.
        """
        known = [number for number, filled_by in enumerate(self.instructions) if filled_by]
        return max(self.base_layers, known[0]) if known else self.base_layers

    @cached_property
    def stage(self) -> int | None:
        """The stage of the Dockerfile that the image is made of: the topmost with a layer, or the last."""
        filled = [each.stage for filled_by in self.instructions for each in filled_by]
        stages = filled or [each.stage for each in self.dockerfile]
        return max((stage for stage in stages if stage is not None), default=None)

    @cached_property
    def files(self) -> Sequence[File]:
        """Every visible file that isn't the base image's and isn't empty."""
        return [each for each in self.tree.files() if each[1] >= self.first_own and each[2]]

    @cached_property
    def all_hidden(self) -> Sequence[Hidden]:
        """The files that later layers hide and that aren't empty, the base image's too."""
        return [file for file in self.tree.hidden() if file.size and file.layer < file.by]

    @cached_property
    def hidden(self) -> Sequence[Hidden]:
        """The hidden files that aren't the base image's and aren't empty."""
        return [file for file in self.all_hidden if file.layer >= self.first_own]

    @cached_property
    def _copied_by(self) -> Mapping[Record, int]:
        """The layer that wrote a file again with the same content."""
        return {(file.layer, file.path): file.by for file in self.hidden if file.how is Hiding.METADATA}

    @cached_property
    def _hidden_by(self) -> Mapping[Record, int]:
        """How many bytes the file has that a record hides."""
        return {(file.by, file.path): file.size for file in self.all_hidden}

    @cached_property
    def names(self) -> Mapping[Record, Sequence[bytes]]:
        """The visible names of each record that has hard links."""
        names: dict[Record, list[bytes]] = {}
        for path in filter(self.tree.is_hard_link, self.tree):
            found = self.tree.file_of(path)
            if found:
                names.setdefault((found[1], found[0]), [found[0]]).append(path)
        return names

    @cached_property
    def _column(self) -> bytes:
        """All paths of `files` and `hidden`, each ended by a zero byte."""
        paths = [*(file[0] for file in self.files), *(file.path for file in self.hidden), b""]
        return b"\0".join(paths)

    def mentions(self, *parts: bytes) -> bool:
        """Whether one of these is in some path; most advisers have nothing to look for.

        A zero byte at the end of a part stands for the end of a path.
        """
        return any(part in self._column for part in parts)

    def instructions_of(self, layer: int) -> Sequence[Instruction]:
        """Those that filled a layer; none where that isn't known."""
        return self.instructions[layer] if layer < len(self.instructions) else ()

    def freed(self, files: Iterable[File]) -> dict[Record, int]:
        """The bytes that go when these visible files do: those that have no name elsewhere."""
        chosen = {(layer, path): size for path, layer, size in files}
        if not self.names:
            return chosen
        going = {path for _, path in chosen}
        return {
            record: size
            for record, size in chosen.items()
            if all(name in going or self.tree.get(name) is None for name in self.names.get(record, ()))
        }

    def with_copies(self, records: Mapping[Record, int]) -> dict[Record, int]:
        """These records, and those that are only copies of them with other metadata (`chown -R`).

        Without a file, what it hides is copied in its place.
        """
        found = dict(records)
        for (layer, path), size in records.items():
            below = self._hidden_by.get((layer, path), 0)
            by = self._copied_by.get((layer, path))
            while by is not None:
                found[by, path] = max(0, size - below)
                by = self._copied_by.get((by, path))
        return found

    def files_of(self, packages: Iterable[InstalledPackage]) -> list[File]:
        """The files that these packages own."""
        chosen = {id(package) for package in packages}
        return [file for file in self.files if id(self.owners.get(file[0])) in chosen]

    def is_systems(self, path: bytes) -> bool:
        """Whether the file is owned by a package of the system's own manager."""
        owner = self.owners.get(path)
        return owner is not None and owner.manager in SYSTEM

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages that the image's environment asks for: `de` of `LANG=de_DE.UTF-8`."""
        values = [
            value
            for name, _, value in (entry.partition("=") for entry in self.config.env)
            if name in {"LANG", "LANGUAGE"} or name.startswith("LC_")
        ]
        words = {word for value in values for word in value.split(":")}
        return frozenset(word.partition(".")[0].partition("_")[0] for word in words if word)


def from_context(instructions: Sequence[Instruction]) -> Instruction | None:
    """The COPY or ADD that filled a layer with files of the build context."""
    if len(instructions) != 1 or instructions[0].keyword not in {"ADD", "COPY"}:
        return None
    instruction = instructions[0]
    return None if any(flag.startswith("--from") for flag in instruction.flags) else instruction


def by_layer(files: Iterable[File]) -> dict[int, list[File]]:
    """The same files, layer by layer."""
    layers: dict[int, list[File]] = {}
    for file in files:
        layers.setdefault(file[1], []).append(file)
    return layers


def examples(freed: Mapping[Record, int]) -> tuple[str, ...]:
    """The largest files, for people."""
    largest = sorted(freed.items(), key=lambda item: (-item[1], item[0]))[:MAX_EXAMPLES]
    return tuple(shown(path) for (_, path), _ in largest)
