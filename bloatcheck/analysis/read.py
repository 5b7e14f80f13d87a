"""From references to snapshots: opens images, lists the layers that aren't known yet, measures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

from bloatcheck.analysis.layer_cache import LayerCache, index_images
from bloatcheck.analysis.measure import DockerfileSource, take_snapshot
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.image.model import Image, LayerIndex
from bloatcheck.image.open import Opener, open_image
from bloatcheck.log import Log
from bloatcheck.oci.platform import Platform

if TYPE_CHECKING:
    from bloatcheck.analysis.explain import Explained
    from bloatcheck.analysis.pull_size import PullSize


def read_snapshots(
    references: Sequence[str],
    *,
    platform: Platform | None,
    log: Log,
    environment: Mapping[str, str],
    dockerfile: DockerfileSource | None = None,
    opener: Opener = open_image,
) -> list[ImageSnapshot]:
    """Reads images that are there already; a layer that several of them have is read once.

    With the Dockerfile that the last one was built from its layers get lines.

    Raises:
        UsageError: not a reference.
        ReadError: not there, or damaged.
    """
    cache = LayerCache.open(environment, log=log)
    with _opened(references, platform, log, cache, opener) as images:
        indexes = index_images(images, cache)
        snapshots = [
            take_snapshot(image, layers, name=reference, dockerfile=source)
            for image, layers, reference, source in zip(
                images, indexes, references, _of_last(dockerfile, images), strict=True
            )
        ]
        _warn_of_no_line(snapshots[-1:], dockerfile, log)
        return snapshots


def read_with_pull_size(
    reference: str,
    *,
    platform: Platform | None,
    log: Log,
    environment: Mapping[str, str],
    dockerfile: DockerfileSource | None = None,
    opener: Opener = open_image,
) -> tuple[ImageSnapshot, PullSize]:
    """Reads an image, and what a pull of it downloads; unknown layers pass once through both.

    Raises:
        UsageError: not a reference.
        ReadError: not there, or damaged.
    """
    # only who asks for it pays for its import
    from bloatcheck.analysis.pull_size import VERSION, read_pull_size, with_pull_size  # noqa: PLC0415 - see above
    from bloatcheck.analysis.pull_size_cache import PullSizeCache  # noqa: PLC0415 - see above

    cache = LayerCache.open(environment, log=log)
    with _opened([reference], platform, log, cache, opener) as [image]:
        estimates = PullSizeCache.open(environment, version=VERSION, log=log)
        # before the listing: an engine's layers are listed on the way
        pull = read_pull_size(image, layers=cache, estimates=estimates)
        [layers] = index_images([image], cache)
        snapshot = take_snapshot(image, layers, name=reference, dockerfile=dockerfile)
        _warn_of_no_line([snapshot], dockerfile, log)
        return with_pull_size(snapshot, pull), pull


def read_layers(
    reference: str,
    *,
    platform: Platform | None,
    log: Log,
    environment: Mapping[str, str],
    dockerfile: DockerfileSource | None = None,
    opener: Opener = open_image,
) -> tuple[ImageSnapshot, tuple[LayerIndex, ...]]:
    """Reads an image with the records of its layers, base first.

    Raises:
        UsageError: not a reference.
        ReadError: not there, or damaged.
    """
    cache = LayerCache.open(environment, log=log)
    with _opened([reference], platform, log, cache, opener) as [image]:
        [layers] = index_images([image], cache)
        snapshot = take_snapshot(image, layers, name=reference, dockerfile=dockerfile)
        _warn_of_no_line([snapshot], dockerfile, log)
        return snapshot, layers


def read_explained(
    reference: str,
    *,
    platform: Platform | None,
    log: Log,
    environment: Mapping[str, str],
    dockerfile: DockerfileSource | None = None,
    opener: Opener = open_image,
) -> Explained:
    """Reads an image and explains it.

    Raises:
        UsageError: not a reference.
        ReadError: not there, or damaged.
    """
    [explained] = read_all_explained(
        [reference],
        platform=platform,
        log=log,
        environment=environment,
        dockerfile=dockerfile,
        opener=opener,
    )
    return explained


def read_all_explained(
    references: Sequence[str],
    *,
    platform: Platform | None,
    log: Log,
    environment: Mapping[str, str],
    dockerfile: DockerfileSource | None = None,
    opener: Opener = open_image,
) -> list[Explained]:
    """Reads images and explains them; a layer that several of them have is read once.

    With the Dockerfile that the last one was built from its layers get lines, and what to write instead.

    Raises:
        UsageError: not a reference.
        ReadError: not there, or damaged.
    """
    from bloatcheck.analysis.capture import EXPLAIN  # noqa: PLC0415 - only who asks for it pays for its import
    from bloatcheck.analysis.explain import explain  # noqa: PLC0415 - see above
    from bloatcheck.analysis.find_base import find_base_clues  # noqa: PLC0415 - see above

    cache = LayerCache.open(environment, log=log)
    with _opened(references, platform, log, cache, opener) as images:
        indexes = index_images(images, cache, capture=EXPLAIN)
        explained = [
            explain(
                image,
                layers,
                name=reference,
                dockerfile=source,
                base_clues=find_base_clues(image, dockerfile=source, log=log),
            )
            for image, layers, reference, source in zip(
                images, indexes, references, _of_last(dockerfile, images), strict=True
            )
        ]
        _warn_of_no_line([each.snapshot for each in explained[-1:]], dockerfile, log)
        return explained


@contextmanager
def _opened(
    references: Sequence[str], platform: Platform | None, log: Log, cache: LayerCache, opener: Opener
) -> Iterator[list[Image]]:
    """The images, closed at the end of the block."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                closing(opener(reference, platform=platform, log=log, documents=cache.documents))
            )
            for reference in references
        ]


def _of_last(
    dockerfile: DockerfileSource | None, images: Sequence[Image]
) -> Iterator[DockerfileSource | None]:
    return (dockerfile if number == len(images) else None for number in range(1, len(images) + 1))


def _warn_of_no_line(built: Sequence[ImageSnapshot], dockerfile: DockerfileSource | None, log: Log) -> None:
    """Who names a Dockerfile and gets no line wants to know why."""
    for snapshot in built:
        if dockerfile and snapshot.layers and not any(layer.place for layer in snapshot.layers):
            log.warning(
                f"no layer of {snapshot.name} was made by a line of {dockerfile.path}: it was built "
                "from another Dockerfile, or with another --target or other build arguments"
            )
