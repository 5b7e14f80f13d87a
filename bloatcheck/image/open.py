"""Opens an image, whatever its transport; the reader is only imported when it is needed."""

from __future__ import annotations

from bloatcheck.errors import UsageError
from bloatcheck.image.model import Image
from bloatcheck.image.reference import parse_reference
from bloatcheck.log import Log
from bloatcheck.oci.platform import Platform


def open_image(text: str, *, platform: Platform | None = None, log: Log | None = None) -> Image:
    """Opens an image by its reference.

    Raises:
        UsageError: not a reference.
        ReadError: not there, damaged, or no engine or registry answers.
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
    if reference.transport == "docker-daemon":
        from bloatcheck.image.docker_daemon import open_docker_daemon  # noqa: PLC0415 - see above

        return open_docker_daemon(reference.rest, platform=platform, log=log)
    raise UsageError(f"the transport {reference.transport} can't be read yet")
