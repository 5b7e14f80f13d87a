"""What is ours is told apart from everything else, and a refusing engine is no traceback."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, cast

import docker
import docker.errors
import pytest
import requests

from bloatcheck.build.clean import OurImage, Outcome, UsingContainer, list_ours, our_image, remove
from bloatcheck.build.clean_docker import DockerStore
from bloatcheck.build.ours import OurTag
from bloatcheck.errors import ReadError

REPOSITORY = "github.com/acme/shop"
OURS = OurTag.of(repository=REPOSITORY, image="api", run="1")
OURS_TOO = OurTag.of(repository=REPOSITORY, image="api", run="2")
THEIRS = OurTag.of(repository="github.com/acme/other", image="api", run="1")
IMAGE_ID = "sha256:" + "a" * 64
DIGEST = "sha256:" + "b" * 64


def entry(*tags: object, digests: list[str] | None = None, **more: Any) -> dict[str, Any]:
    """An image as `GET /images/json` lists it."""
    return {
        "Id": IMAGE_ID,
        "RepoTags": [str(tag) for tag in tags],
        "RepoDigests": digests,
        "Size": 1_000,
        "Created": 1_700_000_000,
        **more,
    }


def container(name: str = "user", state: str = "exited", image_id: str = IMAGE_ID) -> dict[str, Any]:
    """A container as `GET /containers/json` lists it."""
    return {"Id": name * 4, "Names": [f"/{name}"], "State": state, "ImageID": image_id, "Image": "whatever"}


def test_an_image_with_our_tag_is_ours() -> None:
    assert our_image(entry(OURS), [container()], REPOSITORY) == OurImage(
        image_id=IMAGE_ID,
        tags=(OURS,),
        other_references=(),
        engine_size=1_000,
        created=datetime(2023, 11, 14, 22, 13, 20, tzinfo=timezone.utc),
        containers=(UsingContainer(container_id="user" * 4, name="user", state="exited"),),
    )


@pytest.mark.parametrize(
    "image",
    [
        entry("debian:12"),
        entry("<none>:<none>"),
        entry(),
        entry("bloatcheck.local/api:1"),
        entry(THEIRS),
        entry(RepoTags=None),
        {},
    ],
)
def test_any_other_image_is_not(image: dict[str, Any]) -> None:
    assert our_image(image, [], REPOSITORY) is None


def test_of_every_repository_means_every_tag_of_ours() -> None:
    found = our_image(entry(OURS, THEIRS), [], None)
    assert found is not None
    assert found.tags == tuple(sorted((OURS, THEIRS)))
    assert not found.is_shared


def test_another_repositorys_tag_keeps_the_image() -> None:
    found = our_image(entry(OURS, THEIRS), [], REPOSITORY)
    assert found is not None
    assert found.tags == (OURS,)
    assert found.other_references == (str(THEIRS),)


@pytest.mark.parametrize(
    ("image", "others"),
    [
        (entry(OURS, OURS_TOO), ()),
        (entry(OURS, "acme/api:dev"), ("acme/api:dev",)),
        (entry(OURS, digests=[f"debian@{DIGEST}"]), (f"debian@{DIGEST}",)),
        (entry(OURS, digests=["<none>@<none>"]), ()),
        (entry(OURS, digests=[f"{str(OURS).rpartition(':')[0]}@{DIGEST}"]), ()),
    ],
)
def test_other_names_make_it_shared(image: dict[str, Any], others: tuple[str, ...]) -> None:
    found = our_image(image, [], REPOSITORY)
    assert found is not None
    assert found.other_references == others
    assert found.is_shared == bool(others)


def test_a_container_of_an_image_built_on_ours_is_not_taken_for_one_of_ours() -> None:
    found = our_image(entry(OURS), [container(image_id="sha256:" + "c" * 64)], REPOSITORY)
    assert found is not None
    assert found.containers == ()


@pytest.mark.parametrize(
    ("state", "running"),
    [
        ("running", True),
        ("paused", True),
        ("restarting", True),
        ("exited", False),
        ("created", False),
        ("dead", False),
    ],
)
def test_what_would_be_stopped_counts_as_running(state: str, *, running: bool) -> None:
    found = our_image(entry(OURS), [container(state=state)], REPOSITORY)
    assert found is not None
    assert bool(found.running) == running


class Engine:
    """An engine that refuses: faults a real one can't be made to show at will."""

    def __init__(self, *, containers: Exception | None = None, images: Exception | None = None) -> None:
        self.asked: list[str] = []
        self._containers = containers
        self._images = images

    def images(self) -> list[dict[str, Any]]:
        if self._images:
            raise self._images
        return []

    def remove_container(self, container_id: str, *, force: bool) -> None:
        self.asked.append(f"remove container {container_id}{' by force' if force else ''}")
        if self._containers:
            raise self._containers

    def remove_image(self, name: str) -> None:
        self.asked.append(f"remove image {name}")
        if self._images:
            raise self._images

    def inspect_image(self, name: str) -> None:
        raise docker.errors.ImageNotFound(name)

    @property
    def store(self) -> DockerStore:
        return DockerStore(cast("docker.APIClient", self))


def conflict(words: str) -> docker.errors.APIError:
    response = requests.Response()
    response.status_code = 409
    return docker.errors.APIError("409 Client Error", response=response, explanation=words)


def image_with(*containers: dict[str, Any]) -> OurImage:
    found = our_image(entry(OURS), containers, REPOSITORY)
    assert found is not None
    return found


def test_containers_go_before_their_image() -> None:
    engine = Engine()
    removal = remove(engine.store, image_with(container("one"), container("two")), force=False)
    assert removal.outcome is Outcome.REMOVED
    assert [one.name for one in removal.removed_containers] == ["one", "two"]
    assert engine.asked == [
        f"remove container {'one' * 4}",
        f"remove container {'two' * 4}",
        f"remove image {OURS}",
    ]


def test_a_container_that_the_engine_keeps_keeps_its_image() -> None:
    engine = Engine(containers=conflict("removal is in progress"))
    removal = remove(engine.store, image_with(container()), force=True)
    assert removal.outcome is Outcome.FAILED
    assert removal.reason == "removal is in progress"
    assert not any("image" in one for one in engine.asked)


def test_a_container_that_started_meanwhile_is_the_engines_refusal() -> None:
    engine = Engine(images=conflict("container abc is using its referenced image"))
    removal = remove(engine.store, image_with(), force=False)
    assert removal.outcome is Outcome.FAILED
    assert "container abc" in removal.reason


def test_what_is_gone_meanwhile_is_what_was_wanted() -> None:
    gone = docker.errors.NotFound("gone")
    removal = remove(Engine(containers=gone, images=gone).store, image_with(container()), force=False)
    assert removal.outcome is Outcome.REMOVED


def test_a_broken_connection_is_told() -> None:
    broken = requests.exceptions.ConnectionError("connection reset")
    removal = remove(Engine(images=broken).store, image_with(), force=False)
    assert (removal.outcome, removal.reason) == (Outcome.FAILED, "connection reset")
    with pytest.raises(ReadError, match="could not list its images: connection reset"):
        list_ours(Engine(images=broken).store, REPOSITORY)
