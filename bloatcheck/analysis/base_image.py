"""The image that an image stands on: told where it is proven, or all layers above it are accounted for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bloatcheck.analysis.place import PlacedLayers
from bloatcheck.analysis.recipe import SCRATCH, Foundation
from bloatcheck.analysis.snapshot import Base, ImageSnapshot
from bloatcheck.image.base import KnownImage, stands_on
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.image_config import ImageConfig
from bloatcheck.oci.provenance import Material, annotated_base
from bloatcheck.oci.registry_reference import RegistryReference, parse_registry_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseClues:
    """What others say of the images under an image.

    `materials` are images that the builder says it used. `known` are those of the `base_references` that
    engine or registry know; layers prove themselves: all of a base's are the image's first ones.
    """

    materials: tuple[Material, ...] = ()
    known: tuple[KnownImage, ...] = ()


@dataclass(frozen=True, slots=True)
class BaseChange:
    """The image that `FROM` names is another one: name and digest before and after, as far as known."""

    before: Base
    after: Base


def base_references(
    config: ImageConfig, foundation: Foundation | None, materials: Iterable[Material] = ()
) -> tuple[str, ...]:
    """What to look up to find an image's base, the most certain first.

    That is what FROM names, and by the digest too that provenance and labels tell of it. Where FROM isn't
    known, it is every image that they tell of.
    """
    clues = _clues(config, materials)
    if foundation is None or foundation.image is None:
        return tuple(_pinned(clue) for clue in clues)
    image = foundation.image
    if image == SCRATCH or _parsed(image) is None:
        return ()
    told = [_pinned(clue) for clue in clues if clue.digest and _same(clue.name, image)]
    return tuple(dict.fromkeys([image] if "@" in image else [*told, image]))


def base_of(
    config: ImageConfig,
    *,
    foundation: Foundation | None = None,
    placed: PlacedLayers | None = None,
    clues: BaseClues = BaseClues(),
) -> Base | None:
    """The base image; None where nobody can say for sure.

    Args:
        config: of the image.
        foundation: the FROM of its Dockerfile, if that is at hand.
        placed: the layers' lines in that Dockerfile.
        clues: what others say.
    """
    told = _clues(config, clues.materials)
    highest = placed.first_known if placed else len(config.diff_ids)
    proofs = [
        image
        for image in clues.known
        if stands_on(config.diff_ids, image.diff_ids) and len(image.diff_ids) <= highest
    ]
    if foundation is None or foundation.image is None:
        return _proven(proofs, told)
    if foundation.image == SCRATCH:
        return Base(name=SCRATCH, layer_count=0)
    return _named(foundation.image, proofs, placed, told)


def triggered_layers(base: Base | None, placed: PlacedLayers) -> range:
    """The layers that the base image's ONBUILD made: neither its own nor from a line of the Dockerfile."""
    if base is None or placed.rest is None or not placed.triggers:
        return range(0)
    return range(base.layer_count, placed.rest)


def base_change(before: ImageSnapshot, after: ImageSnapshot) -> BaseChange | None:
    """The base before and after; None where it is the same, or isn't known of both sides.

    A base is the same that has the same name and the same layers, whichever digests they were found under.
    """
    if before.base is None or after.base is None:
        return None
    same = before.base.name == after.base.name and _base_layers(before) == _base_layers(after)
    return None if same else BaseChange(before.base, after.base)


def own_bases(snapshots: Sequence[ImageSnapshot]) -> dict[tuple[str, str], str]:
    """Images that stand on others of the same configuration: (name, platform) -> the name of that other.

    The other is the one whose layers are exactly the base's.
    """
    named: dict[tuple[str, tuple[Digest, ...]], str] = {}
    for snapshot in snapshots:
        layers = tuple(layer.diff_id for layer in snapshot.layers)
        named.setdefault((snapshot.platform, layers), snapshot.name)
    return {
        (snapshot.name, snapshot.platform): other
        for snapshot in snapshots
        if snapshot.base
        and snapshot.base.layer_count
        and (other := named.get((snapshot.platform, _base_layers(snapshot)))) not in {None, snapshot.name}
        and other is not None
    }


def _base_layers(snapshot: ImageSnapshot) -> tuple[Digest, ...]:
    count = snapshot.base.layer_count if snapshot.base else 0
    return tuple(layer.diff_id for layer in snapshot.layers[:count])


def _proven(proofs: Sequence[KnownImage], clues: Sequence[Material]) -> Base | None:
    """The largest of the images that the builder tells of and that are under this one for sure."""
    best = max(proofs, key=lambda image: len(image.diff_ids), default=None)
    if best is None:
        return None
    name = next((clue.name for clue in clues if _pinned(clue) == best.reference), best.reference)
    return Base(name=_without_digest(name), digest=best.digest, layer_count=len(best.diff_ids))


def _named(
    image: str, proofs: Sequence[KnownImage], placed: PlacedLayers | None, clues: Sequence[Material]
) -> Base | None:
    reference = _parsed(image)
    if reference is None:
        return None
    told = next((clue.digest for clue in clues if clue.digest and _same(clue.name, image)), None)
    proof = max(proofs, key=lambda known: len(known.diff_ids), default=None)
    digest = reference.digest or told
    if proof:
        count = len(proof.diff_ids)
        digest = digest or proof.digest
    elif placed and placed.rest is not None and not placed.triggers:
        count = placed.rest
    else:
        return None
    return Base(name=_without_digest(image), digest=digest, layer_count=count)


def _clues(config: ImageConfig, materials: Iterable[Material]) -> list[Material]:
    label = annotated_base(config.labels)
    return [*materials, *([label] if label else [])]


def _pinned(material: Material) -> str:
    """The name with the digest, which docker takes with a tag or without; a registry's API only without."""
    if material.digest is None:
        return material.name
    return f"{_repository(material.name)}@{material.digest}"


def _repository(name: str) -> str:
    name = _without_digest(name)
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


def _without_digest(name: str) -> str:
    """A reference by its tag alone; one that has only a digest keeps its repository's name."""
    return name.partition("@")[0]


def _same(one: str, other: str) -> bool:
    """Whether both name the same tag of the same repository: `debian`, `docker.io/library/debian`."""
    first, second = _parsed(_without_digest(one)), _parsed(_without_digest(other))
    return first is not None and first == second


def _parsed(reference: str) -> RegistryReference | None:
    try:
        return parse_registry_reference(reference)
    except ValueError:
        return None
