"""Programs written in Go: each has within it which modules it was built from (`go version -m`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from bloatcheck.analysis.packages.installed_files import InstalledFiles
from bloatcheck.analysis.packages.model import MAX_PACKAGES, InstalledPackage, Part
from bloatcheck.analysis.packages.text import label
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.capture import Captured

KIND = "executable"
"""Of what is kept of programs: JSON, in which `go` is what `build_facts` tells of a Go program."""
_KEY = b'"go"'
_UNVERSIONED = "(devel)"
_GOS_OWN = "cmd/"


class Go:
    """Reads the facts of executables: there is no database but the programs themselves."""

    name = "go"
    beginnings = ()
    endings = ()

    def captures(self, path: bytes, size: int) -> bool:
        """Nothing: facts of executables are kept for other reasons too."""
        del path, size
        return False

    def installed(
        self, tree: Tree, databases: Sequence[bytes], files: InstalledFiles
    ) -> Iterable[InstalledPackage]:
        """Each program is a package, named for its main module, and its modules are its parts."""
        del databases, files
        for path, build in islice(_programs(tree), MAX_PACKAGES):
            yield _package(self.name, path, build)


def tells_of_go(captured: Captured) -> bool:
    """Whether these are the facts of a Go program."""
    return _build(captured) is not None


def _programs(tree: Tree) -> Iterator[tuple[bytes, Mapping[str, Any]]]:
    """Path and facts of each Go program that is visible."""
    paths = {
        path for layer in tree.layers for path, kept in (layer.captured or {}).items() if kept.kind == KIND
    }
    for path in sorted(paths):
        captured = tree.captured(path)
        build = _build(captured) if captured else None
        if build:
            yield path, build


def _build(captured: Captured) -> Mapping[str, Any] | None:
    # most programs aren't Go's, and needn't be taken apart to see that
    if captured.kind != KIND or _KEY not in captured.content:
        return None
    build: Mapping[str, Any] | None = json.loads(captured.content).get("go")
    return build


def _package(manager: str, path: bytes, build: Mapping[str, Any]) -> InstalledPackage:
    """One that was built without modules is named for its package; those of Go's own have Go's version."""
    path_of_main = build["path"]
    own_version = build["version"].removeprefix("go") if path_of_main.startswith(_GOS_OWN) else ""
    module, version = build["module"] or (path_of_main, own_version)
    return InstalledPackage(
        manager=manager,
        name=label(module) or label(path.rpartition(b"/")[2]),
        version="" if version == _UNVERSIONED else label(version),
        files=(path,),
        parts=tuple(Part(label(name), label(of)) for name, of in build["modules"]),
    )
