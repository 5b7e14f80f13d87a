"""One image for a terminal. Imports little, so that `inspect` starts at once."""

from __future__ import annotations

from bloatcheck.analysis.pull_size import LayerPullSize, PullSize
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.report.columns import aligned
from bloatcheck.report.figures import count
from bloatcheck.report.plain import Plain, harmless, shorten
from bloatcheck.report.workflow_commands import disarm
from bloatcheck.units import format_bytes

DEFAULT_WIDTH = 100
_LONGEST_NAME = 60


def render_inspect(
    snapshot: ImageSnapshot, *, pull: PullSize | None = None, width: int = DEFAULT_WIDTH
) -> str:
    """One image: its size, and each layer with its size, instruction and Dockerfile line, base first.

    With `pull` also what a pull downloads of each layer; what is estimated is marked by "about".
    """
    size = f"{format_bytes(snapshot.content_size)} in {count(len(snapshot.layers), 'layer')}"
    if snapshot.layers and snapshot.compressed_size is not None:
        about = "about " if pull and pull.estimated else ""
        size += f", {about}{format_bytes(snapshot.compressed_size)} compressed"
    parts = [Plain(f"{short_name(snapshot.name)} ({harmless(snapshot.platform)})\n{size}")]
    if snapshot.layers:
        pulled = [_pulled(layer) for layer in pull.layers] if pull else [""] * len(snapshot.layers)
        lines = [
            (
                format_bytes(layer.content_size),
                compressed,
                str(layer.place) if layer.place else "",
                layer.instruction or "(no history)",
            )
            for layer, compressed in zip(snapshot.layers, pulled, strict=True)
        ]
        parts.append(aligned([("SIZE", "COMPRESSED", "LINE", "INSTRUCTION"), *lines], ">><*", width))
    return finished("\n\n".join(parts))


def _pulled(layer: LayerPullSize) -> str:
    return f"{'about ' if layer.estimated else ''}{format_bytes(layer.size)}"


def finished(text: str) -> str:
    """No line of it is a workflow command; the last one ends."""
    return "\n".join(map(disarm, text.split("\n"))) + "\n"


def short_name(name: str) -> str:
    """An image's name, harmless and of bounded length."""
    return shorten(harmless(name), _LONGEST_NAME)
