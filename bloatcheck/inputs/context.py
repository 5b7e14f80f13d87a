"""What a builder takes out of a build context: the files behind the sources of COPY, ADD and bind mounts.

As BuildKit asks for them: links on the way to a source are followed, as long as they stay in the context,
links within a folder are taken as links, and what the ignore file leaves out is not there. In doubt it is
more than the builder takes, never less.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bloatcheck.inputs.ignore import IgnoreFile, name_pattern
from bloatcheck.inputs.model import UnresolvedError
from bloatcheck.inputs.tree import MOST_LINKS, Tree, join

MOST_STEPS = 1_000_000
"""From a folder into what is in it, for one context: links that lead back make ever more ways."""
_SPECIAL = re.compile(r"[*?\[\\]")


@dataclass(slots=True)
class BuildContext:
    """A folder of the repository that is a build's context.

    `folder` is its path in the tree, with no link in it. Several images may share one.
    """

    tree: Tree
    folder: str
    ignore: IgnoreFile
    _below: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    _taken: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    _steps: int = 0

    def taken(self, source: str) -> frozenset[str]:
        """The files and links that a source stands for, as paths of the tree.

        Args:
            source: as COPY has it, variables expanded; from the context's root, wherever it begins.

        Raises:
            UnresolvedError: it is not there, or can't be told.
        """
        if source not in self._taken:
            names = [name for name in posixpath.normpath(f"/{source}").split("/") if name]
            found = frozenset(self._walk("", tuple(names), MOST_LINKS))
            if not found and not _SPECIAL.search(source) and not self._is_empty_folder(names):
                raise UnresolvedError(f"{source[:200]} is not there")
            self._taken[source] = found
        return self._taken[source]

    def _is_empty_folder(self, names: Sequence[str]) -> bool:
        """Whether it is a folder of which nothing is taken; git knows none, but a step before may."""
        path = "/".join(names)
        return not any(
            self.tree.kind(self._at("/".join(names[:end]))) == "link" for end in range(len(names))
        ) and (self.tree.kind(self._at(path)) == "folder")

    def _at(self, path: str) -> str:
        return posixpath.join(self.folder, path) if path else self.folder

    def _walk(self, here: str, names: Sequence[str], links: int) -> Iterator[str]:
        """Follows the names from a folder of the context; `links` are those that may still be followed."""
        self._count(1)
        if not names:
            yield from self._all(here)
            return
        name, rest = names[0], names[1:]
        if "**" in name:
            # To `COPY --parents` it is any folders, and whatever is below is more than it takes.
            # Without that flag one star more says nothing.
            yield from self._all(here)
        if self.tree.kind(self._at(here)) != "folder":
            return
        if _SPECIAL.search(name):
            try:
                fits = name_pattern(name)
            except ValueError as error:
                raise UnresolvedError(str(error)) from None
            entries = self.tree.entries(self._at(here))
            self._count(len(entries))
            chosen = [entry.name for entry in entries if fits.fullmatch(entry.name)]
        else:
            chosen = [name]
        for each in chosen:
            yield from self._enter(join(here, each), rest, links)

    def _count(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise UnresolvedError("there are too many ways through the context's folders and links")

    def _enter(self, path: str, rest: Sequence[str], links: int) -> Iterator[str]:
        kind = self.tree.kind(self._at(path))
        if kind == "link":
            if self.ignore.ignores(path):
                return
            yield self._at(path)
            if links == 0:
                raise UnresolvedError(f"{path} leads through more than {MOST_LINKS} links")
            target = self.tree.target(self._at(path))
            if re.search(r"[^./][^/]*/+\.\.(/|$)", target):
                # Builders don't agree on what that is where the name before is a link too.
                raise UnresolvedError(f"{path} is a link that goes up again, to {target[:200]}")
            start = "/" if target.startswith("/") else f"/{posixpath.dirname(path)}"
            # The context's root is where `..` ends.
            names = [name for name in _resolved(start, target).split("/") if name]
            yield from self._literally(names, rest, links - 1)
        elif kind == "folder":
            yield from self._walk(path, rest, links)
        elif kind is not None and not rest and not self.ignore.ignores(path):
            yield self._at(path)

    def _literally(self, names: Sequence[str], rest: Sequence[str], links: int) -> Iterator[str]:
        """Where a link leads, whose names are no patterns, and from there on by those that were left."""
        here = ""
        for at, name in enumerate(names):
            here = join(here, name)
            kind = self.tree.kind(self._at(here))
            if kind == "link":
                yield from self._enter(here, (*map(_escaped, names[at + 1 :]), *rest), links)
                return
            if kind != "folder":
                if at == len(names) - 1:
                    yield from self._enter(here, rest, links)
                return
        yield from self._walk(here, rest, links)

    def _all(self, folder: str) -> tuple[str, ...]:
        """All files and links in a folder and below it, that the ignore file leaves."""
        if folder not in self._below:
            self._below[folder] = tuple(self._left(folder))
        self._count(len(self._below[folder]))
        return self._below[folder]

    def _left(self, folder: str) -> Iterator[str]:
        waiting = [folder]
        while waiting:
            here = waiting.pop()
            if here and self.ignore.prunes(here):
                continue
            for entry in self.tree.entries(self._at(here)):
                path = join(here, entry.name)
                if entry.kind == "folder":
                    waiting.append(path)
                elif not self.ignore.ignores(path):
                    if self._at(path).partition("/")[0] == ".git":
                        raise UnresolvedError("it takes .git, which is another one at every commit")
                    yield self._at(path)


def _resolved(start: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(start, target))


def _escaped(name: str) -> str:
    return re.sub(r"([*?\[\\])", r"\\\1", name)
