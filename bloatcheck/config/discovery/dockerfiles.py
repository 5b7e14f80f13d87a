"""Dockerfiles and Containerfiles, by their names, and what each is built with."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bloatcheck.config.discover import dockerfile_words
from bloatcheck.config.discovery.model import Found
from bloatcheck.config.grammar import slug
from bloatcheck.oci.dockerfile import Instruction, parse_dockerfile, read_dockerfile

_MOST_FILES = 200_000
_NOT_OURS = frozenset(
    {".git", "node_modules", "vendor", "third_party", ".venv", "venv", "testdata", "fixtures"}
)


def files_of(root: Path) -> Iterator[tuple[str, str]]:
    """Folder (from the root, "" for itself) and name of each file; not those of other people's code."""
    seen = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _NOT_OURS)
        seen += len(files)
        if seen > _MOST_FILES:
            return
        relative = os.path.relpath(folder, root)
        for name in sorted(files):
            yield ("" if relative == "." else relative.replace(os.sep, "/")), name


def find_dockerfiles(root: Path, files: Iterable[tuple[str, str]]) -> tuple[Found, ...]:
    """Those among the files, nearest to the root first."""
    paths = [
        posixpath.join(folder, name)
        for folder, name in files
        if dockerfile_words(name) is not None and _is_plain(root / folder / name)
    ]
    return tuple(_found(root, path) for path in sorted(paths, key=lambda path: (path.count("/"), path)))


def read_instructions(path: Path) -> tuple[Instruction, ...]:
    """A Dockerfile's instructions; none of one that can't be read."""
    try:
        return parse_dockerfile(read_dockerfile(path))
    except (OSError, ValueError):
        return ()


def copied(instructions: Iterable[Instruction]) -> Iterator[str]:
    """What COPY and ADD take from the context, as it is written."""
    for instruction in instructions:
        if instruction.keyword not in ("COPY", "ADD") or any(
            flag.startswith("--from") for flag in instruction.flags
        ):
            continue
        words = instruction.json or instruction.arguments.split()
        yield from (word for word in words[:-1] if not word.startswith(("http:", "https:", "<<", "[")))


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _found(root: Path, path: str) -> Found:
    """Named after its folder and its own words: `services-api`, `services-api-dev` of `Dockerfile.dev`."""
    folder, file = posixpath.split(path)
    own = dockerfile_words(file) or ""
    whole = slug(f"{folder} {own}") if folder or own else slug(root.resolve().name)
    short = slug(own or posixpath.basename(folder) or root.resolve().name)
    return Found(whole, path, _context(root, path), file=path, short_name=short)


def _context(root: Path, dockerfile: str) -> str:
    """The folder that most of what it copies is in: its own, or the repository's root."""
    folder = posixpath.dirname(dockerfile) or "."
    if folder == ".":
        return folder
    taken: Sequence[str] = tuple(copied(read_instructions(root / dockerfile)))
    own, top = (_count(root / each, taken) for each in (folder, "."))
    return "." if top > own else folder


def _count(folder: Path, taken: Iterable[str]) -> int:
    """How many of them are there; a pattern counts if it matches anything."""
    found = 0
    for word in taken:
        path = os.path.normpath(word.lstrip("/"))
        if path.startswith("..") or path == ".":
            continue
        try:
            found += any(True for _ in folder.glob(path))
        except (OSError, ValueError, NotImplementedError):
            # No pattern of Python's, such as one with `**` within a name.
            continue
    return found
