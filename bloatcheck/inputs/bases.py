"""What the images that builds begin with are at this moment: by their digest, without pulling them.

The registry is asked, and the engine or podman too, for what a builder finds there may be another image of
that name.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from bloatcheck.build.command import without_our_inputs
from bloatcheck.build.containers_tool import ask_tool
from bloatcheck.config.model import BuilderChoice
from bloatcheck.errors import BloatcheckError, BuildError, NotThereError, ReadError
from bloatcheck.inputs.model import UnresolvedError
from bloatcheck.log import Log
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.platform import Platform
from bloatcheck.oci.registry_reference import RegistryReference, parse_registry_reference

_AT_ONCE = 8
_ENGINE_SECONDS = 5
_LONGEST = 60.0
"""Seconds after which no further image is asked for: to build takes less time than registries that hang."""


def resolve_bases(
    wanted: Collection[tuple[str, Platform]],
    *,
    log: Log,
    builder: BuilderChoice = BuilderChoice.AUTO,
    environment: Mapping[str, str] | None = None,
) -> Mapping[tuple[str, Platform], str | UnresolvedError]:
    """What each image is, or why that can't be told.

    Args:
        wanted: names as FROM has them, and the platform that is built for.
        log: told what is asked, as details.
        builder: what builds; whether it takes what an engine has, or podman's storage, depends on it.
        environment: that of podman.
    """
    found: dict[tuple[str, Platform], str | UnresolvedError] = {}
    asked: dict[tuple[str, Platform], RegistryReference] = {}
    for name, platform in sorted(set(wanted), key=str):
        try:
            reference = parse_registry_reference(name)
        except ValueError as error:
            found[name, platform] = UnresolvedError(f"the base image's name is {error}")
            continue
        if reference.digest:
            found[name, platform] = str(reference.digest)
        else:
            asked[name, platform] = reference
    if asked:
        if builder is BuilderChoice.BUILDAH:
            # It has nothing of an engine's, and asks the registry whether what it has itself is the newest.
            local = dict[tuple[str, Platform], "_Local | None"].fromkeys(asked)
        elif builder is BuilderChoice.PODMAN:
            local = _in_podman(asked, environment or {}, log)
        else:
            local = _in_engine(asked, log)
        remote = _in_registries(set(asked.values()), log)
        for key, reference in asked.items():
            found[key] = _one(key[0], reference, local[key], remote[reference])
    return found


class _Local:
    """What the engine has under a name: its id, and the digests that it was pulled or pushed under.

    `triggers` says that it has an ONBUILD for those that begin with it.
    """

    def __init__(self, image_id: str, digests: Collection[str], *, triggers: bool = False) -> None:
        self.image_id = image_id
        self.digests = frozenset(digests)
        self.triggers = triggers


def _one(
    name: str, reference: RegistryReference, local: _Local | None, remote: Digest | ReadError
) -> str | UnresolvedError:
    """What one image is: the registry's, the engine's own, or both where these differ."""
    if (local and local.triggers) or "onbuild" in name.lower():
        return UnresolvedError(f"the ONBUILD of {name} reads what no line here tells")
    if isinstance(remote, ReadError):
        if local and (isinstance(remote, NotThereError) or not local.digests):
            # Made here and never pushed or pulled; or the registry knows nothing of it.
            return f"engine:{local.image_id}"
        return UnresolvedError(f"the registry doesn't tell what {name} is: {remote.message}")
    pulled = {f"{reference.registry}/{reference.repository}@{remote}", str(remote)}
    if local is None or local.digests & pulled:
        return str(remote)
    return f"{remote}, engine:{local.image_id}"


def _in_engine(
    wanted: Mapping[tuple[str, Platform], RegistryReference], log: Log
) -> dict[tuple[str, Platform], _Local | None]:
    """None for what the engine doesn't have; for all of them where no engine answers."""
    # takes long to import
    from bloatcheck.image.docker_daemon.engine import connect  # noqa: PLC0415 - see above

    found: dict[tuple[str, Platform], _Local | None] = dict.fromkeys(wanted)
    try:
        with closing(connect(_ENGINE_SECONDS)) as engine:
            for name, platform in wanted:
                image = engine.find(name, platform)
                if image:
                    digests = [_full(text) for text in image.repository_digests]
                    found[name, platform] = _Local(
                        str(image.engine_id), digests, triggers=bool(image.runtime.get("OnBuild"))
                    )
    except BloatcheckError as error:
        log.detail(f"the engine can't be asked for base images: {error.message}")
    return found


def _in_podman(
    wanted: Mapping[tuple[str, Platform], RegistryReference], environment: Mapping[str, str], log: Log
) -> dict[tuple[str, Platform], _Local | None]:
    """What its storage has, which it takes without a look at the registry; None for what isn't there."""
    found: dict[tuple[str, Platform], _Local | None] = dict.fromkeys(wanted)
    try:
        tool = ask_tool("podman", environment)
        for key in wanted:
            done = subprocess.run(
                [tool.executable, *tool.options, "image", "inspect", "--", key[0]],
                env=without_our_inputs(environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_ENGINE_SECONDS,
                check=False,
            )
            if done.returncode == 0:
                (image,) = json.loads(done.stdout)
                digests = [_full(str(text)) for text in image.get("RepoDigests") or ()]
                found[key] = _Local(
                    f"sha256:{image['Id']}",
                    digests,
                    triggers=bool((image.get("Config") or {}).get("OnBuild")),
                )
    except (BuildError, OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        log.detail(f"podman can't be asked for base images: {error}")
    return found


def _full(repository_digest: str) -> str:
    """`debian@sha256:…` with its registry."""
    try:
        reference = parse_registry_reference(repository_digest)
    except ValueError:
        return repository_digest
    return f"{reference.registry}/{reference.repository}@{reference.digest}"


def _in_registries(
    references: Collection[RegistryReference], log: Log
) -> dict[RegistryReference, Digest | ReadError]:
    # takes long to import
    from bloatcheck.image.registry import Patience, current_digest  # noqa: PLC0415 - see above

    hurried = Patience(connect=5.0, silence=10.0, document=10.0, request=20.0, attempts=2)

    until = time.monotonic() + _LONGEST

    def ask(reference: RegistryReference) -> Digest | ReadError:
        if time.monotonic() > until:
            return ReadError("the registries take too long")
        try:
            return current_digest(reference, log=log, patience=hurried)
        except ReadError as error:
            log.detail(f"no registry tells of {reference}: {error.message}")
            return error

    ordered = sorted(references, key=str)
    with ThreadPoolExecutor(min(_AT_ONCE, len(ordered))) as pool:
        return dict(zip(ordered, pool.map(ask, ordered), strict=True))
