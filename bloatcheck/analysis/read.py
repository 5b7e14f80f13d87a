"""From references to snapshots: opens images, lists the layers that aren't known yet, measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from bloatcheck.analysis.layer_cache import LayerCache, index_images
from bloatcheck.analysis.measure import take_snapshot
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.image.open import open_image
from bloatcheck.log import Log
from bloatcheck.oci.platform import Platform

if TYPE_CHECKING:
    from bloatcheck.analysis.pull_size import PullSize


def read_snapshots(
    references: Sequence[str], *, platform: Platform | None, log: Log, environment: Mapping[str, str]
) -> list[ImageSnapshot]:
    """Reads images that are there already; a layer that several of them have is read once.

    Raises:
        UsageError: not a reference.
        ReadError: not there, or damaged.
    """
    with ExitStack() as opened:
        images = [
            opened.enter_context(closing(open_image(reference, platform=platform, log=log)))
            for reference in references
        ]
        indexes = index_images(images, LayerCache.open(environment, log=log))
        return [
            take_snapshot(image, layers, name=reference)
            for image, layers, reference in zip(images, indexes, references, strict=True)
        ]


def read_with_pull_size(
    reference: str, *, platform: Platform | None, log: Log, environment: Mapping[str, str]
) -> tuple[ImageSnapshot, PullSize]:
    """Reads an image, and what a pull of it downloads; unknown layers pass once through both.

    Raises:
        UsageError: not a reference.
        ReadError: not there, or damaged.
    """
    # only who asks for it pays for its import
    from bloatcheck.analysis.pull_size import VERSION, read_pull_size, with_pull_size  # noqa: PLC0415 - see above
    from bloatcheck.analysis.pull_size_cache import PullSizeCache  # noqa: PLC0415 - see above

    with closing(open_image(reference, platform=platform, log=log)) as image:
        cache = LayerCache.open(environment, log=log)
        estimates = PullSizeCache.open(environment, version=VERSION, log=log)
        # before the listing: an engine's layers are listed on the way
        pull = read_pull_size(image, layers=cache, estimates=estimates)
        [layers] = index_images([image], cache)
        return with_pull_size(take_snapshot(image, layers, name=reference), pull), pull
