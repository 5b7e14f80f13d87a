"""A listing as lines: which folders are open, in which order, and where the cursor's path stands."""

from __future__ import annotations

from typing import NamedTuple

from bloatcheck.explore.listing import Item, Listing, Order

STEP = 1000
"""Entries of one folder that are shown at once; who wants more opens the line that tells of them."""


class Line(NamedTuple):
    """One line. `more`: it stands for so many further entries of the folder `item`, and not for itself."""

    item: Item
    depth: int
    more: int = 0


class Outline:
    """The open part of a listing. Line 0 is the first entry of the root, which is always open."""

    def __init__(self) -> None:
        self.order = Order.SIZE
        self.lines: list[Line] = []
        self.listing = Listing(())
        self._open: set[bytes] = set()
        self._most: dict[bytes, int] = {}

    def show(self, listing: Listing) -> None:
        """Another listing; what was open stays open."""
        self.listing = listing
        self._draw()

    def sort(self, order: Order) -> None:
        """Sorts every folder."""
        self.order = order
        self._draw()

    def is_open(self, item: Item) -> bool:
        """Whether a folder's entries are shown."""
        return item.path in self._open

    def open(self, number: int) -> bool:
        """Opens the folder at a line, or shows more of one; False where there is nothing to open."""
        line = self._line(number)
        if line is None:
            return False
        if line.more:
            self._most[line.item.path] = self._most.get(line.item.path, STEP) + STEP
            # the first entries stay as they are
            shown = self._entries(line.item.path, line.depth)
            already = self._most[line.item.path] - STEP
            self.lines[number : number + 1] = shown[already:]
            return True
        if not line.item.is_folder or self.is_open(line.item):
            return False
        self._open.add(line.item.path)
        self.lines[number + 1 : number + 1] = self._block(line.item.path, line.depth + 1)
        return True

    def close(self, number: int) -> bool:
        """Closes the folder at a line; False where none is open."""
        line = self._line(number)
        if line is None or line.more or not self.is_open(line.item):
            return False
        self._open.discard(line.item.path)
        end = number + 1
        while end < len(self.lines) and self.lines[end].depth > line.depth:
            end += 1
        del self.lines[number + 1 : end]
        return True

    def close_all(self) -> None:
        """Only the root's entries stay."""
        self._open.clear()
        self._draw()

    def parent(self, number: int) -> int | None:
        """The line of the folder that a line is in; None for those of the root."""
        line = self._line(number)
        if line is None or not line.depth:
            return None
        return next(at for at in range(number - 1, -1, -1) if self.lines[at].depth < line.depth)

    def find(self, path: bytes) -> int | None:
        """The line of a path, if it is shown."""
        return next(
            (at for at, line in enumerate(self.lines) if line.item.path == path and not line.more), None
        )

    def reveal(self, path: bytes) -> int | None:
        """Opens all that leads to a path; its line, or None where nothing stands there."""
        if not path or self.listing.item(path) is None:
            return None
        parts = path.split(b"/")
        for length in range(len(parts)):
            folder, below = b"/".join(parts[:length]), b"/".join(parts[: length + 1])
            if folder:
                self._open.add(folder)
            entries = self.listing.children(folder, self.order)
            place = next(at for at, item in enumerate(entries) if item.path == below)
            while place >= self._most.get(folder, STEP):
                self._most[folder] = self._most.get(folder, STEP) + STEP
        self._draw()
        return self.find(path)

    def open_while_few(self, most: int) -> None:
        """Opens folders, level by level, for as long as there are few lines: after a filter was set."""
        at = 0
        while at < len(self.lines) < most:
            self.open(at)
            at += 1

    def _line(self, number: int) -> Line | None:
        return self.lines[number] if 0 <= number < len(self.lines) else None

    def _draw(self) -> None:
        self.lines = self._block(b"", 0)

    def _block(self, folder: bytes, depth: int) -> list[Line]:
        """The lines of a folder's entries, and of those that are open in it."""
        lines: list[Line] = []
        # a stack of its own: folders may lie deeper in each other than functions may
        waiting = [iter(self._entries(folder, depth))]
        while waiting:
            line = next(waiting[-1], None)
            if line is None:
                waiting.pop()
                continue
            lines.append(line)
            if not line.more and line.item.path in self._open and line.item.is_folder:
                waiting.append(iter(self._entries(line.item.path, line.depth + 1)))
        return lines

    def _entries(self, folder: bytes, depth: int) -> list[Line]:
        entries = self.listing.children(folder, self.order)
        most = self._most.get(folder, STEP)
        lines = [Line(item, depth) for item in entries[:most]]
        above = self.listing.item(folder)
        if len(entries) > most and above:
            lines.append(Line(above, depth, len(entries) - most))
        return lines
