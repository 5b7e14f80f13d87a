"""Services of compose files that are built."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from bloatcheck.config.checkout import Checkout
from bloatcheck.config.discovery.checked import CannotBuildError, Listed, check_place, checked
from bloatcheck.config.discovery.compose_yaml import builds_of, dotenv, filled, read_compose
from bloatcheck.config.discovery.model import Discovery, Found
from bloatcheck.config.discovery.tools import ask_docker
from bloatcheck.config.quote import quote

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""In the order in which compose looks for them."""

_MOST_SERVICES = 2_000

_NO_PLACE = {
    "dockerfile_inline": "its Dockerfile is written into the compose file",
    "additional_contexts": "it has additional contexts",
    "ssh": "it needs an SSH agent",
    "extends": "it extends a service of another file, which `docker compose` alone can read",
}


def find_compose(
    checkout: Checkout, files: Iterable[tuple[str, str]], environment: Mapping[str, str]
) -> Discovery:
    """The services of every folder's compose file, whichever profile they belong to."""
    there: dict[str, set[str]] = {}
    for folder, name in files:
        stem, dot, extension = name.rpartition(".")
        if dot and f"{stem.removesuffix('.override')}.{extension}" in _NAMES:
            there.setdefault(folder, set()).add(name)
    images: list[Found] = []
    notes: list[str] = []
    for folder, names in sorted(there.items()):
        first = next((each for each in _NAMES if each in names), None)
        if first is None:
            continue
        file = posixpath.join(folder, first)
        try:
            checkout.contained(file)
            for listed in _listed(checkout.root, folder, first, environment):
                _add(listed, checkout, images, notes)
        except ValueError as error:
            notes.append(f"{quote(file)} was left out: {error}")
    return Discovery(tuple(images), tuple(notes))


def _add(
    listed: Listed | tuple[str, CannotBuildError], checkout: Checkout, images: list[Found], notes: list[str]
) -> None:
    try:
        if isinstance(listed, tuple):
            raise listed[1]
        images.append(checked(listed, checkout))
    except CannotBuildError as error:
        source = listed[0] if isinstance(listed, tuple) else listed.source
        notes.append(f"{source} was left out: {error}")


def _listed(
    root: Path, folder: str, name: str, environment: Mapping[str, str]
) -> Iterator[Listed | tuple[str, CannotBuildError]]:
    file = posixpath.join(folder, name)
    try:
        document = ask_docker(
            ("compose", "--profile", "*", "config", "--format", "json"),
            folder=root / folder,
            environment=environment,
        )
        builds, variables = builds_of(document, {}), None
    except ValueError:
        document, override = read_compose(root / file), _override(root / folder, name)
        builds = builds_of(document, override)
        variables = {**dotenv(root / folder / ".env"), **environment}
    for service, build in islice(builds.items(), _MOST_SERVICES):
        source = f"service {quote(service)} of {quote(file)}"
        try:
            check_place(build, _NO_PLACE)
            values = {
                key: filled(value, variables) if variables is not None else value
                for key, value in build.items()
            }
            yield Listed(
                folder=folder,
                file=file,
                source=source,
                key=service,
                context=values.get("context"),
                dockerfile=values.get("dockerfile"),
                target=values.get("target"),
                args=values.get("args"),
                secrets=_secrets(values.get("secrets"), document.get("secrets"), folder),
                platforms=values.get("platforms"),
            )
        except ValueError as error:
            yield source, error if isinstance(error, CannotBuildError) else CannotBuildError(str(error))


def _override(folder: Path, name: str) -> Mapping[str, object]:
    stem, _, extension = name.rpartition(".")
    path = folder / f"{stem}.override.{extension}"
    return read_compose(path) if path.is_file() and not path.is_symlink() else {}


def _secrets(used: object, known: object, folder: str) -> tuple[str, ...]:
    """As `docker build --secret` takes them."""
    found = []
    for each in used if isinstance(used, list) else ():
        name = each.get("source") if isinstance(each, Mapping) else each
        identity = each.get("target") or name if isinstance(each, Mapping) else each
        secret = known.get(name) if isinstance(known, Mapping) else None
        if isinstance(secret, Mapping) and isinstance(secret.get("file"), str):
            found.append(f"id={identity},src={posixpath.join(folder, secret['file'])}")
        elif isinstance(secret, Mapping) and isinstance(secret.get("environment"), str):
            found.append(f"id={identity},env={secret['environment']}")
        else:
            raise CannotBuildError(f"its secret {quote(str(name))} comes from elsewhere")
    return tuple(found)
