"""Snapshots for tests, with what a test says nothing about filled in."""

from bloatcheck.analysis.snapshot import Fingerprint, ImageSnapshot, LayerSnapshot
from bloatcheck.baseline.model import BaselineEntry
from bloatcheck.oci.digest import Digest


def digest(number: int) -> Digest:
    return Digest(f"sha256:{number:064x}")


def layer(number: int, size: int = 1, instruction: str = "RUN x") -> LayerSnapshot:
    return LayerSnapshot(diff_id=digest(number), instruction=instruction, content_size=size)


def snapshot(
    name: str = "api", *layers: LayerSnapshot, platform: str = "linux/amd64", tool: str = "bloatcheck 1"
) -> ImageSnapshot:
    return ImageSnapshot(
        name=name,
        platform=platform,
        image_id=digest(0),
        layers=layers,
        measure=Fingerprint(transport="docker-daemon", tool=tool),
    )


def entry(
    image: ImageSnapshot, commit: str = "1a2b3c4", measured_at: str = "2026-01-31T00:00:00Z"
) -> BaselineEntry:
    return BaselineEntry(snapshot=image, commit=commit, measured_at=measured_at)
