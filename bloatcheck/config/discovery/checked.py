"""From what a compose or bake file says about a build to what we build, if we can."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bloatcheck.config import grammar
from bloatcheck.config.checkout import Checkout
from bloatcheck.config.discovery.model import Found
from bloatcheck.config.document import MAX_PLATFORMS
from bloatcheck.config.quote import quote
from bloatcheck.oci.platform import Platform

_MOST_ARGUMENTS = 200
_LONGEST_ARGUMENT = 10_000


class CannotBuildError(ValueError):
    """Why an image that a file lists is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A build as a file lists it: paths relative to `folder`, or absolute. Values are as they were read."""

    folder: str
    file: str
    source: str
    key: str
    context: object = "."
    dockerfile: object = None
    target: object = None
    args: object = None
    secrets: tuple[str, ...] = ()
    platforms: object = None


def check_place(build: Mapping[str, object], reasons: Mapping[str, str]) -> None:
    """Nothing that a build by configuration has no place for.

    Args:
        build: as the file has it.
        reasons: why not, by the key that says so.

    Raises:
        CannotBuildError: the first reason of those.
    """
    for key, reason in reasons.items():
        if build.get(key):
            raise CannotBuildError(reason)


def checked(listed: Listed, checkout: Checkout) -> Found:
    """The image.

    Raises:
        CannotBuildError: something about it that a build by configuration has no place for.
    """
    try:
        context = checkout.folder(
            _path(checkout.root, listed.folder, _text(listed.context or ".", "context"))
        )
        dockerfile = _dockerfile(checkout, context, listed.dockerfile)
        name = grammar.slug(f"{listed.folder} {listed.key}")
        return Found(
            name=name,
            dockerfile=dockerfile,
            context=context,
            target=_target(listed.target),
            args=_arguments(listed.args),
            secrets=tuple(map(grammar.build_secret, listed.secrets)),
            platforms=_platforms(listed.platforms),
            source=listed.source,
            file=listed.file,
            short_name=grammar.slug(listed.key),
        )
    except ValueError as error:
        raise CannotBuildError(str(error)) from error


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise CannotBuildError(f"its {what} is no text")
    return value


def _path(root: Path, folder: str, given: str) -> str:
    """Relative to the root; a URL, or a path out of the repository, is refused."""
    if re.match(r"[a-z][a-z0-9+.-]*:", given, re.IGNORECASE) or given.startswith("git@"):
        raise CannotBuildError(f"its context {quote(given)} is no folder")
    if Path(given).is_absolute():
        given = os.path.relpath(given, root)
        folder = "."
    return grammar.repository_path(posixpath.normpath(posixpath.join(folder, given)))


def _dockerfile(checkout: Checkout, context: str, given: object) -> str:
    """A file, from the context, as compose and bake have it."""
    if not given:
        return checkout.dockerfile(None, context)
    path = _path(checkout.root, context, _text(given, "Dockerfile"))
    if path == posixpath.normpath(posixpath.join(context, "Dockerfile")):
        # What they say where nothing was said; a folder may have a Containerfile then.
        return checkout.dockerfile(None, context)
    return checkout.dockerfile(path, context)


def _target(value: object) -> str | None:
    return grammar.matching(grammar.TARGET, _text(value, "target"), what="build stage") if value else None


def _arguments(value: object) -> dict[str, str | None]:
    """A mapping, or a list of `NAME=VALUE`."""
    if not value:
        return {}
    if isinstance(value, list):
        pairs = [str(item).partition("=") for item in value[:_MOST_ARGUMENTS]]
        value = {name: text if equals else None for name, equals, text in pairs}
    if not isinstance(value, Mapping) or len(value) > _MOST_ARGUMENTS:
        raise CannotBuildError("its args are no mapping")
    return {
        grammar.matching(grammar.ARGUMENT_NAME, str(name), what="name of a build argument"): _argument(text)
        for name, text in value.items()
    }


def _argument(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, (str, int, float)) or len(str(value)) > _LONGEST_ARGUMENT:
        raise CannotBuildError("one of its args is no text")
    return str(value)


def _platforms(value: object) -> tuple[str, ...]:
    """Each once, in the file's order."""
    if not isinstance(value, list):
        return ()
    return tuple(
        dict.fromkeys(str(Platform.parse(_text(each, "platform"))) for each in value[:MAX_PLATFORMS])
    )
