"""`docker-archive:` - images in a tar archive as `docker save` writes it.

Up to Docker 24 each layer lies at `<id>/layer.tar`; later ones lie in the folders of an OCI layout. Either
way `manifest.json` joins configurations and layers, and that is all that is read of the archive's own order.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

from bloatcheck.errors import ReadError
from bloatcheck.image.decompress import Compression
from bloatcheck.image.files import Files, open_archive, region_compression
from bloatcheck.image.files_image import FilesImage, LayerFile
from bloatcheck.image.model import LayerDescriptor
from bloatcheck.image.oci_layout import INDEX_FILE, MAX_CONFIG
from bloatcheck.image.platform_choice import check_platform
from bloatcheck.image.reference import split_path
from bloatcheck.oci.digest import Digest, parse_digest
from bloatcheck.oci.image_config import ImageConfig, parse_image_config
from bloatcheck.oci.manifest import MAX_DOCUMENT, MAX_LAYERS
from bloatcheck.oci.platform import Platform

MANIFEST_FILE = "manifest.json"

_NAMED_BY_DIGEST = re.compile(r"(?:blobs/sha256/)?(?P<hex>[0-9a-f]{64})(?:\.json)?")
_BLOB = re.compile(r"blobs/sha256/(?P<hex>[0-9a-f]{64})")
_LAYER_TYPE = {
    Compression.NONE: "application/vnd.docker.image.rootfs.diff.tar",
    Compression.GZIP: "application/vnd.docker.image.rootfs.diff.tar.gzip",
    Compression.ZSTD: "application/vnd.oci.image.layer.v1.tar+zstd",
}


@dataclass(frozen=True, slots=True)
class SavedImage:
    """One entry of `manifest.json`: paths in the archive, layers base first."""

    config: str
    names: tuple[str, ...]
    layers: tuple[str, ...]


def open_docker_archive(rest: str, *, platform: Platform | None = None) -> FilesImage:
    """Opens `path[:name]` or `path:@number`, counted from 0.

    Raises:
        ReadError: no such archive, damaged, or without this image or platform.
    """
    path, name = split_path(rest)
    reference = f"docker-archive:{rest}"
    files = open_archive(path)
    try:
        images = _images(files, reference)
        image = _choose(images, name, reference)
        document = files.read(image.config, limit=MAX_CONFIG)
        image_id = _image_id(image.config, document)
        config = parse_image_config(document)
        check_platform(config.platform, platform, label=reference)
        layers = _layers(files, image, config, reference)
    except ValueError as error:
        files.close()
        raise ReadError(
            f"{reference}: {error}", hint="the archive is damaged; save the image again"
        ) from error
    except BaseException:
        files.close()
        raise
    return FilesImage(
        reference=reference,
        image_id=image_id,
        config=config,
        layers=layers,
        files=files,
        transport="docker-archive",
    )


def _images(files: Files, reference: str) -> tuple[SavedImage, ...]:
    if files.size(MANIFEST_FILE) is None and files.size(INDEX_FILE) is not None:
        raise ReadError(
            f"{reference}: it is an OCI layout", hint="write oci-archive: in place of docker-archive:"
        )
    return parse_saved_images(files.read(MANIFEST_FILE, limit=MAX_DOCUMENT))


def parse_saved_images(document: bytes) -> tuple[SavedImage, ...]:
    """Reads `manifest.json`.

    Raises:
        ValueError: not JSON, or fields of other types than docker writes.
    """
    try:
        data = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{MANIFEST_FILE} is not JSON: {error}") from error
    if not isinstance(data, list):
        raise ValueError(f"{MANIFEST_FILE} is not a JSON array")  # noqa: TRY004 - one error type for a malformed document
    return tuple(_saved_image(item) for item in data)


def _saved_image(item: object) -> SavedImage:
    if not isinstance(item, dict) or not isinstance(item.get("Config"), str):
        raise ValueError(  # noqa: TRY004 - one error type for a malformed document
            f"an entry of {MANIFEST_FILE} has no configuration"
        )
    layers = _texts(item.get("Layers"), "Layers")
    if len(layers) > MAX_LAYERS:
        raise ValueError(f"an image has {len(layers)} layers, more than {MAX_LAYERS}")
    return SavedImage(item["Config"], _texts(item.get("RepoTags"), "RepoTags"), layers)


def _texts(value: object, what: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{what} in {MANIFEST_FILE} is no list of strings")
    return tuple(value)


def _choose(images: tuple[SavedImage, ...], name: str | None, reference: str) -> SavedImage:
    if name is None:
        found = images
    elif name.startswith("@"):
        number = int(name[1:]) if name[1:].isdecimal() and len(name) < 6 else len(images)  # noqa: PLR2004 - a short number
        found = images[number : number + 1]
    else:
        found = tuple(
            image for image in images if _familiar(name) in {_familiar(known) for known in image.names}
        )
    if len(found) == 1:
        return found[0]
    known = sorted(name for image in images for name in image.names)
    raise ReadError(
        f"{reference}: it has {'several images' if found else 'no such image'}",
        hint=f"put one of its names behind the path: {', '.join(known[:20])}"
        if known
        else f"it has {len(images)} images without names; put @0 and so on behind the path",
    )


def _familiar(name: str) -> str:
    """A name without what docker adds by itself."""
    name = name.removeprefix("docker.io/").removeprefix("library/")
    return name if ":" in name.rpartition("/")[2] or "@" in name else f"{name}:latest"


def _image_id(path: str, document: bytes) -> Digest:
    actual = f"sha256:{hashlib.sha256(document).hexdigest()}"
    named = _NAMED_BY_DIGEST.fullmatch(path)
    if named and actual != f"sha256:{named['hex']}":
        raise ValueError(f"the configuration {path[:100]} is another one, {actual}")
    return parse_digest(actual)


def _layers(files: Files, image: SavedImage, config: ImageConfig, reference: str) -> list[LayerFile]:
    if len(image.layers) != len(config.diff_ids):
        raise ValueError(
            f"{MANIFEST_FILE} has {len(image.layers)} layers, the configuration {len(config.diff_ids)}"
        )
    return [
        LayerFile(_describe(files, diff_id, path, reference), path if files.size(path) is not None else None)
        for diff_id, path in zip(config.diff_ids, image.layers, strict=True)
    ]


def _describe(files: Files, diff_id: Digest, path: str, reference: str) -> LayerDescriptor:
    """The archive says nothing of a layer's type; its first bytes do, where they can be read in place."""
    size = files.size(path)
    region = files.region(path) if size is not None else None
    if region is None:
        return LayerDescriptor(diff_id)
    compression = region_compression(region, f"{reference}: {path[:100]}")
    blob = _BLOB.fullmatch(path)
    return LayerDescriptor(
        diff_id,
        media_type=_LAYER_TYPE[compression],
        digest=parse_digest(f"sha256:{blob['hex']}") if blob else None,
        compressed_size=None if compression is Compression.NONE else size,
    )
