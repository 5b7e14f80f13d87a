"""Asks the engine, and on request registries, for the image that another one stands on.

This only adds to what is told: whoever can't answer, or not at once, is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import Enum

from bloatcheck.errors import BloatcheckError
from bloatcheck.log import Log
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.platform import Platform
from bloatcheck.oci.registry_reference import parse_registry_reference

MAX_LOOKUPS = 8
"""Images that are asked for. A build has few bases; what says so may be hostile."""
_ENGINE_SECONDS = 5


class Lookup(Enum):
    """Who is asked."""

    NOBODY = "nobody"
    ENGINE = "engine"
    REGISTRY = "registry"
    """The engine first, and the registry for what it doesn't have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownImage:
    """An image that was found: what it was asked for by, the digest of its manifest or index, its layers."""

    reference: str
    diff_ids: tuple[Digest, ...]
    digest: Digest | None = None


def stands_on(diff_ids: Sequence[Digest], base: Sequence[Digest]) -> bool:
    """Whether an image begins with all layers of another one, which has some."""
    return bool(base) and tuple(diff_ids[: len(base)]) == tuple(base)


def look_up_bases(
    references: Sequence[str],
    diff_ids: Sequence[Digest],
    *,
    platform: Platform,
    lookup: Lookup = Lookup.ENGINE,
    log: Log | None = None,
) -> tuple[KnownImage, ...]:
    """Those of the named images that an image of these layers stands on.

    Args:
        references: as FROM has them; a registry is asked only for those that the engine doesn't prove.
        diff_ids: the image's layers, base first.
        platform: of the base image.
        lookup: who is asked.
        log: told what wasn't found, as details.
    """
    wanted = list(dict.fromkeys(references))[:MAX_LOOKUPS]
    proven: list[KnownImage] = []
    if wanted and diff_ids and lookup is not Lookup.NOBODY:
        proven += _proven(_from_engine(wanted, platform, log), diff_ids, "the engine's", log)
    if lookup is Lookup.REGISTRY and diff_ids:
        known = {image.reference for image in proven}
        missing = [reference for reference in wanted if reference not in known]
        proven += _proven(_from_registries(missing, platform, log), diff_ids, "the registry's", log)
    return tuple(proven)


def _proven(
    images: Iterator[KnownImage], diff_ids: Sequence[Digest], whose: str, log: Log | None
) -> Iterator[KnownImage]:
    for image in images:
        if stands_on(diff_ids, image.diff_ids):
            yield image
        elif log:
            log.detail(f"{whose} {image.reference} is not what the image stands on")


def _from_engine(references: Sequence[str], platform: Platform, log: Log | None) -> Iterator[KnownImage]:
    with _quietly("the engine can't be asked for base images", log):
        # takes long to import, and images from files need no engine
        from bloatcheck.image.docker_daemon.engine import connect  # noqa: PLC0415 - see above

        with closing(connect(_ENGINE_SECONDS)) as engine:
            for reference in references:
                found = engine.find(reference, platform)
                if found is None:
                    if log:
                        log.detail(f"the engine has no image {reference}")
                    continue
                yield KnownImage(
                    reference=reference,
                    diff_ids=found.diff_ids,
                    digest=_digest_in(reference, found.repository_digests),
                )


def _from_registries(references: Sequence[str], platform: Platform, log: Log | None) -> Iterator[KnownImage]:
    for reference in references:
        with _quietly(f"no registry tells of {reference}", log):
            yield _in_registry(reference, platform)


def _in_registry(reference: str, platform: Platform) -> KnownImage:
    # see _from_engine
    from bloatcheck.image.registry import Patience, open_registry  # noqa: PLC0415 - see above

    hurried = Patience(connect=3.0, silence=5.0, document=5.0, request=10.0, attempts=1)
    with open_registry(reference, platform=platform, patience=hurried) as image:
        return KnownImage(reference=reference, diff_ids=image.config.diff_ids, digest=image.digest)


@contextmanager
def _quietly(what: str, log: Log | None) -> Iterator[None]:
    try:
        yield
    except BloatcheckError as error:
        if log:
            log.detail(f"{what}: {error.message}")


def _digest_in(reference: str, repository_digests: Sequence[str]) -> Digest | None:
    """The digest that a reference has itself, or that the engine knows in its repository."""
    try:
        wanted = parse_registry_reference(reference)
    except ValueError:
        return None
    if wanted.digest:
        return wanted.digest
    for text in repository_digests:
        try:
            known = parse_registry_reference(text)
        except ValueError:
            continue
        if (known.registry, known.repository) == (wanted.registry, wanted.repository):
            return known.digest
    return None
