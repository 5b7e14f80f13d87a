"""The root file system that layers make, one on the other (OCI image-spec, layer.md, "Applying Changesets").

A whiteout hides what lower layers put at its path and below, an opaque marker what they put below its
directory, wherever in the stream either stands. A record that is no directory hides a lower directory with
all in it. A hard link is another name of a file, whose bytes stay for as long as one of its names does.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from bloatcheck.image.layer_index import DIGEST_LENGTH, NO_DIGEST, Kind, LayerIndex
from bloatcheck.oci.whiteout import hidden_path

if TYPE_CHECKING:
    from bloatcheck.image.capture import Captured

_MAX_LINKS = 40
"""Symbolic links on the way to one path; as many as Linux follows."""
_LONGEST = 4096
"""Bytes of a path; the kernel takes no longer one, so nobody can reach what lies behind it."""

_MOST_LINK_PARTS = 3_000_000
"""Parts of the targets of all symbolic links that are followed in one image; large ones have some hundred
thousand. Links that lead through links can make each of them cost forty times the longest path."""
_MOST_IMPLIED = 32 << 20
"""Bytes of the paths of all folders without a record. Builders that write none for any folder need some
hundred thousand; all the folders around deep paths would be gigabytes."""
_AFTER_SLASH = b"0"
"""The letter after the slash."""

_REGULAR, _HARD_LINK, _DIRECTORY, _SYMLINK = Kind.REGULAR, Kind.HARD_LINK, Kind.DIRECTORY, Kind.SYMLINK


class Node(NamedTuple):
    """What stands at a path. `layer` counts from 0 at the base, `position` is the record's in its layer.

    Of a hard link, `size` is 0: the bytes are its target's. `link_target` is empty but for links.
    """

    layer: int
    position: int
    kind: int
    size: int
    mode: int
    uid: int
    gid: int
    link_target: bytes


class Hiding(str, Enum):
    """How a record was hidden by a later one."""

    OVERWRITTEN = "overwritten"
    DELETED = "deleted"
    METADATA = "metadata"
    """Overwritten by the same content: only mode, owner or times were changed."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A regular file whose bytes are in a layer and can't be seen in the image.

    `layer` has the bytes, `by` is the layer that hid them; both count from 0.
    """

    path: bytes
    size: int
    layer: int
    by: int
    how: Hiding


class Tree:
    """The root file system after the layers that were applied so far.

    What it gives is true until the next layer is applied. Paths are those of the records: relative to the
    root, without slashes at the ends.
    """

    def __init__(self, layers: Iterable[LayerIndex] = ()) -> None:
        self.layers: list[LayerIndex] = []
        self._paths: list[list[bytes]] = []
        self._starts: list[int] = []
        """The number of each layer's first record, where all records are counted through."""
        self._count = 0
        self._kinds = bytearray()
        """Of all records."""
        self._visible: dict[bytes, int] = {}
        self._hidden: dict[int, tuple[int, int | None]] = {}
        """Record -> which layer hid it, and by which record; None where it was deleted."""
        self._links: dict[int, dict[int, bytes]] = {}
        self._hard_links: dict[int, int] = {}
        """A hard link's record -> that of the file whose other name it is."""
        self.resolutions = 0
        """How many paths were resolved: what looking for programs and libraries costs."""
        self._link_parts_left = _MOST_LINK_PARTS
        self._implied: set[bytes] = set()
        """Folders that no record stands for, and that have something below them, or had it once."""
        self._implied_left = _MOST_IMPLIED
        self._ordered: list[bytes] | None = None
        """Every visible path, sorted. Not the folders around them: of deep paths those are gigabytes."""
        self._sorted: list[bytes] = []
        """Every path that was visible once, sorted; some twice. Of a thousand layers that hide something
        each adds its own: all sorted anew took a second for each."""
        self._unsorted: list[bytes] = []
        """Those since."""
        for layer in layers:
            self.apply(layer)

    def apply(self, layer: LayerIndex) -> None:
        """Puts one more layer on top."""
        records = layer.records
        kinds = records.kinds
        paths = records.path_list()
        start, number = self._count, len(self.layers)
        self.layers.append(layer)
        self._paths.append(paths)
        self._starts.append(start)
        self._count += len(paths)
        self._kinds += kinds
        self._ordered = None

        fresh = dict(zip(paths, range(start, self._count), strict=True))
        if len(fresh) != len(paths):
            self._hide_repeated(paths, fresh, start, number)
        markers = _positions(kinds, (Kind.WHITEOUT, Kind.OPAQUE))
        for position in (*markers, *_positions(kinds, (Kind.OTHER,))):
            fresh.pop(paths[position], None)
        if self._visible:
            again = fresh.keys() & self._visible.keys()
            folders = {path for path in again if self._kinds[self._visible[path]] == _DIRECTORY}
            folders |= fresh.keys() & self._implied
            replaced = {path for path in folders if kinds[fresh[path] - start] != _DIRECTORY}
            self._hide_below([(kinds[at], paths[at]) for at in markers], replaced, fresh)
            for path in again:
                old = self._visible.get(path)
                if old is not None:
                    self._hidden[old] = (number, fresh[path])
        if _HARD_LINK in kinds:
            self._join_hard_links(fresh, start, number)
        self._unsorted += fresh
        self._visible.update(fresh)
        self._visible.pop(b"", None)
        self._implied.difference_update(fresh)
        self._imply({path[: path.rfind(b"/")] for path in fresh if b"/" in path})

    def __len__(self) -> int:
        """How many paths are visible."""
        return len(self._visible)

    def __iter__(self) -> Iterator[bytes]:
        """Every visible path, the root not among them."""
        return iter(self._visible)

    def __contains__(self, path: object) -> bool:
        """Whether a record stands at this very path."""
        return path in self._visible

    def get(self, path: bytes) -> Node | None:
        """What stands at this very path; None where no record does."""
        record = self._visible.get(path)
        return None if record is None else self._node(record)

    def items(self) -> Iterator[tuple[bytes, Node]]:
        """Every visible path with what stands there."""
        for path, record in self._visible.items():
            yield path, self._node(record)

    def files(self) -> Iterator[tuple[bytes, int, int]]:
        """(path, layer, size) of every visible regular file, each once, so that sizes add up.

        One of several names; that of a hard link where the file's own is gone.
        """
        layers = [(layer.records.kinds, layer.records.sizes) for layer in self.layers]
        starts = self._starts
        ends = [*starts[1:], self._count]
        number, start, end = 0, 0, ends[0] if ends else 0
        kinds, sizes = layers[0] if layers else (b"", ())
        for path, record in self._visible.items():
            if not start <= record < end:
                number = bisect_right(starts, record) - 1
                start, end = starts[number], ends[number]
                kinds, sizes = layers[number]
            if kinds[record - start] == _REGULAR:
                yield path, number, sizes[record - start]
        for record, path in self._only_linked().items():
            number, position = self._where(record)
            yield path, number, self.layers[number].records.sizes[position]

    def not_folders(self) -> Iterator[bytes]:
        """Every visible path at which no directory stands."""
        kinds = self._kinds
        return (path for path, record in self._visible.items() if kinds[record] != _DIRECTORY)

    def find(self, pattern: re.Pattern[bytes]) -> Iterator[bytes]:
        """Every visible path in which the pattern is found."""
        return filter(pattern.search, self._visible)

    def children(self, folder: bytes) -> Sequence[bytes]:
        """The names in a folder, also where only what is in it has records; b"" is the root."""
        ordered = self._in_order()
        start = folder + b"/" if folder else b""
        at, end = self._range_below(folder)
        names: dict[bytes, None] = {}
        while at < end:
            name, slash, _ = ordered[at][len(start) :].partition(b"/")
            names[name] = None
            at = bisect_left(ordered, start + name + _AFTER_SLASH, at, end) if slash else at + 1
        return tuple(names)

    def below(self, folder: bytes) -> Iterator[bytes]:
        """Every visible path below a folder in order, itself not among them."""
        ordered = self._in_order()
        return (ordered[at] for at in range(*self._range_below(folder)))

    def is_hard_link(self, path: bytes) -> bool:
        """Whether another name of a file that is there stands at this very path."""
        return self._visible.get(path) in self._hard_links

    def is_folder(self, path: bytes) -> bool:
        """Whether a directory stands at this path, or is implied by what lies below; b"" is the root."""
        record = self._visible.get(path)
        if record is not None:
            return self._kinds[record] == _DIRECTORY
        return not path or self._has_below(path)

    def resolve(self, path: bytes) -> bytes | None:
        """The path with no symbolic link left in it, as the kernel would walk it from the root.

        None where something on the way is missing, not a directory, or a circle of links; and for every link
        once an image had far more of them followed than any real one has.
        """
        self.resolutions += 1
        return self._walk(path) if len(path) <= _LONGEST else None

    def captured(self, path: bytes) -> Captured | None:
        """What was kept of the content at this very path; of a hard link, of its file."""
        record = self._visible.get(path)
        if record is None:
            return None
        number, position = self._where(self._file(record))
        kept = self.layers[number].captured
        return kept.get(self._paths[number][position]) if kept else None

    def digest(self, path: bytes) -> bytes | None:
        """The content digest of the file at this very path, or of the one it is a hard link to."""
        record = self._visible.get(path)
        return None if record is None else self._digest(self._file(record))

    def file_of(self, path: bytes) -> tuple[bytes, int] | None:
        """(path, layer) of the record that holds the bytes of a file: another one's for a hard link."""
        record = self._visible.get(path)
        if record is None:
            return None
        number, position = self._where(self._file(record))
        return self._paths[number][position], number

    def hidden(self) -> tuple[Hidden, ...]:
        """Every regular file that can't be seen any more, under any of its names, layer by layer."""
        kept = self._only_linked()
        found = []
        for record, (by, new) in sorted(self._hidden.items()):
            if self._kinds[record] != _REGULAR or record in kept:
                continue
            number, position = self._where(record)
            path, size = self._paths[number][position], self.layers[number].records.sizes[position]
            how = Hiding.DELETED
            if new is not None:
                how = Hiding.METADATA if self._same_content(record, new) else Hiding.OVERWRITTEN
            found.append(Hidden(path, size, number, by, how))
        return tuple(found)

    @property
    def size(self) -> int:
        """Bytes of all visible files, those of hard links once."""
        return sum(layer.content_size for layer in self.layers) - sum(file.size for file in self.hidden())

    def paths_of(self, layer: int) -> Sequence[bytes]:
        """The paths of all records of a layer, in order."""
        return self._paths[layer]

    def _imply(self, folders: set[bytes]) -> None:
        """Remembers those of the folders, and of the ones around them, that no record stands for."""
        while folders := {folder for folder in folders if folder not in self._visible} - self._implied:
            self._implied_left -= sum(map(len, folders))
            if self._implied_left < 0:
                return
            self._implied |= folders
            folders = {folder[: folder.rfind(b"/")] for folder in folders if b"/" in folder}

    def _in_order(self) -> list[bytes]:
        if self._ordered is None:
            there = filter(self._visible.__contains__, self._once_visible())
            self._ordered = [path for path, _ in groupby(there)]
        return self._ordered

    def _once_visible(self) -> list[bytes]:
        if self._unsorted:
            # two runs that are in order, or nearly, are merged in one go
            self._unsorted.sort()
            self._sorted += self._unsorted
            self._sorted.sort()
            self._unsorted = []
        return self._sorted

    def _range_below(self, folder: bytes) -> tuple[int, int]:
        """Where in the order the paths below a folder begin and end."""
        ordered = self._in_order()
        if not folder:
            return 0, len(ordered)
        start = bisect_left(ordered, folder + b"/")
        return start, bisect_left(ordered, folder + _AFTER_SLASH, start)

    def _has_below(self, folder: bytes) -> bool:
        ordered = self._in_order()
        start = folder + b"/"
        at = bisect_left(ordered, start)
        return at < len(ordered) and ordered[at].startswith(start)

    def _where(self, record: int) -> tuple[int, int]:
        """(layer, position in it) of a record."""
        number = bisect_right(self._starts, record) - 1
        return number, record - self._starts[number]

    def _node(self, record: int) -> Node:
        number, position = self._where(record)
        records = self.layers[number].records
        kind = records.kinds[position]
        target = self._targets(number)[position] if kind in (_SYMLINK, _HARD_LINK) else b""
        return Node(
            number,
            position,
            kind,
            records.sizes[position],
            records.modes[position],
            records.uids[position],
            records.gids[position],
            target,
        )

    def _targets(self, number: int) -> Mapping[int, bytes]:
        """Where the links of a layer lead, by the position of the link."""
        if number not in self._links:
            records = self.layers[number].records
            positions = _positions(records.kinds, (_SYMLINK, _HARD_LINK))
            targets = records.link_targets.split(b"\0")
            self._links[number] = dict(zip(positions, targets, strict=False))
        return self._links[number]

    def _file(self, record: int) -> int:
        """The record that holds the bytes."""
        for _ in range(_MAX_LINKS):
            target = self._hard_links.get(record)
            if target is None:
                break
            record = target
        return record

    def _only_linked(self) -> dict[int, bytes]:
        """Files that can be seen under other names only -> the first of those."""
        found: dict[int, bytes] = {}
        if not self._hard_links:
            return found
        for path, record in self._visible.items():
            if record in self._hard_links:
                file = self._file(record)
                if file in self._hidden and (file not in found or path < found[file]):
                    found[file] = path
        return {file: path for file, path in found.items() if self._kinds[file] == _REGULAR}

    def _digest(self, record: int) -> bytes | None:
        number, position = self._where(record)
        digest = self.layers[number].records.digests[
            position * DIGEST_LENGTH : (position + 1) * DIGEST_LENGTH
        ]
        return digest if digest and digest != NO_DIGEST else None

    def _same_content(self, old: int, new: int) -> bool:
        """Whether the new record has what `old` held already."""
        digest = self._digest(old)
        return digest is not None and self._digest(self._file(new)) == digest

    def _hide_repeated(
        self, paths: Sequence[bytes], fresh: Mapping[bytes, int], start: int, number: int
    ) -> None:
        """A path that one layer has twice: who unpacks it keeps the last."""
        for record, path in enumerate(paths, start):
            if fresh[path] != record:
                self._hidden[record] = (number, fresh[path])

    def _hide_below(
        self, markers: Iterable[tuple[int, bytes]], replaced: Iterable[bytes], fresh: Mapping[bytes, int]
    ) -> None:
        """Takes away what the newest layer's markers, and its files in the place of directories, hide.

        What the layer deletes and makes anew is overwritten, not deleted.
        """
        by = len(self.layers) - 1
        whited_out = {hidden_path(path) for kind, path in markers if kind == Kind.WHITEOUT}
        opaque = {hidden_path(path) for kind, path in markers if kind == Kind.OPAQUE}
        gone = [path for path in whited_out if path in self._visible]
        gone += self._once_below(opaque.union(whited_out, replaced))
        for path in gone:
            record = self._visible.pop(path, None)
            if record is not None:
                self._hidden[record] = (by, fresh.get(path))

    def _once_below(self, folders: Collection[bytes]) -> list[bytes]:
        """The paths that lie below one of the folders, and those that did once."""
        if not folders:
            return []
        if b"" in folders:
            return list(self._visible)
        ordered = self._once_visible()
        found: list[bytes] = []
        kept: list[bytes] = []
        end = 0
        done = b""
        for folder in sorted(folder + b"/" for folder in folders):
            if done and folder.startswith(done):
                continue
            done = folder
            start = bisect_left(ordered, folder, end)
            kept += ordered[end:start]
            end = bisect_left(ordered, folder[:-1] + _AFTER_SLASH, start)
            found += ordered[start:end]
        if found:
            # They are gone: a thousand layers that hide the same folder would each go through all of them.
            self._sorted = kept + ordered[end:]
        return found

    def _join_hard_links(self, fresh: Mapping[bytes, int], start: int, number: int) -> None:
        kinds = self.layers[number].records.kinds
        for position, target in self._targets(number).items():
            if kinds[position] == _HARD_LINK:
                record = fresh.get(target)
                if record is None or record == start + position:
                    record = self._visible.get(target)
                if record is not None:
                    self._hard_links[start + position] = record

    def _walk(self, path: bytes) -> bytes | None:
        links = _MAX_LINKS
        done = b""
        pending = _parts(path)
        while pending:
            part = pending.pop()
            if part == b"..":
                done = posixpath.dirname(done)
                continue
            step = done + b"/" + part if done else part
            record = self._visible.get(step)
            if record is None:
                if not self._has_below(step):
                    return None
                done = step
                continue
            node = self._node(record)
            if node.kind == _SYMLINK:
                links -= 1
                if links < 0 or len(node.link_target) > _LONGEST or self._link_parts_left < 0:
                    return None
                if node.link_target.startswith(b"/"):
                    done = b""
                parts = _parts(node.link_target)
                self._link_parts_left -= len(parts)
                pending += parts
                if len(pending) > _LONGEST:
                    return None
                continue
            if pending and node.kind != _DIRECTORY:
                return None
            done = step
        return done


def _parts(path: bytes) -> list[bytes]:
    """The parts of a path, the last one first."""
    return [part for part in reversed(path.split(b"/")) if part not in (b"", b".")]


def _positions(kinds: bytes, wanted: Iterable[int]) -> list[int]:
    """Where records of these kinds stand, in order."""
    found = []
    for kind in wanted:
        at = kinds.find(kind)
        while at >= 0:
            found.append(at)
            at = kinds.find(kind, at + 1)
    found.sort()
    return found
