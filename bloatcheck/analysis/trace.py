"""Where one thing in an image comes from: a path, or a package, layer by layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from heapq import nlargest

from bloatcheck.analysis.inventory import Inventory
from bloatcheck.analysis.makers import Made, Makers
from bloatcheck.analysis.packages.model import InstalledPackage
from bloatcheck.analysis.snapshot import Base
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.layer_index import DIGEST_LENGTH, NO_DIGEST, Kind, LayerIndex, unicode_text
from bloatcheck.oci.whiteout import OPAQUE_NAME, PREFIX

MOST_FILES = 10
REGULAR, DIRECTORY, SYMLINK, HARD_LINK = "file", "directory", "symbolic link", "hard link"

_KINDS = {
    Kind.REGULAR: REGULAR,
    Kind.DIRECTORY: DIRECTORY,
    Kind.SYMLINK: SYMLINK,
    Kind.HARD_LINK: HARD_LINK,
    Kind.CHARACTER_DEVICE: "character device",
    Kind.BLOCK_DEVICE: "block device",
    Kind.FIFO: "pipe",
}
_MOST_FOUND = 100


class Event(str, Enum):
    """What a layer did to a path."""

    ADDED = "added"
    OVERWRITTEN = "overwritten"
    METADATA = "rewritten with the same content"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Step:
    """One layer that touched a path; it counts from 0. `size` is in bytes, 0 for a deletion."""

    layer: int
    event: Event
    size: int


@dataclass(frozen=True, slots=True)
class PathTrace:
    """A path's way through the layers. Paths begin with a slash; `kind` is a word such as `directory`.

    `size` is what can be seen of it now in bytes, of a directory with all in it; `hidden` what lies in the
    layers and can't be seen. `leads_to` is where a symbolic link ends. `package` is whose it is. `files` are
    the largest files in a directory, `by_layer` its bytes. `made` tells of what `COPY --from` brought.
    """

    path: str
    kind: str | None
    size: int
    hidden: int
    steps: tuple[Step, ...]
    leads_to: str | None
    package: InstalledPackage | None
    files: tuple[tuple[str, int], ...] = ()
    by_layer: tuple[tuple[int, int], ...] = ()
    made: tuple[Made, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageTrace:
    """A package in the image: its bytes that can be seen, by layer, and its largest files.

    `made` tells of what `COPY --from` brought.
    """

    package: InstalledPackage
    size: int
    by_layer: tuple[tuple[int, int], ...]
    files: tuple[tuple[str, int], ...]
    chain: tuple[str, ...]
    """From the package itself to one that was asked for; only itself where it was, or nobody knows."""
    made: tuple[Made, ...] = ()

    def is_of(self, base: Base | None) -> bool:
        """Whether the base image brought it: most of its bytes are in the layers of the base."""
        layer = max(self.by_layer, key=lambda each: (each[1], -each[0]), default=None)
        return base is not None and layer is not None and layer[0] < base.layer_count


def trace_path(inventory: Inventory, path: bytes, makers: Makers | None = None) -> PathTrace | None:
    """A path's way, `path` being relative to the root; None if no layer has anything at or below it."""
    tree = inventory.tree
    steps = tuple(_steps(tree, path))
    node = tree.get(path)
    below = [each for each in tree.files() if each[0] == path or each[0].startswith(path + b"/")]
    if not path:
        below = list(tree.files())
    if not steps and not below and node is None:
        return None
    size = sum(each for _, _, each in below)
    hidden = sum(
        file.size
        for file in tree.hidden()
        if not path or file.path == path or file.path.startswith(path + b"/")
    )
    file = tree.file_of(path)
    if node and node.kind == Kind.HARD_LINK and file:
        at = tree.layers[file[1]].records
        size = next(
            (each for its, each in zip(tree.paths_of(file[1]), at.sizes, strict=True) if its == file[0]), 0
        )
    target = tree.resolve(path) if node and node.kind == Kind.SYMLINK else None
    return PathTrace(
        path=_text(path),
        kind=_KINDS.get(Kind(node.kind), "something else") if node else None,
        size=size,
        hidden=hidden,
        steps=steps,
        leads_to=_text(target) if target is not None else None,
        package=inventory.owners.get(path),
        files=_largest((each, its) for each, _, its in below if each != path),
        by_layer=_by_layer((layer, its) for _, layer, its in below),
        made=_made(makers, below or _file_itself(tree, path, size)),
    )


