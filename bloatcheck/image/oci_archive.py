"""`oci-archive:` - images in a tar archive of an OCI layout."""

from __future__ import annotations

from bloatcheck.image.files import open_archive
from bloatcheck.image.files_image import FilesImage
from bloatcheck.image.oci_layout import open_layout
from bloatcheck.image.reference import split_path
from bloatcheck.oci.platform import Platform


def open_oci_archive(rest: str, *, platform: Platform | None = None) -> FilesImage:
    """Opens `path[:name]`.

    Raises:
        ReadError: no archive, damaged, or without this image or platform.
    """
    path, name = split_path(rest)
    return open_layout(
        open_archive(path), f"oci-archive:{rest}", name=name, platform=platform, transport="oci-archive"
    )
