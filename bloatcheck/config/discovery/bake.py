"""Targets of bake files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from bloatcheck.config.checkout import Checkout
from bloatcheck.config.discovery.checked import CannotBuildError, Listed, check_place, checked
from bloatcheck.config.discovery.model import Discovery, Found
from bloatcheck.config.discovery.tools import ask_docker
from bloatcheck.config.quote import quote

_NAMES = ("docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl")
"""In the order in which bake reads them."""

_NO_PLACE = {
    "dockerfile-inline": "its Dockerfile is written into the bake file",
    "contexts": "it has contexts of its own",
    "ssh": "it needs an SSH agent",
}


def find_bake(
    checkout: Checkout, files: Iterable[tuple[str, str]], environment: Mapping[str, str]
) -> Discovery:
    """The targets of every folder's default group: groups, matrices and inheritance are bake's to resolve."""
    there: dict[str, set[str]] = {}
    for folder, name in files:
        if name in _NAMES:
            there.setdefault(folder, set()).add(name)
    images: list[Found] = []
    notes: list[str] = []
    for folder, names in sorted(there.items()):
        given = [name for name in _NAMES if name in names]
        file = posixpath.join(folder, given[0])
        try:
            for name in given:
                checkout.contained(posixpath.join(folder, name))
            answer = ask_docker(
                ("buildx", "bake", *(f"--file={name}" for name in given), "--print"),
                folder=checkout.root / folder,
                environment=environment,
            )
        except ValueError as error:
            notes.append(f"{quote(file)} was left out: `docker buildx bake --print`: {error}")
            continue
        targets = answer.get("target")
        for key, target in targets.items() if isinstance(targets, Mapping) else ():
            source = f"target {quote(key)} of {quote(file)}"
            try:
                images.append(checked(_listed(folder, file, source, key, target), checkout))
            except CannotBuildError as error:
                notes.append(f"{source} was left out: {error}")
    return Discovery(tuple(images), tuple(notes))


def _listed(folder: str, file: str, source: str, key: str, target: object) -> Listed:
    if not isinstance(target, Mapping):
        raise CannotBuildError("it is no mapping")
    check_place(target, _NO_PLACE)
    secrets = target.get("secret") or []
    return Listed(
        folder=folder,
        file=file,
        source=source,
        key=key,
        context=target.get("context"),
        dockerfile=target.get("dockerfile"),
        target=target.get("target"),
        args=target.get("args"),
        secrets=tuple(map(_secret, secrets if isinstance(secrets, list) else ())),
        platforms=target.get("platforms"),
    )


def _secret(value: object) -> str:
    """As `docker build --secret` takes it; newer versions of bake print a mapping."""
    if isinstance(value, Mapping):
        return ",".join(f"{key}={text}" for key, text in value.items())
    return str(value)
