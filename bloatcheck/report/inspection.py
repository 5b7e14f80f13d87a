"""One image for a terminal. Imports little, so that `inspect` starts at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bloatcheck.ci.commands import disarm
from bloatcheck.report.columns import aligned
from bloatcheck.report.paint import Paint, Tone, unpainted
from bloatcheck.report.plain import Plain, harmless, shorten
from bloatcheck.units import count, format_bytes

if TYPE_CHECKING:
    from bloatcheck.analysis.dive import DiveFigures
    from bloatcheck.analysis.pull_size import LayerPullSize, PullSize
    from bloatcheck.analysis.snapshot import ImageSnapshot

DEFAULT_WIDTH = 100
_LONGEST_NAME = 60


def render_inspect(
    snapshot: ImageSnapshot,
    *,
    pull: PullSize | None = None,
    dive: DiveFigures | None = None,
    width: int = DEFAULT_WIDTH,
    paint: Paint = unpainted,
) -> str:
    """One image: its size, and each layer with its size, instruction and Dockerfile line, base first.

    With `pull` also what a pull downloads of each layer; what is estimated is marked by "about". With `dive`
    also its efficiency and waste.
    """
    parts = [heading(snapshot, pull, paint)]
    if snapshot.layers:
        parts.append(layer_table(snapshot, pull, width, paint))
    if dive:
        parts.append(Plain(efficiency(dive)))
    return finished("\n\n".join(parts))


def efficiency(figures: DiveFigures) -> str:
    """The figures of dive in a sentence."""
    own = figures.user_wasted
    share = "" if own is None else f", {100 * own:.1f} % of what lies above the first layer"
    return (
        f"By dive's measures: {100 * figures.efficiency:.2f} % efficient, "
        f"{format_bytes(figures.wasted_bytes)} wasted{share}."
    )


def heading(snapshot: ImageSnapshot, pull: PullSize | None = None, paint: Paint = unpainted) -> Plain:
    """The image's name and platform, and below its size."""
    size = f"{format_bytes(snapshot.content_size)} in {count(len(snapshot.layers), 'layer')}"
    if snapshot.layers and snapshot.compressed_size is not None:
        about = "about " if pull and pull.estimated else ""
        size += f", {about}{format_bytes(snapshot.compressed_size)} compressed"
    named = disarm(f"{short_name(snapshot.name)} ({harmless(snapshot.platform)})")
    return Plain(f"{paint(named, Tone.STRONG)}\n{size}")


def layer_table(
    snapshot: ImageSnapshot, pull: PullSize | None, width: int, paint: Paint = unpainted
) -> Plain:
    """Each layer with its number, size, line and instruction, base first."""
    pulled = [_pulled(layer) for layer in pull.layers] if pull else [""] * len(snapshot.layers)
    lines = [
        (
            str(number),
            format_bytes(layer.content_size),
            compressed,
            str(layer.place) if layer.place else "",
            layer.instruction or "(no history)",
        )
        for number, (layer, compressed) in enumerate(zip(snapshot.layers, pulled, strict=True), 1)
    ]
    return aligned([("LAYER", "SIZE", "COMPRESSED", "LINE", "INSTRUCTION"), *lines], ">>>~*", width, paint)


def _pulled(layer: LayerPullSize) -> str:
    return f"{'about ' if layer.estimated else ''}{format_bytes(layer.size)}"


def finished(text: str) -> str:
    """No line of it is a workflow command; the last one ends."""
    return "\n".join(map(disarm, text.split("\n"))) + "\n"


def short_name(name: str) -> str:
    """An image's name, harmless and of bounded length."""
    return shorten(harmless(name), _LONGEST_NAME)
