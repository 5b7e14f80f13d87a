"""Finding what we built, in an engine or a storage, and taking it away with the containers that use it.

The rule that nothing else may be touched decides every case:

- an image is ours by our tag (`bloatcheck.build.ours`), never by its name, age or contents;
- an image with other tags or digests is somebody's too: only our tag goes, its containers stay;
- a container uses an image when it was created from exactly that image id. The engine's `ancestor` filter
  would also give containers of images that others built on top of ours;
- an image that others built on top of ours keeps its layers: only our tag is taken off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from enum import Enum
from typing import Any, Protocol

from bloatcheck.build.ours import OurTag

_RUNNING = {"running", "paused", "restarting"}


@dataclass(frozen=True, slots=True, kw_only=True)
class UsingContainer:
    """A container that was created from an image. `state` is the engine's word, such as `exited`."""

    container_id: str
    name: str
    state: str

    @property
    def is_running(self) -> bool:
        """Whether removing it would stop something; a paused one counts."""
        return self.state in _RUNNING


@dataclass(frozen=True, slots=True, kw_only=True)
class OurImage:
    """An image that a run built.

    `tags` are ours; `other_references` are tags and digests that are not. `engine_size` is what the engine
    shows, in bytes. `containers` use this image or would keep its tag from being taken off.
    """

    image_id: str
    tags: tuple[OurTag, ...]
    other_references: tuple[str, ...]
    engine_size: int
    created: datetime | None
    containers: tuple[UsingContainer, ...]
    store: str = "docker"
    """What holds it."""

    @property
    def is_shared(self) -> bool:
        """Whether it stays when our tags go."""
        return bool(self.other_references)

    @property
    def running(self) -> tuple[UsingContainer, ...]:
        """The containers that only `force` removes."""
        return tuple(container for container in self.containers if container.is_running)


class Outcome(str, Enum):
    """What became of an image."""

    REMOVED = "removed"
    UNTAGGED = "untagged"
    """Our tags are off; something else needs the image, and it stays."""
    SKIPPED = "skipped"
    """A running container uses it."""
    FAILED = "failed"
    """The engine refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What became of an image, and why it is still there if it is."""

    image: OurImage
    outcome: Outcome
    removed_containers: tuple[UsingContainer, ...] = ()
    reason: str = ""


class Store(Protocol):
    """Where images are kept. What refuses answers in its own words; "" means that it is done."""

    @property
    def name(self) -> str:
        """For people: `docker`, `buildah`."""
        ...

    def listed(self) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
        """Its images and its containers, as `our_image` takes them.

        Raises:
            ReadError: it doesn't tell.
        """
        ...

    def remove_container(self, container_id: str, *, force: bool) -> str:
        """Takes a container away, but none of its volumes."""
        ...

    def remove_tag(self, tag: str) -> str:
        """Takes a tag off, and the image away with its last one."""
        ...

    def holds(self, image_id: str) -> bool:
        """Whether the image is still there."""
        ...

    def close(self) -> None:
        """Ends the connection, if there is one."""
        ...


def list_ours(store: Store, repository: str | None) -> tuple[OurImage, ...]:
    """The images that runs of this repository built, oldest first; of every repository for None.

    Raises:
        ReadError: the store doesn't tell.
    """
    images, containers = store.listed()
    found = (our_image(image, containers, repository) for image in images)
    ours = [replace(image, store=store.name) for image in found if image]
    return tuple(sorted(ours, key=_age))


def our_image(
    image: Mapping[str, Any], containers: Iterable[Mapping[str, Any]], repository: str | None
) -> OurImage | None:
    """From an entry of `GET /images/json` and those of `GET /containers/json`; None if it isn't ours."""
    references = [reference for reference in image.get("RepoTags") or [] if reference != "<none>:<none>"]
    tags = {reference: tag for reference in references if (tag := OurTag.parse(reference))}
    ours = tuple(tag for tag in tags.values() if repository is None or tag.belongs_to(repository))
    if not ours:
        return None
    # The containerd store gives every tag a digest of the same name; it goes with the tag.
    tagged = {str(tag).rpartition(":")[0] for tag in ours}
    digests = [
        digest
        for digest in image.get("RepoDigests") or []
        if digest.partition("@")[0] not in tagged and digest != "<none>@<none>"
    ]
    image_id = str(image.get("Id", ""))
    created = image.get("Created")
    return OurImage(
        image_id=image_id,
        tags=tuple(sorted(ours)),
        other_references=(*(one for one in references if tags.get(one) not in ours), *digests),
        engine_size=int(image.get("Size") or 0),
        created=datetime.fromtimestamp(created, timezone.utc) if isinstance(created, int) else None,
        containers=tuple(_container(one) for one in containers if one.get("ImageID") == image_id),
    )


def remove(store: Store, image: OurImage, *, force: bool) -> Removal:
    """Removes the containers that use an image, then the image; or takes our tags off a shared one."""
    if image.is_shared:
        return _remove_tags(store, image, ())
    if image.running and not force:
        names = ", ".join(container.name for container in image.running)
        return Removal(image=image, outcome=Outcome.SKIPPED, reason=f"running: {names}")
    removed: list[UsingContainer] = []
    for container in image.containers:
        # Volumes stay: they hold somebody's data, and nothing that we built.
        reason = store.remove_container(container.container_id, force=force)
        if reason:
            return Removal(
                image=image, outcome=Outcome.FAILED, removed_containers=tuple(removed), reason=reason
            )
        removed.append(container)
    return _remove_tags(store, image, tuple(removed))


def _remove_tags(store: Store, image: OurImage, removed_containers: tuple[UsingContainer, ...]) -> Removal:
    """By tag and without force, so that the store itself keeps what something else still needs."""
    refusals = [store.remove_tag(str(tag)) for tag in image.tags]
    reason = "; ".join(refusal for refusal in refusals if refusal)
    outcome = Outcome.FAILED
    if not reason:
        outcome = Outcome.REMOVED
        if store.holds(image.image_id):
            outcome = Outcome.UNTAGGED
            reason = (
                f"it has other names: {', '.join(image.other_references)}"
                if image.is_shared
                else "another image is built on it"
            )
    return Removal(image=image, outcome=outcome, removed_containers=removed_containers, reason=reason)


def _container(container: Mapping[str, Any]) -> UsingContainer:
    identifier = str(container.get("Id", ""))
    names = container.get("Names") or [identifier[:12]]
    return UsingContainer(
        container_id=identifier,
        name=str(names[0]).removeprefix("/"),
        state=str(container.get("State") or "unknown"),
    )


def _age(image: OurImage) -> tuple[float, str]:
    return (image.created.timestamp() if image.created else 0.0, image.image_id)
