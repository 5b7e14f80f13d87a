"""The Dockerfiles of a repository, and what each is built with."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bloatcheck.config.discover import dockerfile_words
from bloatcheck.config.grammar import slug
from bloatcheck.oci.dockerfile import MAX_LENGTH, Instruction, parse_dockerfile

MOST_DOCKERFILES = 50
_MOST_FILES = 200_000
_NOT_OURS = frozenset(
    {".git", "node_modules", "vendor", "third_party", ".venv", "venv", "testdata", "fixtures"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """An image that could be built. Paths are relative to the repository's root."""

    name: str
    dockerfile: str
    context: str


def find_dockerfiles(root: Path) -> tuple[Found, ...]:
    """Every Dockerfile or Containerfile, by path; not those in folders of other people's code.

    At most `MOST_DOCKERFILES`, those nearest to the root.
    """
    paths = sorted(_files(root), key=lambda path: (path.count("/"), path))[:MOST_DOCKERFILES]
    names = _names(paths, root)
    return tuple(Found(name, path, _context(root, path)) for path, name in zip(paths, names, strict=True))


def _files(root: Path) -> Iterator[str]:
    seen = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _NOT_OURS)
        seen += len(files)
        if seen > _MOST_FILES:
            return
        for name in files:
            path = Path(folder, name)
            if dockerfile_words(name) is not None and path.is_file() and not path.is_symlink():
                yield path.relative_to(root).as_posix()


def _names(paths: Sequence[str], root: Path) -> list[str]:
    """After the file's own words, else its folder, else the repository; numbered where that is not enough."""
    names: list[str] = []
    for path in paths:
        folder, file = posixpath.split(path)
        own = dockerfile_words(file)
        wanted = [slug(own)] if own else []
        wanted += [slug(posixpath.basename(folder) or root.resolve().name), slug(path)]
        free = (name for name in (*wanted, *(f"{wanted[0]}-{n}" for n in range(2, 99))) if name not in names)
        names.append(next(free))
    return names


def _context(root: Path, dockerfile: str) -> str:
    """The folder that most of what it copies is in: its own, or the repository's root."""
    folder = posixpath.dirname(dockerfile) or "."
    if folder == ".":
        return folder
    copied = tuple(_copied(_instructions(root / dockerfile)))
    own, top = (_count(root / each, copied) for each in (folder, "."))
    return "." if top > own else folder


def _instructions(path: Path) -> tuple[Instruction, ...]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return parse_dockerfile(file.read(MAX_LENGTH))
    except (OSError, ValueError):
        return ()


def _copied(instructions: Iterable[Instruction]) -> Iterator[str]:
    """What COPY and ADD take from the context."""
    for instruction in instructions:
        if instruction.keyword not in ("COPY", "ADD") or any(
            flag.startswith("--from") for flag in instruction.flags
        ):
            continue
        words = instruction.json or instruction.arguments.split()
        yield from (word for word in words[:-1] if not word.startswith(("http:", "https:", "<<", "[")))


def _count(folder: Path, copied: Iterable[str]) -> int:
    """How many of them are there; a pattern counts if it matches anything."""
    found = 0
    for word in copied:
        path = os.path.normpath(word.lstrip("/"))
        if path.startswith("..") or path == ".":
            continue
        try:
            found += any(True for _ in folder.glob(path))
        except (OSError, ValueError, NotImplementedError):
            # No pattern of Python's, such as one with `**` within a name.
            continue
    return found