def trace_package(inventory: Inventory, name: str, makers: Makers | None = None) -> tuple[PackageTrace, ...]:
    """Every package of this name, or of `manager:name`, in the managers' order."""
    manager, colon, rest = name.partition(":")
    wanted = [
        package
        for package in inventory.packages
        if package.name == name or (colon and package.manager == manager and package.name == rest)
    ][:_MOST_FOUND]
    if not wanted:
        return ()
    owned: dict[int, list[tuple[bytes, int, int]]] = {id(package): [] for package in wanted}
    for path, layer, size in inventory.tree.files():
        package = inventory.owners.get(path)
        if package is not None and id(package) in owned:
            owned[id(package)].append((path, layer, size))
    return tuple(
        PackageTrace(
            package=package,
            size=sum(size for _, _, size in owned[id(package)]),
            by_layer=_by_layer((layer, size) for _, layer, size in owned[id(package)]),
            files=_largest((path, size) for path, _, size in owned[id(package)]),
            chain=_chain(package, inventory.packages),
            made=_made(makers, owned[id(package)]),
        )
        for package in wanted
    )


def similar_names(inventory: Inventory, name: str) -> tuple[str, ...]:
    """Packages whose name has `name` in it, for somebody who doesn't know it exactly."""
    found = sorted({package.name for package in inventory.packages if name and name in package.name}, key=len)
    return tuple(found[:5])


def _steps(tree: Tree, path: bytes) -> Iterator[Step]:
    there: bytes | None = None
    """The digest of what the layers before left there; None for nothing."""
    for number, layer in enumerate(tree.layers):
        position = _position(layer, path)
        if position is None:
            if there is not None and _deletes(layer, path):
                yield Step(number, Event.DELETED, 0)
                there = None
            continue
        records = layer.records
        digest = records.digests[position * DIGEST_LENGTH : (position + 1) * DIGEST_LENGTH]
        same = bool(digest) and digest != NO_DIGEST and digest == there
        event = Event.ADDED if there is None else Event.METADATA if same else Event.OVERWRITTEN
        yield Step(number, event, records.sizes[position])
        there = digest


def _position(layer: LayerIndex, path: bytes) -> int | None:
    """The last record of a layer at this path."""
    column = b"\0" + layer.records.paths
    at = column.rfind(b"\0" + path + b"\0")
    if at < 0:
        return None
    position = column.count(b"\0", 0, at)
    return position if layer.records.kinds[position] not in (Kind.WHITEOUT, Kind.OPAQUE) else None


def _deletes(layer: LayerIndex, path: bytes) -> bool:
    """Whether the layer hides what is below it at this path."""
    column = b"\0" + layer.records.paths
    parts = path.split(b"/")
    for length in range(len(parts)):
        folder = b"/".join(parts[:length])
        start = folder + b"/" if folder else b""
        if b"\0" + start + OPAQUE_NAME + b"\0" in column:
            return True
        if b"\0" + start + PREFIX + parts[length] + b"\0" in column:
            return True
        if folder:
            position = _position(layer, folder)
            if position is not None and layer.records.kinds[position] != Kind.DIRECTORY:
                return True
    return False


def _largest(files: Iterator[tuple[bytes, int]]) -> tuple[tuple[str, int], ...]:
    return tuple((_text(path), size) for path, size in nlargest(MOST_FILES, files, key=lambda file: file[1]))


def _text(path: bytes) -> str:
    """For people and JSON: what isn't UTF-8 becomes U+FFFD."""
    return "/" + unicode_text(path)


def _by_layer(sizes: Iterator[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    total: Counter[int] = Counter()
    for layer, size in sizes:
        total[layer] += size
    return tuple(sorted(total.items()))


def _file_itself(tree: Tree, path: bytes, size: int) -> list[tuple[bytes, int, int]]:
    """A link, by the layer that has it."""
    node = tree.get(path)
    return [(path, node.layer, size)] if node else []


def _made(makers: Makers | None, files: Iterable[tuple[bytes, int, int]]) -> tuple[Made, ...]:
    if makers is None:
        return ()
    by_layer: dict[int, dict[bytes, int]] = {}
    for path, layer, size in files:
        by_layer.setdefault(layer, {})[path] = size
    return tuple(made for layer in sorted(by_layer) for made in makers.of(layer, by_layer[layer]))


def _chain(package: InstalledPackage, packages: Sequence[InstalledPackage]) -> tuple[str, ...]:
    """From a package to one that was asked for, by who needs whom."""
    known = {each.name: each for each in packages if each.manager == package.manager}
    chain = [package.name]
    while package.asked_for is False:
        reasons = package.needed_by or package.recommended_by
        found = known.get(reasons[0]) if reasons else None
        if found is None or found.name in chain:
            break
        package = found
        chain.append(package.name)
    return tuple(chain)
