"""Compares images with their baseline, layer by layer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bloatcheck.analysis.snapshot import ImageSnapshot, LayerSnapshot
from bloatcheck.baseline.model import Baseline, BaselineEntry, LayerNoise
from bloatcheck.diff.model import ImageChange, ImageDiff, LayerChange, LayerDiff
from bloatcheck.diff.pair import pair_layers
from bloatcheck.oci.named_platforms import NamedPlatforms

_NOTHING_LISTED = NamedPlatforms({})


def compare(before: BaselineEntry | None, after: ImageSnapshot | None) -> ImageDiff:
    """One image before and after; without a before it is new, without an after it is gone.

    The deltas of the layers add up to the image's own, exactly.

    Raises:
        ValueError: neither is there.
    """
    old = before.snapshot if before else None
    known = after or old
    if known is None:
        raise ValueError("nothing to compare")
    because = _incomparable_because(old, after) if old and after else None
    if before and after:
        because = before.stale_because or because
    floor = before.noise if before else None
    layers = () if because else _layer_diffs(old.layers if old else (), after.layers if after else (), floor)
    return ImageDiff(
        name=known.name,
        platform=known.platform,
        change=_change(old, after, because, layers),
        before=old,
        after=after,
        before_commit=before.commit if before else None,
        before_measured_at=before.measured_at if before else None,
        layers=layers,
        incomparable_because=because,
        noise_floor=floor,
    )


def compare_all(
    baseline: Baseline,
    snapshots: Sequence[ImageSnapshot],
    *,
    partial: bool = False,
    unmeasured: Collection[str] = (),
    listed: NamedPlatforms = _NOTHING_LISTED,
) -> tuple[ImageDiff, ...]:
    """Every image in the order of `snapshots`, then those that are gone, in the baseline's order.

    An image that the baseline has for another platform only is incomparable and not new. An image is gone if
    its name was not measured at all, unless the run was limited to some images (`partial`), or the name is
    among the `unmeasured`: those are configured, and could not be built or read.

    An image that is `listed` for several platforms is compared on each with itself there: on another one it
    is new, and one that it is listed for no longer is gone.
    """
    measured = {(snapshot.name, snapshot.platform) for snapshot in snapshots}
    known = {name for name, _ in measured} | set(unmeasured)
    other_platform = {
        entry.snapshot.name: entry
        for entry in reversed(baseline.entries)
        if (entry.snapshot.name, entry.snapshot.platform) not in measured
    }
    diffs: list[ImageDiff] = []
    compared = set(measured)
    for after in snapshots:
        before = baseline.entry(after.name, after.platform)
        if before is None and not listed.tells_apart(after.name):
            before = other_platform.get(after.name)
        if before:
            compared.add(before.key)
        diffs.append(compare(before, after))
    if not partial:
        diffs += [
            compare(entry, None)
            for entry in baseline.entries
            if entry.key not in compared and (entry.key[0] not in known or listed.drops(*entry.key))
        ]
    return tuple(diffs)


def _incomparable_because(before: ImageSnapshot, after: ImageSnapshot) -> str | None:
    if before.platform != after.platform:
        return f"the baseline has it for {before.platform}, and this is for {after.platform}"
    if before.measure.measure != after.measure.measure:
        return (
            f"the baseline was measured as {before.measure.measure}, and this run measures "
            f"{after.measure.measure}"
        )
    return None


def _layer_diffs(
    before: Sequence[LayerSnapshot],
    after: Sequence[LayerSnapshot],
    floor: Sequence[LayerNoise] | None,
) -> tuple[LayerDiff, ...]:
    noise = {each.instruction: each.bytes for each in floor or ()}
    return tuple(
        _layer_diff(before[old] if old is not None else None, after[new] if new is not None else None, noise)
        for old, new in pair_layers(before, after)
    )


def _layer_diff(
    before: LayerSnapshot | None, after: LayerSnapshot | None, noise: Mapping[str, int]
) -> LayerDiff:
    if before is None or after is None:
        change = LayerChange.ADDED if before is None else LayerChange.REMOVED
    elif before.content_size != after.content_size:
        grown = after.content_size > before.content_size
        change = LayerChange.GROWN if grown else LayerChange.SHRUNK
    else:
        same = before.diff_id == after.diff_id
        change = LayerChange.UNCHANGED if same else LayerChange.REBUILT
    # An instruction that was edited may well do something else than vary.
    same_instruction = before is not None and after is not None and before.instruction == after.instruction
    varies = noise.get(after.instruction, 0) if after and same_instruction else 0
    return LayerDiff(change=change, before=before, after=after, noise=varies)


def _change(
    before: ImageSnapshot | None,
    after: ImageSnapshot | None,
    incomparable_because: str | None,
    layers: Sequence[LayerDiff],
) -> ImageChange:
    if before is None:
        return ImageChange.NEW
    if after is None:
        return ImageChange.GONE
    if incomparable_because:
        return ImageChange.INCOMPARABLE
    if all(layer.change is LayerChange.UNCHANGED for layer in layers):
        return ImageChange.UNCHANGED
    return ImageChange.CHANGED
