"""What runs left in a docker engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import docker
import docker.errors
import requests.exceptions

from bloatcheck.errors import ReadError


@dataclass(frozen=True, slots=True)
class DockerStore:
    """See `Store`."""

    engine: docker.APIClient
    name: str = "docker"

    def listed(self) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
        """See `Store`."""
        try:
            return self.engine.images(), self.engine.containers(all=True)
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            raise ReadError(
                f"the engine could not list its images: {_explain(error)}",
                hint="see whether `docker images` works",
            ) from error

    def remove_container(self, container_id: str, *, force: bool) -> str:
        """See `Store`."""
        return _refusal(partial(self.engine.remove_container, container_id, force=force))

    def remove_tag(self, tag: str) -> str:
        """See `Store`."""
        return _refusal(partial(self.engine.remove_image, tag))

    def holds(self, image_id: str) -> bool:
        """See `Store`."""
        try:
            self.engine.inspect_image(image_id)  # type: ignore[no-untyped-call] # the stubs leave it so
        except (docker.errors.DockerException, requests.exceptions.RequestException):
            return False
        return True

    def close(self) -> None:
        """See `Store`."""
        self.engine.close()


def _refusal(request: Callable[[], object]) -> str:
    """The engine's words if it refuses; "" if it obeys, or if what is to go is gone already."""
    try:
        request()
    except docker.errors.NotFound:
        return ""
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        return _explain(error)
    return ""


def _explain(error: Exception) -> str:
    """The engine's own words for a refusal."""
    return str(getattr(error, "explanation", None) or error)
