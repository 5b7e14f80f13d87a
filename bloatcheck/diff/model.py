"""What changed between two snapshots of one image."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bloatcheck.analysis.snapshot import ImageSnapshot, LayerSnapshot
from bloatcheck.baseline.model import LayerNoise


class LayerChange(str, Enum):
    """What happened to a layer.

    `rebuilt`: another diff_id with the same content size. `unchanged`: the same diff_id.
    """

    UNCHANGED = "unchanged"
    REBUILT = "rebuilt"
    GROWN = "grown"
    SHRUNK = "shrunk"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerDiff:
    """One pair of layers. `before` is None for an added one, `after` for a removed one.

    `noise` is by how many bytes two builds of the same files differ here, where that was measured.
    """

    change: LayerChange
    before: LayerSnapshot | None = None
    after: LayerSnapshot | None = None
    noise: int = 0

    @property
    def delta(self) -> int:
        """Growth of `content_size`, in bytes; negative when it shrank."""
        after = self.after.content_size if self.after else 0
        before = self.before.content_size if self.before else 0
        return after - before

    @property
    def is_noise(self) -> bool:
        """Whether it differs, and by no more than it does by itself."""
        return 0 < abs(self.delta) <= self.noise


class ImageChange(str, Enum):
    """What happened to an image. `gone`: in the baseline, but no longer built."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    NEW = "new"
    GONE = "gone"
    INCOMPARABLE = "incomparable"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDiff:
    """One image before and after.

    `before` is None for a new image, `after` for a gone one. An incomparable one keeps both, with the reason
    in `incomparable_because`, and has no layer pairs. Layer pairs run in the order of the image after,
    removed layers where they stood. `noise_floor` is the one that the baseline holds.
    """

    name: str
    platform: str
    change: ImageChange
    before: ImageSnapshot | None = None
    after: ImageSnapshot | None = None
    before_commit: str | None = None
    before_measured_at: str | None = None
    layers: tuple[LayerDiff, ...] = ()
    incomparable_because: str | None = None
    noise_floor: tuple[LayerNoise, ...] | None = None

    @property
    def is_noise(self) -> bool:
        """Whether it differs, and no layer by more than it does by itself."""
        changed = [layer for layer in self.layers if layer.delta]
        return bool(changed) and all(layer.is_noise for layer in changed)

    @property
    def delta(self) -> int | None:
        """Growth of `content_size`, in bytes; None unless both sides are there and comparable."""
        if self.before is None or self.after is None or self.incomparable_because:
            return None
        return self.after.content_size - self.before.content_size

    @property
    def percent(self) -> float | None:
        """`delta` in percent of before; None where that has no meaning (new, gone, or 0 before)."""
        if self.delta is None or self.before is None or self.before.content_size == 0:
            return None
        return 100 * self.delta / self.before.content_size
