"""Root file systems with package databases, for tests."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import IO, BinaryIO

from support.layers import Entry, file, folder, hard_link, layer, symlink

from bloatcheck.analysis.capture import EXPLAIN
from bloatcheck.analysis.packages import InstalledPackage, extract, installed
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.layer_index import LayerIndex, clean_path
from bloatcheck.image.open import open_image


def tree_of(files: Mapping[str, str | bytes], *more: Entry) -> Tree:
    """A file system of these files, their contents kept as an image's would be, and of some more entries."""
    return Tree([layer(*(_captured(path, _bytes(content)) for path, content in files.items()), *more)])


def tree_of_paths(*paths: str) -> Tree:
    """A file system of files of one byte."""
    return Tree([layer(*(file(path, 1) for path in paths))])


def tree_of_tar(archive: Path) -> Tree:
    """The file system in a tar archive, as the only layer of an image."""
    with archive.open("rb") as stream:
        return Tree([layer_of_tar(stream)])


def tree_of_image(reference: str) -> Tree:
    """The file system of an image, listed with what tells of packages."""
    with closing(open_image(reference)) as image:
        diff_ids = image.config.diff_ids
        listed = {layer.diff_id: layer for layer in image.index_layers(set(diff_ids), EXPLAIN)}
    return Tree(listed[diff_id] for diff_id in diff_ids)


def layer_of_tar(stream: IO[bytes]) -> LayerIndex:
    """A layer, read by Python's own tarfile."""
    entries: list[Entry] = []
    with tarfile.open(fileobj=stream, errors="surrogateescape") as members:
        for member in members:
            path = clean_path(member.name.encode("utf-8", "surrogateescape"))
            target = member.linkname.encode("utf-8", "surrogateescape")
            if member.isreg():
                wanted = extract(path, member.size)
                captured = wanted(_content(members, member), member.size) if wanted else None
                entries.append(file(path, member.size, mode=member.mode, captured=captured))
            elif member.isdir():
                entries.append(folder(path))
            elif member.issym():
                entries.append(symlink(path, target))
            elif member.islnk():
                entries.append(hard_link(path, clean_path(target)))
    return layer(*entries)


def by_name(packages: Iterable[InstalledPackage], manager: str | None = None) -> dict[str, InstalledPackage]:
    """The packages of one manager, or all."""
    return {package.name: package for package in packages if manager in (None, package.manager)}


def packages_of(files: Mapping[str, str | bytes], *more: Entry) -> dict[str, InstalledPackage]:
    """What is installed in such a file system."""
    return by_name(installed(tree_of(files, *more)))


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> BinaryIO:
    content = archive.extractfile(member)
    assert content
    return io.BytesIO(content.read())


def _captured(path: str, content: bytes) -> Entry:
    name = path.encode("utf-8", "surrogateescape")
    wanted = extract(name, len(content))
    captured = wanted(io.BytesIO(content), len(content)) if wanted else None
    return file(name, len(content), captured=captured)


def _bytes(content: str | bytes) -> bytes:
    return content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
