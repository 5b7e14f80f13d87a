"""Opens an image, whatever its transport; the reader is only imported when it is needed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from bloatcheck.errors import UsageError
from bloatcheck.image.model import Image
from bloatcheck.image.reference import parse_reference
from bloatcheck.log import Log
from bloatcheck.oci.platform import Platform

if TYPE_CHECKING:
    from bloatcheck.image.docker_daemon import Documents

STORAGE_VARIABLE = "BLOATCHECK_STORAGE"
"""How the engine's storage may be read: `never`, `own` (the default: what this process may), or `sudo`."""


class Opener(Protocol):
    """What opens an image by its reference: `open_image`, or what knows more names than that."""

    def __call__(
        self,
        text: str,
        *,
        platform: Platform | None = None,
        log: Log | None = None,
        documents: Documents | None = None,
    ) -> Image:
        """See `open_image`."""
        ...


def open_image(
    text: str,
    *,
    platform: Platform | None = None,
    log: Log | None = None,
    documents: Documents | None = None,
) -> Image:
    """Opens an image by its reference.

    Args:
        text: the reference.
        platform: which one is wanted, of several.
        log: told what is done, as details.
        documents: keeps from one run to the next what else only an engine's stream tells.

    Raises:
        UsageError: not a reference.
        NotThereError: the engine or the registry has no such image.
        NoEngineError: there is no engine that could have it.
        ReadError: damaged, or it can't be told.
    """
    # each import stands where it is needed: docker and requests take longer than reading a small archive
    reference = parse_reference(text)
    if reference.transport == "docker-archive":
        from bloatcheck.image.docker_archive import open_docker_archive  # noqa: PLC0415 - see above

        return open_docker_archive(reference.rest, platform=platform)
    if reference.transport == "oci":
        from bloatcheck.image.oci_layout import open_oci_layout  # noqa: PLC0415 - see above

        return open_oci_layout(reference.rest, platform=platform)
    if reference.transport == "oci-archive":
        from bloatcheck.image.oci_archive import open_oci_archive  # noqa: PLC0415 - see above

        return open_oci_archive(reference.rest, platform=platform)
    if reference.transport == "docker":
        from bloatcheck.image.registry import open_registry  # noqa: PLC0415 - see above

        return open_registry(reference.rest, platform=platform, log=log)
    from bloatcheck.image.docker_daemon import StorageAccess, open_docker_daemon  # noqa: PLC0415 - see above

    chosen = os.environ.get(STORAGE_VARIABLE) or StorageAccess.OWN.value
    if chosen not in (known := [access.value for access in StorageAccess]):
        raise UsageError(f"{STORAGE_VARIABLE} is {chosen!r}", hint=f"choose one of {', '.join(known)}")
    return open_docker_daemon(
        reference.rest,
        platform=platform,
        log=log,
        storage_access=StorageAccess(chosen),
        documents=documents,
    )
