"""A base image that has a smaller sibling of the same distribution.

Sizes are what a pull of the image downloads for linux/amd64, as the lists of tags on Docker Hub have them
(https://hub.docker.com/_/node/tags and the like, read on 2026-11-24). Where none is given, none was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bloatcheck.analysis.advice.model import Facts, Proposal
from bloatcheck.oci.dockerfile import Instruction

READ_ON = "2026-11-24"

_REFERENCE = re.compile(
    r"(?:(?:docker\.io|index\.docker\.io)/)?(?:library/)?(?P<name>[a-z][a-z0-9-]*)(?::(?P<tag>[\w.-]+))?"
)
_RELEASE = r"(?:trixie|bookworm|bullseye|buster)"


@dataclass(frozen=True, slots=True)
class Sibling:
    """Of the images called `name`, those whose tag is `tag` have one with `smaller` in its place.

    `download` and `smaller_download` are bytes, of the tag `measured`.
    """

    name: str
    tag: re.Pattern[str]
    smaller: str
    download: int | None = None
    smaller_download: int | None = None
    measured: str = ""


_VERSION = re.compile(rf"(?P<version>[\d.]+|latest)?-?(?P<release>{_RELEASE})?")
_SLIM = r"\g<0>-slim"

SIBLINGS: tuple[Sibling, ...] = (
    Sibling("node", _VERSION, _SLIM, 389_500_000, 76_150_000, "22.23.4"),
    Sibling("ruby", _VERSION, _SLIM, 402_540_000, 69_910_000, "3.4.11"),
    Sibling("python", _VERSION, _SLIM),
    Sibling("perl", _VERSION, _SLIM),
    Sibling("rust", _VERSION, _SLIM),
    Sibling("openjdk", _VERSION, _SLIM),
    Sibling("debian", re.compile(rf"{_RELEASE}|[\d.]+|stable"), _SLIM),
    Sibling(
        "eclipse-temurin",
        re.compile(r"(?P<version>[\d._]+)-jdk(?P<rest>-[\w-]+)?"),
        r"\g<version>-jre\g<rest>",
    ),
)


def smaller_base(facts: Facts) -> Iterator[Proposal]:
    """The sibling of the image that the last stage begins with."""
    start = _from(facts)
    name = facts.base_name or (start.words[0] if start and start.words else None)
    found = _sibling(name) if name else None
    if name is None or found is None:
        return
    sibling, reference = found
    replacement = None
    if start and start.words[:1] == (name,):
        replacement = start.raw.rstrip().replace(name, reference, 1)
    yield Proposal(
        message=f"{name} has a smaller sibling, {reference}{_sizes(sibling)}; packages that only the large "
        "one has must be installed.",
        about=True,
        instructions=[start] if start else (),
        replacement=replacement,
    )


def _sizes(sibling: Sibling) -> str:
    if sibling.download is None or sibling.smaller_download is None:
        return ""
    large, small = (round(size / 1_000_000) for size in (sibling.download, sibling.smaller_download))
    return (
        f" (a pull downloads about {small} MB instead of about {large} MB for {sibling.measured}; "
        f"Docker Hub, {READ_ON})"
    )


def _from(facts: Facts) -> Instruction | None:
    """The FROM of the stage that the image is built from."""
    starts = [each for each in facts.dockerfile if each.keyword == "FROM"]
    if facts.stage is not None:
        starts = [each for each in starts if each.stage is not None and each.stage <= facts.stage]
    named = {each.stage_name: each for each in starts if each.stage_name}
    start = starts[-1] if starts else None
    for _ in starts:
        # a stage that begins with another one
        if start is None or not start.words or start.words[0].lower() not in named:
            break
        start = named[start.words[0].lower()]
    return start


def _sibling(name: str) -> tuple[Sibling, str] | None:
    reference = _REFERENCE.fullmatch(name)
    if reference is None:
        return None
    for sibling in SIBLINGS:
        tag = reference["tag"] or "latest"
        match = sibling.tag.fullmatch(tag)
        if sibling.name == reference["name"] and match and tag:
            smaller = match.expand(sibling.smaller).removeprefix("latest-")
            return sibling, f"{name.partition(':')[0]}:{smaller}"
    return None
