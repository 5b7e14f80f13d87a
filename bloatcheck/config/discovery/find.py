"""All images of a repository, each once, under a name of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path

from bloatcheck.ci.registry import detect
from bloatcheck.config.assemble import for_platforms
from bloatcheck.config.checkout import Checkout
from bloatcheck.config.discovery.bake import find_bake
from bloatcheck.config.discovery.compose import find_compose
from bloatcheck.config.discovery.dockerfiles import files_of, find_dockerfiles
from bloatcheck.config.discovery.model import Discovery, Found
from bloatcheck.config.grammar import slug
from bloatcheck.config.model import BuildSpec, DiscoverySettings, ImageSpec
from bloatcheck.errors import BloatcheckError, Place
from bloatcheck.oci.platform import Platform

MOST_IMAGES = 2_000


def discover(
    root: Path,
    environment: Mapping[str, str],
    settings: DiscoverySettings | None = None,
    *,
    known: Iterable[Found] = (),
    taken: Collection[str] = (),
) -> Discovery:
    """Bake targets, then compose services, then the Dockerfiles that neither of them builds.

    Args:
        root: the repository's root.
        environment: what docker is started with, and where variables of compose files come from.
        settings: which to take; all, unless given.
        known: what is listed already, and not to be found again.
        taken: names that are given already.
    """
    checkout = Checkout(root, wants=lambda _: True)
    files = tuple(files_of(root))
    environment = _for_these_files(environment)
    settings = settings or DiscoverySettings()
    bake, compose = (find(checkout, files, environment) for find in (find_bake, find_compose))
    recipes = {found.recipe for found in known}
    listed: list[Found] = []
    seen: dict[object, set[tuple[str, ...]]] = {}
    for found in (*bake.images, *compose.images):
        others = seen.setdefault(found.recipe, set())
        # A build that names no platform is that of any other: compose files rarely say what bake files do.
        if found.recipe not in recipes and not (
            others and (not found.platforms or found.platforms in others)
        ):
            others.add(found.platforms)
            listed.append(found)
    built = {found.dockerfile for found in (*listed, *known, *bake.images, *compose.images)}
    plain = [found for found in find_dockerfiles(root, files) if found.dockerfile not in built]
    wanted = [found for found in (*listed, *plain) if _is_wanted(found, settings)]
    notes = [*bake.notes, *compose.notes]
    if len(wanted) > MOST_IMAGES:
        notes.append(f"{len(wanted):,} images were found, and only the first {MOST_IMAGES:,} are taken")
    return Discovery(tuple(_named(wanted[:MOST_IMAGES], taken)), tuple(notes))


def specs_of(found: Found) -> tuple[ImageSpec, ...]:
    """The image as if the configuration had listed it, once for each of its platforms."""
    image = ImageSpec(
        name=found.name,
        build=BuildSpec(
            dockerfile=found.dockerfile,
            context=found.context,
            target=found.target,
            args=found.args,
            secrets=found.secrets,
        ),
        place=Place(found.file) if found.file else None,
        source=found.source,
    )
    return for_platforms(image, tuple(map(Platform.parse, found.platforms)))


def found_of(spec: ImageSpec) -> Found | None:
    """A listed image as if it had been found; None for one that isn't built here."""
    build = spec.build
    if build is None:
        return None
    return Found(spec.name, build.dockerfile, build.context, build.target, build.args)


def _for_these_files(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Nothing at all in a run that may not build: files that compose reads can name addresses to ask.

    With no programs and no variables, compose files are read by us, and bake files are left out.
    """
    try:
        ci = detect(environment)
        ci.check_may_build(ci.read_context(environment), environment)
    except BloatcheckError:
        return {"PATH": ""}
    return environment


def _is_wanted(found: Found, settings: DiscoverySettings) -> bool:
    """A star matches slashes, too."""

    def matches(patterns: Sequence[str]) -> bool:
        words = (found.name, found.dockerfile, found.file)
        return any(fnmatchcase(word, pattern) for pattern in patterns for word in words if word)

    return (not settings.include or matches(settings.include)) and not matches(settings.exclude)


def _named(images: Sequence[Found], taken: Collection[str]) -> list[Found]:
    """Where two want one name, the later one takes its file's into its own, and a number if it must."""
    names = set(taken)
    numbers: dict[str, Iterator[int]] = {}
    named = []
    for found in images:
        name = found.name
        if name in names:
            name = longer = slug(f"{found.name} {found.file.rpartition('/')[2]}")
            # Those that were tried for another image are taken.
            tried = numbers.setdefault(longer, count(2))
            while name in names:
                name = slug(f"{next(tried)} {longer}")
        names.add(name)
        named.append(replace(found, name=name))
    return named
