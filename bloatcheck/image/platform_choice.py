"""Which image of an index is meant."""

from __future__ import annotations

from bloatcheck.errors import ReadError
from bloatcheck.oci.manifest import Descriptor, Index
from bloatcheck.oci.platform import Platform


def own_platform() -> Platform:
    """What images run on here; containers are Linux, on macOS and Windows too."""
    import platform as machine  # noqa: PLC0415 - mostly an image has one platform, and nobody asks

    return Platform.of("linux", machine.machine())


def choose_image(index: Index, wanted: Platform | None, *, label: str) -> Descriptor:
    """The entry for a platform; without a wish the only one, or this machine's among several.

    An entry of any variant answers a wish that names none, when it is the only one of its architecture.

    Raises:
        ReadError: there is none; the message says which there are.
    """
    images = index.images
    if wanted is None and len(images) == 1:
        return images[0]
    meant = wanted or own_platform()
    exact = [image for image in images if image.platform == meant]
    alike = [image for image in images if image.platform and image.platform.answers(meant)]
    untold = [image for image in images if image.platform is None]
    if exact:
        return exact[0]
    if len(alike) == 1:
        return alike[0]
    if len(images) == len(untold) == 1:
        return untold[0]
    there = sorted(str(image.platform) for image in images if image.platform)
    raise ReadError(
        f"{label} has no image for {meant}",
        hint=f"it has {', '.join(there[:20]) or 'none at all'}; choose with `platform`",
    )


def check_platform(actual: Platform, wanted: Platform | None, *, label: str) -> None:
    """Holds an image that came without an index to the wish.

    Raises:
        ReadError: it is for another platform.
    """
    if wanted is not None and not actual.answers(wanted):
        raise ReadError(f"{label} has no image for {wanted}", hint=f"it has {actual}; choose with `platform`")
