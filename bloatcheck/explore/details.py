"""What is told below about what the cursor stands on, in words: lines of a label and a text."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bloatcheck.analysis.advice import Advice
from bloatcheck.analysis.contents import Cause, LayerContents, Share
from bloatcheck.analysis.tree import Hidden, Hiding, Node
from bloatcheck.explore.explored import Explored, Layer, Package
from bloatcheck.explore.listing import Change, Item
from bloatcheck.explore.scopes import View
from bloatcheck.image.layer_index import Kind, unicode_text
from bloatcheck.report.advice_text import advised
from bloatcheck.report.plain import harmless, shorten
from bloatcheck.report.why import MANAGERS
from bloatcheck.units import count, format_bytes, format_delta

LONGEST_PATH = 4200
_LONGEST_INSTRUCTION = 1000
_MOST_COPIES = 8
_KINDS = {
    Kind.DIRECTORY: stat.S_IFDIR,
    Kind.SYMLINK: stat.S_IFLNK,
    Kind.CHARACTER_DEVICE: stat.S_IFCHR,
    Kind.BLOCK_DEVICE: stat.S_IFBLK,
    Kind.FIFO: stat.S_IFIFO,
}
_HOW = {
    Hiding.OVERWRITTEN: "overwritten",
    Hiding.DELETED: "deleted",
    Hiding.METADATA: "written again with the same content",
}
_WORDS = {
    Change.ADDED: "added",
    Change.MODIFIED: "modified",
    Change.GROWN: "grown",
    Change.SHRUNK: "shrunk",
    Change.REMOVED: "removed",
}


class Told(NamedTuple):
    """A line; its text is harmless, and may be empty beside a label that says all."""

    label: str
    text: str = ""


def text_of(path: bytes, longest: int = LONGEST_PATH) -> str:
    """A path, or a name, fit to be looked at."""
    return shorten(harmless(unicode_text(path[: 4 * longest])), longest) or "?"


def mode_of(node: Node) -> str:
    """As `ls` writes it: `drwxr-xr-x`."""
    return stat.filemode(_KINDS.get(Kind(node.kind), stat.S_IFREG) | node.mode)


def of_image(explored: Explored) -> Iterator[Told]:
    """Totals."""
    snapshot, figures = explored.after.snapshot, explored.figures
    if explored.before:
        before = explored.before.snapshot
        yield Told(
            "Size",
            f"{format_bytes(before.content_size)} → {format_bytes(snapshot.content_size)}, "
            f"{format_delta(snapshot.content_size - before.content_size)}",
        )
    else:
        yield Told("Size", f"{format_bytes(snapshot.content_size)} in {count(len(snapshot.layers), 'layer')}")
    if snapshot.contents and snapshot.contents.shares:
        yield Told("Whose", _shares(snapshot.contents.shares))
    if explored.wasted:
        yield Told("Wasted", f"{format_bytes(explored.wasted)} can't be seen: {_by_how(explored)}")
    yield Told(
        "Dive",
        f"{100 * figures.efficiency:.2f} % efficient, {format_bytes(figures.wasted_bytes)} wasted",
    )
    if snapshot.base:
        yield Told("Base", f"{harmless(snapshot.base.name)}, {count(snapshot.base.layer_count, 'layer')}")
    for problem in explored.after.problems:
        yield Told("Won't start", harmless(" ".join(filter(None, (problem.message, problem.hint)))))


def of_layer(explored: Explored, layer: Layer) -> Iterator[Told]:
    """One layer, or a pair of them."""
    yield Told("Layer", layer_title(explored, layer))
    if layer.change:
        yield Told(
            "Size",
            f"{format_bytes(layer.before)} → {format_bytes(layer.size)}, "
            f"{format_delta(layer.delta)}: {layer.change.value}",
        )
    else:
        yield Told("Size", format_bytes(layer.size))
    contents = _contents_of(explored, layer.number)
    if contents and contents.shares:
        yield Told("Whose", _shares(contents.shares))
    if contents and contents.wasted:
        lost = (
            (contents.overwritten, "overwritten"),
            (contents.deleted, "deleted"),
            (contents.metadata, "written again with the same content"),
        )
        told = ", ".join(f"{format_bytes(size)} {how}" for size, how in lost if size)
        yield Told("Wasted", f"{told} by later layers")
    yield Told("Digest", layer.snapshot.diff_id)


def of_item(explored: Explored, view: View, item: Item) -> Iterator[Told]:
    """A path in the tree."""
    word = _WORDS.get(item.change)
    yield Told("Path", f"/{text_of(item.path)}" + (f"  ({word})" if word else ""))
    gone = item.change is Change.REMOVED
    tree = view.before if gone else view.after
    node = tree.get(item.path)
    yield Told("Is", ", ".join(_is(explored, view, item, node)))
    if node and node.link_target:
        yield Told("Leads to", text_of(node.link_target))
    if node:
        yield Told("From", _from(explored, node.layer, of_before=gone and explored.compares))
        if explored.after.makers and not gone:
            place = explored.after.makers.line_of(node.layer, item.path)
            if place:
                yield Told("Made at", harmless(str(place)))
    owner = None if gone else explored.after.inventory.owners.get(item.path)
    if owner:
        needed = f", for {', '.join(owner.needed_by[:3])}" if owner.needed_by else ""
        manager = MANAGERS.get(owner.manager, owner.manager)
        yield Told("Package", harmless(f"{owner.name} {owner.version} ({manager}{needed})"))
    if item.is_folder:
        wasted = explored.wasted_below(item.path)
        if wasted:
            yield Told("Hidden", f"{format_bytes(wasted)} in copies of what is below")
    else:
        copies = explored.hidden_at(item.path)
        for copy in copies[:_MOST_COPIES]:
            yield Told("Hidden", _hidden(copy))
        if len(copies) > _MOST_COPIES:
            yield Told("", f"and {count(len(copies) - _MOST_COPIES, 'more copy', 'more copies')}")


def of_package(explored: Explored, package: Package) -> Iterator[Told]:
    """A package, of two images before and after."""
    known = package.after or package.before
    if known is None:
        return
    manager = MANAGERS.get(package.manager, package.manager)
    yield Told("Package", harmless(f"{package.name} {known.version} ({manager})"))
    if explored.compares:
        versions = [each.version if each else "none" for each in (package.before, package.after)]
        sizes = [format_bytes(each.size) if each else "0 B" for each in (package.before, package.after)]
        yield Told("Version", harmless(" → ".join(versions)))
        yield Told("Size", f"{' → '.join(sizes)}, {format_delta(package.delta)}")
    else:
        yield Told("Size", format_bytes(package.size))
    yield Told("Why", harmless(why(package, 16)) or "its database doesn't say who wanted it")
    if package.after and package.after.layer is not None:
        yield Told("From", _from(explored, package.after.layer))


def of_hidden(explored: Explored, file: Hidden) -> Iterator[Told]:
    """A wasted file."""
    yield Told("Path", f"/{text_of(file.path)}")
    yield Told("Wasted", _hidden(file))
    yield Told("Bytes in", _from(explored, file.layer))
    yield Told("Hidden by", _from(explored, file.by))


def of_advice(advice: Advice) -> Iterator[Told]:
    """A piece of advice with what to write instead."""
    yield Told("Advice", harmless(advised(advice)))
    if advice.replacement:
        label = f"Add to {harmless(advice.append_to)}" if advice.append_to else "Write"
        for number, line in enumerate(advice.replacement.splitlines()):
            yield Told("" if number else label, harmless(line))
    for path in advice.paths:
        yield Told("Such as", harmless(path))


def layer_title(explored: Explored, layer: Layer) -> str:
    """`3 of 7, Dockerfile:12: RUN apt-get update`."""
    snapshot = layer.snapshot
    all_layers = (explored.after if layer.number is not None else explored.before) or explored.after
    number = layer.number if layer.number is not None else layer.old
    place = f", {snapshot.place}" if snapshot.place else ""
    base = explored.after.snapshot.base
    of_base = f", of the base image {base.name}" if base and layer.of_base else ""
    instruction = shorten(snapshot.instruction, _LONGEST_INSTRUCTION) or "(no history)"
    return harmless(
        f"{(number or 0) + 1} of {len(all_layers.snapshot.layers)}{place}{of_base}: {instruction}"
    )


def why(package: Package, most: int) -> str:
    """Who wants it: `asked for`, `in the base image`, or `for ffmpeg, curl`; empty where nobody knows."""
    known = package.after or package.before
    if known is None:
        return ""
    if known.needed_by and not known.asked_for:
        return f"for {', '.join(known.needed_by[:most])}"
    if known.base:
        return "in the base image"
    if known.asked_for:
        return "asked for"
    return "" if known.asked_for is None else "came along"


def _is(explored: Explored, view: View, item: Item, node: Node | None) -> Iterator[str]:
    if node:
        yield f"{mode_of(node)} {node.uid}:{node.gid}"
    if explored.compares or item.change is Change.MODIFIED:
        sizes = f"{format_bytes(item.before)} → {format_bytes(item.size)}"
        yield f"{sizes} ({format_delta(item.delta)})" if item.delta else format_bytes(item.size)
    else:
        yield format_bytes(item.told_size)
    if item.is_folder:
        yield count(item.files, "file")
    whole = view.listing.root.size
    if whole and item.size:
        yield f"{100 * item.size / whole:.1f} % of what is shown"
    if node and node.kind == Kind.HARD_LINK:
        yield "another name of a file"


def _from(explored: Explored, number: int, *, of_before: bool = False) -> str:
    image = explored.before if of_before and explored.before else explored.after
    snapshot = image.snapshot.layer_at(number)
    if snapshot is None:
        return f"layer {number + 1}"
    place = f", {snapshot.place}" if snapshot.place else ""
    base = image.snapshot.base
    of_base = f", of the base image {base.name}" if base and number < base.layer_count else ""
    instruction = shorten(snapshot.instruction, _LONGEST_INSTRUCTION) or "(no history)"
    return harmless(f"layer {number + 1}{place}{of_base}: {instruction}")


def _hidden(file: Hidden) -> str:
    return f"{format_bytes(file.size)} in layer {file.layer + 1}, {_HOW[file.how]} by layer {file.by + 1}"


def _contents_of(explored: Explored, number: int | None) -> LayerContents | None:
    contents = explored.after.snapshot.contents
    if contents is None or number is None or number >= len(contents.layers):
        return None
    return contents.layers[number]


def _shares(shares: Sequence[Share]) -> str:
    """`base image 74.8 MB, Debian packages 12 MB, own files 3 MB`."""
    return ", ".join(f"{_whose(share)} {format_bytes(share.size)}" for share in shares)


def _whose(share: Share) -> str:
    if share.cause is Cause.BASE:
        return "base image"
    if share.cause is Cause.OWN:
        return "own files"
    return MANAGERS.get(share.manager or "", harmless(f"{share.manager} packages"))


def _by_how(explored: Explored) -> str:
    sums = Counter[Hiding]()
    for file in explored.hidden:
        sums[file.how] += file.size
    return ", ".join(f"{format_bytes(size)} {_HOW[how]}" for how, size in sums.most_common())
