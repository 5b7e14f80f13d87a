"""`docker-daemon:` - images in a container engine, through docker-py: docker's own and podman's service.

Four ways lead to what is asked, the cheapest exact one is taken:

- the engine's answers (`inspection`, `history`): milliseconds, for what they prove;
- the engine's storage (`storage`), where this process may read it: no byte of a layer passes the engine;
- documents kept from an earlier run (`documents`), checked against their digests;
- the stream of `docker save` (`saved_archive`): everything, at the engine's own speed.
"""

from __future__ import annotations

from enum import Enum

from bloatcheck.errors import ReadError
from bloatcheck.image.docker_daemon.documents import Documents
from bloatcheck.image.docker_daemon.engine import connect
from bloatcheck.image.docker_daemon.files import Files, OwnFiles, SudoFiles
from bloatcheck.image.docker_daemon.image import DockerDaemonImage, index_layers_of
from bloatcheck.image.docker_daemon.inspection import EngineFacts
from bloatcheck.image.docker_daemon.storage import find_storage
from bloatcheck.image.docker_daemon.stored_layer import Storage
from bloatcheck.log import Log
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.platform import Platform

__all__ = ["DockerDaemonImage", "Documents", "StorageAccess", "index_layers_of", "open_docker_daemon"]


class StorageAccess(Enum):
    """How the engine's storage may be read. Reading is all that is ever done there."""

    NEVER = "never"
    OWN = "own"
    """What this process may read by itself: everything as root, nothing otherwise."""
    SUDO = "sudo"
    """Also what `sudo -n cat` may read."""


def open_docker_daemon(
    name: str,
    *,
    platform: Platform | None = None,
    log: Log | None = None,
    storage_access: StorageAccess = StorageAccess.OWN,
    documents: Documents | None = None,
) -> DockerDaemonImage:
    """Opens an image of the engine that the docker CLI would talk to.

    Args:
        name: as docker takes it: `api`, `registry:5000/team/api:1.2`, `api@sha256:…`, an id.
        platform: which one is wanted; by default the one that the engine shows.
        log: told which way is taken, as details.
        storage_access: see there.
        documents: keeps small documents between runs, so that the containerd store's ids needn't be
            looked up through the stream of the whole image again.

    Raises:
        ReadError: no engine answers, it has no such image, or only for another platform.
    """
    engine = connect()
    try:
        inspection = engine.inspect(name, platform)
        _check_platform(name, platform, inspection.platform)
        facts = engine.facts()
        return DockerDaemonImage(
            engine=engine,
            facts=facts,
            name=name,
            inspection=inspection,
            storage=_storage(facts, inspection.engine_id, storage_access),
            documents=documents,
            log=log,
        )
    except BaseException:
        engine.close()
        raise


def _check_platform(name: str, wanted: Platform | None, found: Platform) -> None:
    if wanted is None:
        return
    same = (wanted.os, wanted.architecture) == (found.os, found.architecture)
    if not same or (wanted.variant and found.variant and wanted.variant != found.variant):
        raise ReadError(
            f"{name} is an image for {found} in the engine, and {wanted} is wanted",
            hint=f"build it with --platform {wanted}, or docker pull --platform {wanted} {name}",
        )


def _storage(facts: EngineFacts, image: Digest, access: StorageAccess) -> Storage | None:
    ways: dict[StorageAccess, list[Files]] = {
        StorageAccess.NEVER: [],
        StorageAccess.OWN: [OwnFiles()],
        StorageAccess.SUDO: [OwnFiles(), SudoFiles()],
    }
    found = (find_storage(facts, image, files) for files in ways[access])
    return next((storage for storage in found if storage), None)
