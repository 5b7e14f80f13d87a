"""The images of a repository, under the names that a person might give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

from bloatcheck.config.discovery.find import discover
from bloatcheck.config.discovery.model import Discovery

_PASSED_ON = ("PATH", "HOME")
_PREFIXES = ("DOCKER_", "COMPOSE_", "BUILDX_")


def find_images(root: Path, environment: Mapping[str, str]) -> Discovery:
    """Bake targets, compose services and Dockerfiles: each under a short name.

    What is found is written down, so nothing else of the environment is filled into compose files.
    """
    kept = {
        name: value for name, value in environment.items() if name in _PASSED_ON or name.startswith(_PREFIXES)
    }
    found = discover(root, kept)
    images = []
    names: set[str] = set()
    for image in found.images:
        # Whole names differ from each other, but one may be another's short name.
        numbered = (f"{image.name}-{number}" for number in count(2))
        wanted = chain((image.short_name, image.name), numbered)
        name = next(each for each in wanted if each and each not in names)
        names.add(name)
        images.append(replace(image, name=name))
    return Discovery(tuple(images), found.notes)
