"""Which images of a run are built on others of it: those wait, or they would be built on older ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bloatcheck.build.command import repository_path
from bloatcheck.config.model import ImageSpec
from bloatcheck.oci.dockerfile import MAX_LENGTH

_VARIABLE_IMAGE = re.compile(
    r"^[ \t]*(?:FROM[ \t].*\$|.*(?:--from=|,from=)\S*\$)", re.IGNORECASE | re.MULTILINE
)


def earlier_needed(
    specs: Sequence[ImageSpec], root: Path, environment: Mapping[str, str]
) -> list[frozenset[int]]:
    """For each image, the numbers of those before it that have to be built first.

    Only an image with a tag of its own can be another's base. It is when the other's Dockerfile or build
    arguments hold the tag's name, or the Dockerfile takes an image that only a variable tells. Two images
    with the same tag are built one after the other too, so that the later one has it.
    """
    tagged = [(number, {_name(tag) for tag in spec.tags}) for number, spec in enumerate(specs) if spec.tags]
    if not tagged:
        return [frozenset() for _ in specs]
    needed = []
    for number, spec in enumerate(specs):
        earlier = [(other, names) for other, names in tagged if other < number]
        text = _told(spec, root, environment) if earlier and spec.build else ""
        own = {_name(tag) for tag in spec.tags}
        anything = bool(_VARIABLE_IMAGE.search(text))
        needed.append(
            frozenset(
                other
                for other, names in earlier
                if anything or names & own or any(name in text for name in names)
            )
        )
    return needed


def _told(spec: ImageSpec, root: Path, environment: Mapping[str, str]) -> str:
    """The Dockerfile and the values of build arguments."""
    build = spec.build
    if build is None:
        return ""
    values = [environment.get(name, "") if value is None else value for name, value in build.args.items()]
    try:
        with (root / repository_path(root, build.dockerfile)).open(errors="replace") as file:
            text = file.read(MAX_LENGTH)
    except (OSError, ValueError):
        # its build fails, and says why
        text = ""
    return "\n".join([text, *values])


def _name(tag: str) -> str:
    """A tag's repository as people write it: without the tag, and without Docker Hub's name."""
    head, slash, last = tag.partition("@")[0].rpartition("/")
    name = f"{head}{slash}{last.partition(':')[0]}"
    return name.removeprefix("docker.io/").removeprefix("library/")
