"""Which images of a run are built on others of it: those wait, or they would be built on older ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bloatcheck.build.command import repository_path
from bloatcheck.config.model import ImageSpec
from bloatcheck.oci.dockerfile import MAX_LENGTH

_IMAGE = re.compile(
    r"^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*(?P<base>\S+)|[-,=]from=(?P<source>[^\s,]+)",
    re.IGNORECASE | re.MULTILINE,
)
_ANYTHING = "\0"
_VARIABLE = re.compile(r"\$(?:\{[^}]*\}|\w+)")


def earlier_needed(
    specs: Sequence[ImageSpec], root: Path, environment: Mapping[str, str]
) -> list[frozenset[int]]:
    """For each image, the numbers of those before it that have to be built first.

    Only an image with a tag of its own can be another's base. It is when the other's Dockerfile or build
    arguments hold the tag's name, or the Dockerfile takes an image by a variable that could make it that
    name. Two images with the same tag are built one after the other too, so that the later one has it.
    """
    tagged = [(number, {_name(tag) for tag in spec.tags}) for number, spec in enumerate(specs) if spec.tags]
    if not tagged:
        return [frozenset() for _ in specs]
    needed = []
    for number, spec in enumerate(specs):
        earlier = [(other, names) for other, names in tagged if other < number]
        text = _told(spec, root, environment) if earlier and spec.build else ""
        own = {_name(tag) for tag in spec.tags}
        variable = _variable_images(text)
        needed.append(
            frozenset(
                other
                for other, names in earlier
                if names & own or any(name in text or _could_be(name, variable) for name in names)
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


def _variable_images(text: str) -> set[str]:
    """The names of the images that a Dockerfile takes by variables, each of which is a `_ANYTHING`."""
    found = {match["base"] or match["source"] for match in _IMAGE.finditer(text)}
    return {_name(_VARIABLE.sub(_ANYTHING, image)) for image in found if "$" in image}


def _could_be(name: str, variable: Iterable[str]) -> bool:
    """Whether variables could make one of these that name, in full or as people write it."""
    names = (name, f"docker.io/{name}", f"docker.io/library/{name}")
    return any(_fits(each, pattern) for pattern in variable for each in names)


def _fits(name: str, pattern: str) -> bool:
    first, *middle = pattern.split(_ANYTHING)
    if not middle:
        return name == first
    last = middle.pop()
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    rest = name[len(first) : len(name) - len(last)]
    for piece in middle:
        _, found, rest = rest.partition(piece) if piece else ("", "-", rest)
        if not found:
            return False
    return True
